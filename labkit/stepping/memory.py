"""What a pipeline remembers after each record, as its changelogs tell: windows, state, and the event time of each key.

A pipeline that commits after each record writes what the record has changed, with that record's offset in a header.
"""

from __future__ import annotations

import contextlib
import enum
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson
from quixstreams.state.metadata import (
    CHANGELOG_CF_MESSAGE_HEADER,
    CHANGELOG_PROCESSED_OFFSETS_MESSAGE_HEADER,
    CHANGELOG_TTL_STAMPED_HEADER,
    SEPARATOR,
)
from quixstreams.state.rocksdb.timestamped import MIN_ELIGIBLE_TIMESTAMPS_CF_NAME
from quixstreams.state.rocksdb.ttl_codec import TTL_STAMP_BYTES
from quixstreams.state.rocksdb.windowed.metadata import (
    LATEST_EXPIRED_WINDOW_CF_NAME,
    LATEST_EXPIRED_WINDOW_TIMESTAMP_KEY,
    LATEST_TIMESTAMP_KEY,
    LATEST_TIMESTAMPS_CF_NAME,
    VALUES_CF_NAME,
)
from quixstreams.state.rocksdb.windowed.serialization import parse_window_key

from labkit.kafka import ranges
from labkit.kafka.topics import Topics
from labkit.runs.pipeline import Pipeline
from labkit.runs.windows import Shape
from labkit.stepping import windows, words
from labkit.stepping.recording import Passage, Place

DEFAULT = "default"  # the column family of what a pipeline itself remembers
COUNTED = b'"metadata"'  # the key of windows that go by records


class Window(NamedTuple):
    """An open window of a key, with what it `holds` so far. It `closes` at an event time, or (None) once it has got as
    many `records` as `full_at` says; all times in epoch milliseconds.
    """

    store: str
    partition: int
    key: str | None
    start: int
    end: int
    holds: Mapping[str, Any]
    closes: int | None = None
    closed_by: str = "key"
    records: int | None = None
    full_at: int | None = None


class Value(NamedTuple):
    """What a pipeline has kept under a name for a key: State, or one side of a join."""

    store: str
    partition: int
    key: str | None
    name: str
    value: Any


class Clock(NamedTuple):
    """The event time of a key: the latest of its records that went into a window (epoch milliseconds)."""

    store: str
    partition: int
    key: str | None
    time: int


class Gone(enum.Enum):
    """Why something is no longer remembered: its window has closed, or it was deleted, or has become something else."""

    CLOSED = "closed"
    FORGOTTEN = "forgotten"


Entry = Window | Value | Clock
Identity = tuple[object, ...]
Memories = dict[Identity, Entry]
Changes = Mapping[Identity, Entry | Gone]


class Change(NamedTuple):
    """A record of a changelog, and the record that caused it."""

    stream: str
    store: str
    partition: int
    family: str
    key: bytes
    value: bytes | None
    cause: Place


@dataclass
class Memory:
    """What one store remembers for one key, still as Quix Streams writes it."""

    windows: dict[tuple[int, int], Any] = field(default_factory=dict)
    collected: dict[tuple[int, int], Any] = field(default_factory=dict)
    values: dict[bytes, Any] = field(default_factory=dict)
    time: int | None = None
    closed_up_to: int = -1


def changes(topics: Topics, pipeline: Pipeline, passages: Sequence[Passage]) -> dict[Place, Changes]:
    """Returns what each record has changed."""
    keys = _names(each.came.key for passage in passages for each in passage.visits)
    found: defaultdict[Place, dict[Identity, Entry | Gone]] = defaultdict(dict)
    for store in _stores(topics, pipeline, keys):
        for cause, entries in store.replay():
            found[cause] |= entries
    return dict(found)


def now(topics: Topics, pipeline: Pipeline, keys: Iterable[Any], newest: int) -> list[Entry]:
    """Returns what the group of a pipeline remembers now, as the newest records of each changelog tell; `keys` are some
    that it may have.
    """
    stores = _stores(topics, pipeline, _names(keys), newest)
    return [entry for store in stores for entry in store.in_the_end().values()]


def _names(keys: Iterable[Any]) -> dict[bytes, str | None]:
    """Returns the keys of records, by what state begins with."""
    found: dict[bytes, str | None] = {}
    for key in keys:
        if isinstance(key, bytes):
            found[key] = _text(key)
        else:
            with contextlib.suppress(TypeError):  # a key that JSON cannot hold has no state
                found[orjson.dumps(key)] = key if key is None else str(key)
    return found


