"""The part of a lab in which an incident takes place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from labkit.broker import Broker
from labkit.kafka.groups import Groups
from labkit.runs.worker import Worker, Workers

if TYPE_CHECKING:
    from labkit.runs.run import Run


class Lab(Protocol):
    """What starts and knows the runs of a lab."""

    @property
    def workers(self) -> Workers: ...

    def run(
        self,
        pipeline: Callable[..., Any],
        *,
        reads: str | Sequence[str],
        writes: str | None = None,
        name: str | None = None,
        replicas: int = 1,
    ) -> Run: ...


class Stage:
    """A lab, with its groups and its broker; `start` starts another worker in it."""

    def __init__(self, lab: Lab, groups: Groups, broker: Broker, start: Callable[[Worker], object]) -> None:
        self.lab, self.groups, self.broker, self.start = lab, groups, broker, start
        self.topics = groups.topics
