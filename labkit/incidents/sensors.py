"""The producer of the sensors: a program of the system like any other, with the faults that it may have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from labkit.errors import LabError
from labkit.kafka.topics import Topics
from labkit.readings import Item, World
from labkit.runs.producer import Producer

FLUSH = 30.0  # seconds


class Writing(Protocol):
    """How an item becomes a record."""

    def encoded(self, item: Item) -> bytes: ...

    def partition(self, item: Item) -> int:
        """Returns the partition into which an item goes; -1 leaves that to the key."""
        ...


class Rooms(World):
    """The world of the sensors: what they measure is known, for a verdict goes by it."""

    def heatwave(self, device: str, degrees: float = 10.0) -> None:  # noqa: ARG002
        raise LabError("No room of an incident gets warmer: you could not tell any more whether a repair is right.")


class Sensors(Producer):
    """A producer whose records may have faults. `homes` has the partition of each device by its key.

    Example: incident.sensors.world.silence("attic")
    """

    def __init__(self, topics: Topics, world: World, writes: str, name: str, writing: Writing) -> None:
        super().__init__(topics, world, writes, name)
        self.homes: dict[str, int] = {}
        self._writing = writing

    def write(self, items: Iterable[Item]) -> None:
        """Write items at once, before the start, and return when Kafka has them."""
        for item in items:
            self._accept(item)
        self._producer.flush(FLUSH)

    def _record(self, item: Item) -> tuple[bytes, bytes | None, int]:
        return self._writing.encoded(item), (item.key or "").encode(), self._writing.partition(item)

    def _on_delivery(self, error: Any, message: Any) -> None:
        super()._on_delivery(error, message)
        if not error:
            self.homes.setdefault(message.key().decode(), message.partition())