def _stores(
    topics: Topics, pipeline: Pipeline, keys: Mapping[bytes, str | None], newest: int | None = None
) -> Iterator[_Store]:
    for full, (stream, store) in pipeline.changelogs.items():
        shape = next((each for each in pipeline.windows if (each.stream, each.store) == (stream, store)), None)
        yield _Store(store, shape, keys, [*_read(topics, full, stream, store, newest)])


def _read(topics: Topics, full: str, stream: str, store: str, newest: int | None) -> Iterator[Change]:
    starts, ends = topics.bounds(full)
    consumer = ranges.consumer(topics)
    try:
        wanted = {each: (max(starts[each], end - (newest or end)), end) for each, end in ends.items()}
        for message in ranges.read(consumer, topics, full, wanted):
            headers, value = dict(message.headers() or []), message.value()
            if value and CHANGELOG_TTL_STAMPED_HEADER in headers:  # an expiry comes before it
                value = value[TTL_STAMP_BYTES:]
            caused = orjson.loads(headers[CHANGELOG_PROCESSED_OFFSETS_MESSAGE_HEADER])
            for topic, offset in caused.items():  # of a step a single one
                cause = (topic, message.partition(), offset)
                family = headers[CHANGELOG_CF_MESSAGE_HEADER].decode()
                yield Change(stream, store, message.partition(), family, message.key(), value, cause)
    finally:
        consumer.close()


