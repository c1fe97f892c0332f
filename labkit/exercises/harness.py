"""The test harness of an exercise: records go into its topics, the answer runs, rows come out."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quixstreams import Application

from labkit.exercises.delivery import IN_ORDER, Outgoing, deliver
from labkit.exercises.records import BASE, DAY, INPUT, Row, Sent
from labkit.kafka import clients, tap
from labkit.kafka.groups import Groups
from labkit.runs.application import CONSUMER, ThreadedApplication
from labkit.runs.blame import Blame

if TYPE_CHECKING:
    from labkit.flink.engine import Engine

FLUSH_LIMIT = 10.0  # seconds that Kafka may take to acknowledge the records
OTHERS = 3  # records of another program
MOST = 10_000  # records that may come out


def topic_of(exercise: str, name: str) -> str:
    """Returns the topic of an input or output, such as `grade.damp-rooms.out`."""
    return f"grade.{exercise}.{name}"


def restart_after(records: int) -> int:
    """Returns after how many of its records a pipeline is restarted: about half of them, but not always the same."""
    return records // 2 - records % 7


@dataclass(frozen=True)
class Environment:
    """What all answers in a lab are tried with: a broker, a directory for state, Flink and the URL of a schema registry
    (both started when needed), and the student whose answers they are.
    """

    groups: Groups
    directory: Path
    flink: Callable[[], Engine]
    registry: Callable[[], str]
    student: Callable[[], str]


@dataclass(frozen=True)
class Harness:
    """The topics of one exercise in an environment: its `inputs`, which have so many `partitions`, and its `outputs`,
    of which those in `raw` hold text.
    """

    environment: Environment
    exercise: str
    outputs: tuple[str, ...]
    raw: tuple[str, ...]
    inputs: tuple[str, ...] = (INPUT,)
    partitions: int = 1

    @property
    def groups(self) -> Groups:
        return self.environment.groups

    def topic(self, name: str) -> str:
        """Returns the topic of an input or output, without the namespace of the lab."""
        return topic_of(self.exercise, name)

    def full(self, name: str) -> str:
        """Returns the full name of one of the topics on the broker."""
        return self.groups.topics.full(self.topic(name))

    def clear(self) -> None:
        """Creates the topics, and empties those for output."""
        self.groups.topics.create(*map(self.topic, self.inputs), partitions=self.partitions)
        self.groups.topics.create(*map(self.topic, self.outputs))
        for name in self.outputs:
            self.groups.topics.empty(self.topic(name))

    def fill(self, sent: Sequence[Sent]) -> None:
        """Replaces the content of the input topics with these records."""
        for name in self.inputs:
            self.groups.topics.empty(self.topic(name))
            self.write(name, [each for each in sent if each.topic == name])

    def sent(self) -> list[Sent]:
        """Returns the records in the only input topic, with their values as bytes."""
        records = tap.everything(self.groups.topics, self.topic(INPUT), raw=True)
        return [Sent(each.key, each.value or b"", each.timestamp) for each in records]

    def feed(self) -> tuple[str, list[Callable[[], None]]]:
        """Returns a topic that gets the records of the only input in two parts, and a function to write each part."""
        topics, topic, sent = self.groups.topics, self.topic("feed"), self.sent()
        topics.create(topic)
        topics.empty(topic)
        first = restart_after(len(sent))
        return topic, [functools.partial(self.write, "feed", part) for part in (sent[:first], sent[first:])]

    def remembered(self, group: str) -> dict[tuple[str, int, str | None], bytes]:
        """Returns the state of the pipeline of a consumer group, by its changelog topics, their partitions and keys."""
        topics = self.groups.topics
        newest = {
            (name, each.partition, each.key): each.value
            for name in topics.changelogs(group)
            for each in tap.everything(topics, name, raw=True)
        }
        return {which: value for which, value in newest.items() if value}

    @contextmanager
    def shared(self, name: str) -> Iterator[None]:
        """A topic holds records of another program, too, as long as this lasts."""
        self.write(name, [Sent("another program", {"number": number}, BASE + DAY) for number in range(OTHERS)])
        ends = self.groups.topics.end_offsets(self.topic(name))
        try:
            yield
        finally:
            self.groups.topics.empty(self.topic(name), ends)

    def write(self, name: str, records: Sequence[Sent]) -> None:
        """Writes records to one of the topics. Raises NoAnswer unless Kafka acknowledges them all."""
        outgoing = (Outgoing(self.full(name), each.raw, each.key, each.timestamp) for each in records)
        deliver(self.groups.topics.address, outgoing, FLUSH_LIMIT)

    def collect(self) -> dict[str, list[Row]]:
        """Returns the rows that came out, by output."""
        return {name: self._rows(self.topic(name), name in self.raw) for name in self.outputs}

    def overflow(self) -> Blame | None:
        """Returns what is wrong if an output holds so many records that they are not read."""
        full = [name for name in self.outputs if self._is_full(self.topic(name))]
        return (
            Blame(f"More than {MOST:,} records came out: is there a loop that never ends?", None, "") if full else None
        )

    def _is_full(self, topic: str) -> bool:
        return self.groups.topics.count(topic) > MOST

    def _rows(self, topic: str, raw: bool) -> list[Row]:
        """Returns the rows of a topic; none if it is full."""
        if self._is_full(topic):
            return []
        return [row_of(each) for each in tap.everything(self.groups.topics, topic, raw)]

    def application(self, group: str, **producer: Any) -> Application:
        """Returns an ordinary Quix Streams Application, which any thread can run, in a consumer group. Its producer has
        these settings.
        """
        given = clients.connection(self.groups.topics.address)
        return ThreadedApplication(
            self.groups.topics.address,
            consumer_group=self.groups.topics.full(group),
            auto_offset_reset="earliest",
            state_dir=self.environment.directory,
            consumer_extra_config=given | CONSUMER,
            producer_extra_config=given | IN_ORDER | producer,
            loglevel=None,
        )

    def new_group(self) -> str:
        """Returns the name of a consumer group that has read nothing yet."""
        return self.topic(uuid.uuid4().hex[:8])


def row_of(record: tap.Record) -> Row:
    """Returns a record as a row: see `Exercise`."""
    value = record.value if isinstance(record.value, dict) else {"value": readable(record.value)}
    headers = {f"header.{name}": text for name, text in record.headers.items()}
    return value | {"key": record.key, "time": record.timestamp} | headers


def readable(value: Any) -> Any:
    """Returns bytes as text, and anything else as it is."""
    return value.decode(errors="backslashreplace") if isinstance(value, bytes) else value
