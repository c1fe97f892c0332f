"""Topics in memory, and taps on them: for views, which know taps and not Kafka."""

import itertools
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import orjson

from labkit.kafka.tap import BATCH, Record

NOW = 1_700_000_000_000  # 22:13:20


class Memory:
    """Topics of one partition each."""

    def __init__(self) -> None:
        self.held: defaultdict[str, list[tuple[int, Record]]] = defaultdict(list)  # by topic: numbered as they came
        self.starts: defaultdict[str, int] = defaultdict(int)  # first offset of each topic
        self.taps: list[MemoryTap] = []
        self._numbers = itertools.count()

    def send(self, topic: str, *values: Any, key: str | None = "sensor-1", timestamp: int = NOW) -> None:
        """Write values, at their own time and with their device as the key if they have one; bytes are sent as such."""
        for value in values:
            raw = value if isinstance(value, bytes) else orjson.dumps(value)
            fields = value if isinstance(value, dict) else {}
            offset = self.end(topic)
            place = fields.get("timestamp", timestamp), key and fields.get("device", key)
            record = Record(topic, 0, offset, *place, _parsed(raw), {})
            self.held[topic].append((next(self._numbers), record))

    def empty(self, topic: str) -> None:
        self.starts[topic] = self.end(topic)
        self.held[topic].clear()

    def end(self, topic: str) -> int:
        return self.starts[topic] + len(self.held[topic])

    def tap(self, *names: str, newest: int = BATCH) -> "MemoryTap":
        self.taps.append(MemoryTap(self, names, newest))
        return self.taps[-1]

    @property
    def open(self) -> list[tuple[str, ...]]:
        """The topics of each tap that has not been closed."""
        return [each.names for each in self.taps if not each.closed]


class MemoryTap:
    """Behaves like the Tap of labkit.kafka, as test_memory.py makes sure."""

    def __init__(self, memory: Memory, names: Iterable[str], newest: int) -> None:
        self.names = tuple(names)
        self.skipped = 0
        self.away = ""
        self.closed = False
        self._memory, self._newest = memory, newest
        self._starts = {name: memory.starts[name] for name in self.names}
        self._next = dict(self._starts)
        for name in self.names:
            self._skip(name)

    def emptied(self) -> list[str]:
        found = [name for name in self.names if self._memory.starts[name] > self._starts[name]]
        for name in found:
            self._starts[name] = self._next[name] = self._memory.starts[name]
            self._skip(name)
        return found

    def read(self, timeout: float) -> list[Record]:  # noqa: ARG002 - nothing comes while it waits
        if self.closed:
            raise RuntimeError("this tap is closed")
        waiting = sorted(
            each for name in self.names for each in self._memory.held[name] if each[1].offset >= self._next[name]
        )
        records = [record for _, record in waiting[: self._newest]]
        for record in records:
            self._next[record.topic] = record.offset + 1
        for name in {each.topic for each in records}:
            self._skip(name)
        return records

    def _skip(self, name: str) -> None:
        behind = self._memory.end(name) - self._newest - self._next[name]
        if behind > 0:
            self.skipped += behind
            self._next[name] += behind

    def close(self) -> None:
        self.closed = True


def _parsed(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return raw


def reading(second: float = 0, temperature: float = 20.0, device: str = "sensor-1") -> dict[str, Any]:
    return {"device": device, "temperature": temperature, "humidity": 40.0, "timestamp": NOW + int(second * 1000)}
