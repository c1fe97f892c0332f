"""A bounded view of the newest records of some topics, for live views."""

import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import orjson
from confluent_kafka import Message, TopicPartition

from labkit.errors import Away
from labkit.kafka import clients, ranges
from labkit.kafka.offsets import Partitions
from labkit.kafka.ranges import Range
from labkit.kafka.topics import Topics

BATCH = 500  # records read at once; if more are waiting, a tap seeks to the newest
CHECK = 1.0  # seconds between two checks for emptied topics


class Record(NamedTuple):
    """One record in Kafka; `value` is its parsed JSON, or the raw bytes if it is not JSON."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: str | None
    value: Any
    headers: dict[str, str]


class Tap:
    """Reads the newest records of some topics without a consumer group, so that no pipeline notices.

    It sees only committed records. When more have arrived than it keeps, it seeks to the newest and counts the rest as
    `skipped`: reading them all would slow the pipeline by a tenth, this slows it by a hundredth.
    """

    def __init__(self, topics: Topics, names: Iterable[str], newest: int = BATCH) -> None:
        self.names = tuple(names)
        self.skipped = 0
        self.away = ""  # since when Kafka has been away, in words
        self._emptied: set[str] = set()
        self._topics = topics
        self._newest = newest
        self._lock = threading.Lock()
        self._consumer = clients.consumer(
            topics.address,
            **{
                "isolation.level": "read_committed",
                "fetch.wait.max.ms": 100,
                "queued.min.messages": newest,
                "queued.max.messages.kbytes": 1024,
                "fetch.error.backoff.ms": 50,
                "fetch.queue.backoff.ms": 20,  # not 1 s: at high rates the queue is full every second
                "auto.offset.reset": "earliest",
            },
        )
        self._next: dict[tuple[str, int], int] = {}
        self._starts = {name: topics.beginning_offsets(name) for name in self.names}
        self._due = time.monotonic() + CHECK
        for name in self.names:
            self._go_to_newest(name)
        self._consumer.assign([TopicPartition(*partition, offset) for partition, offset in self._next.items()])

    def _go_to_newest(self, name: str) -> list[tuple[str, int]]:
        """Continue with the newest records of a topic; returns its partitions."""
        starts, full = self._starts[name], self._topics.full(name)
        firsts = {
            (full, partition): max(end - self._newest, starts[partition])
            for partition, end in self._topics.end_offsets(name).items()
        }
        self.skipped += sum(first - starts[partition] for (_, partition), first in firsts.items())
        self._next |= firsts
        return list(firsts)

    def emptied(self) -> list[str]:
        """Returns the topics whose records were deleted since the last call, and reads what they hold now afresh; reads
        partitions that were added too.
        """
        if time.monotonic() < self._due:
            return []
        self._due = time.monotonic() + CHECK
        before, self._starts = self._starts, {name: self._topics.beginning_offsets(name) for name in self.names}
        found = [name for name in self.names if _has_risen(before[name], self._starts[name])]
        with self._lock:
            for name in self.names:
                self._add(name, self._starts[name].keys() - before[name].keys())
            for name in found:
                for partition in self._go_to_newest(name):
                    self._consumer.seek(TopicPartition(*partition, self._next[partition]))
        return found

    def _add(self, name: str, partitions: Iterable[int]) -> None:
        """Read new partitions from their first records: Kafka gives whoever has assigned the others nothing of them."""
        firsts = {(self._topics.full(name), each): self._starts[name][each] for each in partitions}
        self._next |= firsts
        if firsts:
            self._consumer.incremental_assign([TopicPartition(*each, offset) for each, offset in firsts.items()])

    def read(self, timeout: float) -> list[Record]:
        """Returns the records since the last call, oldest first; waits up to `timeout` seconds for the first.

        Raises NoAnswer if Kafka has ended for good; of one that can come back `away` tells.
        """
        with self._lock:
            first = self._consumer.poll(timeout)
            self.away = "" if first else self._missed()
            if first is None:
                return []
            messages = [first, *self._consumer.consume(self._newest - 1, timeout=0)]
            records = [self._record(message) for message in messages if not message.error()]
            for last in {(message.topic(), message.partition()): message for message in messages}.values():
                self._skip_if_behind(last)
        return records

    def _missed(self) -> str:
        try:
            self._topics.check()
        except Away as error:
            return str(error)
        return ""

    def _record(self, message: Message) -> Record:
        self._next[message.topic(), message.partition()] = message.offset() + 1
        return record(message, self._topics.short(message.topic()))

    def _skip_if_behind(self, message: Message) -> None:
        partition = (message.topic(), message.partition())
        _, end = self._consumer.get_watermark_offsets(TopicPartition(*partition), cached=True)
        behind = end - self._newest - self._next[partition]
        if behind > 0:
            self.skipped += behind
            self._next[partition] += behind
            self._consumer.seek(TopicPartition(*partition, self._next[partition]))

    def close(self) -> None:
        with self._lock:
            self._consumer.close()


def _has_risen(before: Partitions, now: Partitions) -> bool:
    return any(now.get(partition, start) > start for partition, start in before.items())


def record(message: Message, topic: str, raw: bool = False) -> Record:
    """Convert a message to a record; with `raw` its value stays bytes."""
    _, timestamp = message.timestamp()
    return Record(
        topic,
        message.partition(),
        message.offset(),
        timestamp,
        _text(message.key()),
        message.value() if raw else _value(message.value()),
        {name: _text(value) or "" for name, value in message.headers() or []},
    )


def _value(raw: bytes | None) -> Any:
    if raw is None:
        return None
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return raw


def _text(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode(errors="backslashreplace")


def newest(topics: Topics, name: str, count: int, raw: bool = False) -> list[Record]:
    """Returns the newest `count` records that a topic holds now, oldest first.

    Transaction markers and aborted records use up offsets too, so it looks further back until it has enough records
    from each partition.
    """
    starts, ends = topics.bounds(name)
    span = count
    while True:
        wanted = {partition: (max(end - span, starts[partition]), end) for partition, end in ends.items()}
        records = read(topics, name, wanted, raw)
        found = Counter(each.partition for each in records)
        if all(found[each] >= count or first == starts[each] for each, (first, _) in wanted.items()):
            return records[-count:]
        span *= 4


def everything(topics: Topics, name: str, raw: bool = False) -> list[Record]:
    """Returns every record that a topic holds now, by partition and offset; with `raw` the values stay bytes."""
    starts, ends = topics.bounds(name)
    records = read(topics, name, {p: (starts[p], end) for p, end in ends.items()}, raw)
    return sorted(records, key=lambda each: (each.partition, each.offset))


def read(topics: Topics, name: str, wanted: Mapping[int, Range], raw: bool = False) -> list[Record]:
    """Returns the records in these ranges in order of arrival; from several partitions, in order of their time."""
    consumer = ranges.consumer(topics)
    try:
        records = [record(message, name, raw) for message in ranges.read(consumer, topics, name, wanted)]
    finally:
        consumer.close()
    return sorted(records, key=lambda each: each.timestamp) if len(wanted) > 1 else records
