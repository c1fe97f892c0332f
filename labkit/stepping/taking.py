"""Records to step through: the newest of some topics, those since a time, or rows that somebody gives."""

import datetime
import heapq
import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from confluent_kafka import Message, TopicPartition

from labkit.errors import LabError
from labkit.kafka import ranges
from labkit.kafka.offsets import Partitions
from labkit.kafka.requests import limit
from labkit.kafka.tap import Record
from labkit.kafka.topics import Topics
from labkit.readings import now, times
from labkit.readings.plain import plain_row

EVERYTHING: Mapping[str, Partitions] = {}


class Taken(NamedTuple):
    """A record as it came: topic and partition, its offset there (None for a row), epoch milliseconds, and bytes."""

    topic: str
    partition: int
    offset: int | None
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]] = ()


def take(
    topics: Topics,
    names: Sequence[str],
    records: int | Sequence[Mapping[str, Any] | Record] = 100,
    since: str | int | datetime.datetime | None = None,
    key: str | None = None,
) -> list[Taken]:
    """Returns the records that somebody asks for; see `Lab.step`. Raises LabError if there are none."""
    if not isinstance(records, int):
        found = [each for each in rows(records, names) if key in (None, (each.key or b"").decode())]
    elif records < 1:
        raise LabError("Step through at least one record.")
    else:
        topics.require(*names)
        found = _first(topics, names, since, records, key) if since is not None else newest(topics, names, records, key)
    if not found:
        of_key, after = f" with the key {key!r}" * (key is not None), f" since {since}" * (since is not None)
        raise LabError(f"There is no record in {' or '.join(names)}{of_key}{after} to step through.")
    return found


def newest(
    topics: Topics,
    names: Sequence[str],
    count: int,
    key: str | None = None,
    before: Mapping[str, Partitions] = EVERYTHING,
) -> list[Taken]:
    """Returns the newest `count` records of each topic, or the newest of one key, `before` some offsets; see
    `in_order`.
    """

    def of_topic(name: str) -> list[Taken]:
        starts, ends = topics.bounds(name, committed=True)
        ends = {each: max(min(end, before.get(name, {}).get(each, end)), starts[each]) for each, end in ends.items()}
        span = count
        while True:  # markers of transactions and records of other keys use up offsets too
            wanted = {each: (max(end - span, starts[each]), end) for each, end in ends.items()}
            found = [*_read(topics, name, wanted, key)]
            by_partition = Counter(each.partition for each in found)
            if all(by_partition[each] >= count or first == starts[each] for each, (first, _) in wanted.items()):
                return in_order(found)[-count:]
            span *= 4

    return in_order(itertools.chain.from_iterable(map(of_topic, names)))


def _first(
    topics: Topics, names: Sequence[str], since: str | int | datetime.datetime, count: int, key: str | None
) -> list[Taken]:
    """Returns the first `count` records of each topic from a time on; see `in_order`. Raises LabError if it is none."""
    time = times.Times([since], "since").read(since)
    if type(time) is not int:
        raise LabError(f"since is {since!r}, which is no time: give one such as {times.EXAMPLE}.")

    def of_topic(name: str) -> list[Taken]:
        _, ends = topics.bounds(name, committed=True)
        firsts = until(topics, name, time)
        wanted = {each: (firsts[each], end) for each, end in ends.items() if firsts.get(each, end) < end}
        found: defaultdict[int, list[Taken]] = defaultdict(list)
        for each in _read(topics, name, wanted, key):
            found[each.partition].append(each)
        return in_order(itertools.chain.from_iterable(each[:count] for each in found.values()))[:count]

    return in_order(itertools.chain.from_iterable(map(of_topic, names)))


def until(topics: Topics, name: str, time: int) -> Partitions:
    """Returns the offset in each partition before which all records are earlier than a time in epoch milliseconds."""
    ends = topics.end_offsets(name)
    consumer = ranges.consumer(topics)
    try:
        asked = [TopicPartition(topics.full(name), each, time) for each in ends]
        found = {each.partition: each.offset for each in consumer.offsets_for_times(asked, timeout=limit())}
    finally:
        consumer.close()
    return {each: found[each] if found[each] >= 0 else end for each, end in ends.items()}


def one(topics: Topics, name: str, offset: int) -> list[Taken]:
    """Returns the records with this offset: one of each partition that has it."""
    starts, ends = topics.bounds(name, committed=True)
    wanted = {each: (offset, offset + 1) for each, end in ends.items() if starts[each] <= offset < end}
    return [*_read(topics, name, wanted, None)]


def in_order(records: Iterable[Taken]) -> list[Taken]:
    """Returns records in the order of their times, but those of a partition in the order of their offsets: as a
    consumer that aligns topics by time reads them.
    """
    partitions: defaultdict[tuple[str, int], list[Taken]] = defaultdict(list)
    for each in records:
        partitions[each.topic, each.partition].append(each)
    queues = [_latest_so_far(each) for _, each in sorted(partitions.items())]
    return [record for _, record in heapq.merge(*queues, key=lambda pair: pair[0])]


def _latest_so_far(records: Sequence[Taken]) -> list[tuple[int, Taken]]:
    """Returns the records of a partition by offset, each with the time that it waits for: a late one waits for none."""
    ordered = sorted(records, key=lambda each: each.offset or 0) if records[0].offset is not None else records
    latest = itertools.accumulate((each.timestamp for each in ordered), max)
    return [*zip(latest, ordered, strict=True)]


def rows(given: Sequence[Any], reads: Sequence[str]) -> list[Taken]:
    """Returns rows as records, in their order: one of `lab.records` as it is, a mapping as a JSON value with the key
    and the time that its fields `device` and `timestamp` name. Rows that `lab.produce` would refuse are taken, too: one
    may ask what a pipeline does with them. Raises LabError for anything else.
    """
    return [*_of_rows(given, reads)]


def _of_rows(given: Sequence[Any], reads: Sequence[str]) -> Iterator[Taken]:
    for number, row in enumerate(given):
        if isinstance(row, Record):
            if row.topic not in reads:
                raise LabError(f"Row {number} is a record of {row.topic}, which this pipeline does not read.")
            headers = [(name, text.encode()) for name, text in row.headers.items()]
            key = None if row.key is None else row.key.encode()
            yield Taken(row.topic, row.partition, row.offset, row.timestamp, key, _raw(row.value), headers)
        elif isinstance(row, Mapping):
            device, time = row.get("device"), row.get("timestamp")
            key = None if device is None else str(device).encode()
            yield Taken(reads[0], 0, None, time if type(time) is int else now(), key, orjson.dumps(plain_row(row)))
        else:
            raise LabError(f"Row {number} is a {type(row).__name__}: give dicts, or records of lab.records.")


def _raw(value: Any) -> bytes | None:
    return value if value is None or isinstance(value, bytes) else orjson.dumps(value)


def _read(topics: Topics, name: str, wanted: Mapping[int, ranges.Range], key: str | None) -> Iterator[Taken]:
    consumer = ranges.consumer(topics)
    try:
        for message in ranges.read(consumer, topics, name, wanted):
            if key is None or message.key() == key.encode():
                yield _taken(message, name)
    finally:
        consumer.close()


def _taken(message: Message, name: str) -> Taken:
    _, timestamp = message.timestamp()
    place = (name, message.partition(), message.offset())
    return Taken(*place, timestamp, message.key(), message.value(), message.headers() or [])