class _Store:
    """The history of one store, and what can be understood of it."""

    def __init__(
        self, name: str, shape: Shape | None, keys: Mapping[bytes, str | None], history: Sequence[Change]
    ) -> None:
        self._name, self._shape, self._keys, self._history = name, shape, keys, history
        self._is_join = any(each.family == MIN_ELIGIBLE_TIMESTAMPS_CF_NAME for each in history)
        self._memories: defaultdict[tuple[int, bytes], Memory] = defaultdict(Memory)
        self._known: defaultdict[tuple[int, bytes], Memories] = defaultdict(dict)

    def replay(self) -> Iterator[tuple[Place, Changes]]:
        """Yield each record that has changed anything, and what."""
        by_cause: defaultdict[Place, list[Change]] = defaultdict(list)
        for each in self._history:
            by_cause[each.cause].append(each)
        for cause, caused in by_cause.items():
            touched = dict.fromkeys(place for each in caused if (place := self._apply(each)))
            found: dict[Identity, Entry | Gone] = {}
            for place in touched:
                before, now = self._known[place], self._entries(*place)
                found |= {each: self._why(entry, *place) for each, entry in before.items() if each not in now}
                found |= {each: entry for each, entry in now.items() if before.get(each) != entry}
                self._known[place] = now
            yield cause, found

    def in_the_end(self) -> Memories:
        """Returns what is remembered after the last change."""
        places = dict.fromkeys(place for each in self._history if (place := self._apply(each)))
        return {identity: entry for place in places for identity, entry in self._entries(*place).items()}

    def _why(self, gone: Entry, partition: int, prefix: bytes) -> Gone:
        """Say why something is gone: a session, for example, may also have become part of a longer one."""
        if not isinstance(gone, Window):
            return Gone.FORGOTTEN
        if gone.closes is None:
            return Gone.CLOSED if (gone.records or 0) + 1 >= (gone.full_at or 0) else Gone.FORGOTTEN
        is_alone = gone.closed_by == "key"
        those = [each for place, each in self._memories.items() if place == (partition, prefix) or not is_alone]
        return Gone.CLOSED if max(each.time or 0 for each in those) >= gone.closes else Gone.FORGOTTEN

    def _apply(self, change: Change) -> tuple[int, bytes] | None:
        """Change a memory. Returns its partition and key; None if nobody can understand the change."""
        family, key = change.family, change.key
        if family == LATEST_TIMESTAMPS_CF_NAME:
            place = change.partition, _without(key, LATEST_TIMESTAMP_KEY)
            self._memories[place].time = _loaded(change.value)
        elif family == LATEST_EXPIRED_WINDOW_CF_NAME:
            place = change.partition, _without(key, LATEST_EXPIRED_WINDOW_TIMESTAMP_KEY)
            self._memories[place].closed_up_to = _loaded(change.value) or -1
        elif family == VALUES_CF_NAME or (family == DEFAULT and self._has_times):
            prefix, start, end = parse_window_key(key)
            place = change.partition, prefix
            memory = self._memories[place]
            _put(memory.collected if family == VALUES_CF_NAME else memory.windows, (start, end), change.value)
        elif family == DEFAULT:
            prefix, name = self._split(key)
            place = change.partition, prefix
            _put(self._memories[place].values, name, change.value)
        else:
            return None
        return place

    @property
    def _has_times(self) -> bool:
        """Whether its keys hold two integers: start and end of a window, or the time of a record of a join."""
        return self._is_join or bool(self._shape and not self._shape.count)

    def _split(self, key: bytes) -> tuple[bytes, bytes]:
        """Split the key of a record from the name of a value: either may hold the separator."""
        known = [each for each in self._keys if key.startswith(each + SEPARATOR)]
        prefix = max(known, key=len) if known else key.rpartition(SEPARATOR + b'"')[0]
        return prefix, key[len(prefix) + 1 :] if prefix else key

    def _entries(self, partition: int, prefix: bytes) -> Memories:
        """Returns what is remembered for a key, each under an identity that no other has."""
        memory, key = self._memories[partition, prefix], self._keys.get(prefix, _name(prefix))
        place = (self._name, partition, key)
        found: dict[Identity, Entry] = {}
        if self._shape and self._shape.count:
            found |= {(Window, *place, each.start, n): each for n, each in enumerate(self._counted(memory, place))}
        elif self._shape:
            found |= {(Window, *place, each.start, each.end): each for each in self._timed(memory, place)}
        else:
            found |= {(Value, *place, each.name): each for each in _values(memory, place)}
        if memory.time is not None:
            found[Clock, *place] = Clock(*place, memory.time)
        return found

    def _timed(self, memory: Memory, place: tuple[str, int, str | None]) -> Iterator[Window]:
        assert self._shape
        last = self._shape.kind == windows.SLIDING  # it holds what happens at its end, too
        for (start, end), state in sorted(windows.emitted(self._shape, memory.windows, memory.closed_up_to).items()):
            inside = [each for (time, _), each in sorted(memory.collected.items()) if start <= time < end + last]
            held = windows.holds(self._shape, state, inside)
            yield Window(*place, start, end, held, windows.closes(self._shape, start, end), self._shape.closed_by)

    def _counted(self, memory: Memory, place: tuple[str, int, str | None]) -> Iterator[Window]:
        assert self._shape
        for each in (memory.values.get(COUNTED) or {"windows": []})["windows"]:
            first = each["collection_start_id"]
            inside = [value for (number, _), value in sorted(memory.collected.items()) if number >= first]
            held = windows.holds(self._shape, each["aggregations"], inside)
            done = each["count"]
            yield Window(*place, each["start"], each["end"], held, records=done, full_at=self._shape.count)


def _values(memory: Memory, place: tuple[str, int, str | None]) -> Iterator[Value]:
    for name, value in memory.values.items():
        yield Value(*place, str(_loaded(name)), value)
    for (time, number), value in sorted(memory.windows.items()):  # a side of a join
        yield Value(*place, f"record of {words.moment(time)}" + (f" ({number})" if number else ""), value)


def _put(where: dict[Any, Any], key: Any, value: bytes | None) -> None:
    if value is None:
        where.pop(key, None)
    else:
        where[key] = _loaded(value)


def _loaded(raw: bytes | None) -> Any:
    """Returns what JSON says; bytes that are none, as State keeps them too, as text."""
    try:
        return None if raw is None else orjson.loads(raw)
    except orjson.JSONDecodeError:
        return _text(raw or b"")


def _text(raw: bytes) -> str:
    return raw.decode(errors="backslashreplace")


def _name(prefix: bytes) -> str:
    """Returns a key that no record is known to have: as text, which state keeps as JSON, or as bytes."""
    found = _loaded(prefix)
    return found if isinstance(found, str) else _text(prefix)


def _without(key: bytes, name: bytes) -> bytes:
    return key.removesuffix(name).removesuffix(SEPARATOR)


def after(history: Iterable[Changes]) -> Memories:
    """Returns what is remembered after all these changes, one after the other."""
    found: dict[Identity, Entry | Gone] = {}
    for each in history:
        found.update(each)
    return {identity: entry for identity, entry in found.items() if not isinstance(entry, Gone)}
