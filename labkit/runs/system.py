"""The whole system at a glance: every topic and worker with its numbers."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from labkit.kafka.topics import DEAD_LETTER, Topics
from labkit.runs.worker import Rate, Status, Worker, Workers


class WorkerState(NamedTuple):
    """A producer or a run; no two have the same name. `lag` is in records, None if it reads nothing or cannot tell.

    `error` is why it ended, or where it is stuck.
    """

    name: str
    status: Status
    reads: tuple[str, ...]
    writes: str | None
    per_second: float
    lag: int | None
    error: str


class TopicState(NamedTuple):
    """A topic; `per_second` is the rate of incoming records."""

    name: str
    records: int
    per_second: float
    dead_letters: int


class System:
    """Observes the workers of a lab, and the topics that they read and write."""

    def __init__(self, topics: Topics, workers: Callable[[], Sequence[Worker]]) -> None:
        self._topics, self._workers = topics, workers
        self._rates: dict[str, Rate] = {}

    def state(self) -> tuple[list[WorkerState], list[TopicState]]:
        """Workers and topics in the order of the data flow. Raises LabError if Kafka does not answer."""
        present = Workers(self._workers())
        workers = [_state(worker, name) for worker, name in zip(present, present.labels, strict=True)]
        names = dict.fromkeys(name for each in workers for name in (*each.reads, each.writes) if name)
        return workers, [self._topic(name) for name in names]

    def _topic(self, name: str) -> TopicState:
        held, came = self._topics.counts.of(name)
        rate = self._rates.setdefault(name, Rate()).update(came)
        return TopicState(name, held, rate, self._topics.count(f"{name}{DEAD_LETTER}"))


def _state(worker: Worker, name: str) -> WorkerState:
    error = str(worker.error or worker.stuck())
    return WorkerState(name, worker.status, worker.reads, worker.writes, worker.rate(), worker.seen.lag, error)
