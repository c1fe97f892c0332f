"""The topics on which an answer is tried: records go in, the answer runs, rows come out."""

import functools
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quixstreams import Application

from labkit.exercises.exercise import Exercise, Row, Sent
from labkit.kafka import clients, properties, tap
from labkit.kafka.groups import Groups
from labkit.runs.application import CONSUMER
from labkit.waiting import wait_until

FLUSH_LIMIT = 10.0  # seconds that Kafka may take to acknowledge the records
MOST = 10_000  # records that may come out
PROMPT = {"enable.idempotence": False}  # an idempotent producer takes 0.5 s to get its id from the broker
SETTLE_LIMIT = 1.0  # seconds


@dataclass(frozen=True)
class Bench:
    """Where answers are tried: a broker, a directory for state, Flink (started when needed), and the student whose
    answers they are.
    """

    groups: Groups
    directory: Path
    flink: Callable[[], Any]
    student: Callable[[], str]

    def clear(self, exercise: Exercise) -> None:
        """Create the exercise's topics, and empty those for output."""
        topics = self.groups.topics
        topics.create(*map(exercise.topic, ("in", *exercise.outputs)))
        for name in exercise.outputs:
            topics.empty(exercise.topic(name))

    def fill(self, exercise: Exercise, sent: Sequence[Sent]) -> None:
        """Replace the content of the input topic with these records."""
        self.groups.topics.empty(exercise.topic("in"))
        self.write(exercise, "in", sent)

    def feed(self, exercise: Exercise) -> tuple[str, list[Callable[[], None]]]:
        """Returns a topic that gets the records of the input topic in two halves, and a function to write each half."""
        topics, topic = self.groups.topics, exercise.topic("feed")
        topics.create(topic)
        topics.empty(topic)
        records = tap.everything(topics, exercise.topic("in"), raw=True)
        sent = [Sent(each.key, each.value or b"", each.timestamp) for each in records]
        halves = sent[: len(sent) // 2], sent[len(sent) // 2 :]
        return topic, [functools.partial(self.write, exercise, "feed", half) for half in halves]

    def write(self, exercise: Exercise, name: str, records: Sequence[Sent]) -> None:
        """Write records to one of the exercise's topics, and wait until Kafka has acknowledged them."""
        producer = clients.producer(self.groups.topics.address, **PROMPT)
        for each in records:
            producer.produce(self.full(exercise, name), each.raw, each.key, timestamp=each.timestamp)
        producer.flush(FLUSH_LIMIT)

    def collect(self, exercise: Exercise, wanted: Mapping[str, int]) -> dict[str, list[Row]]:
        """Returns the rows that came out, by output. `wanted` says how many are expected in each."""
        for name in exercise.outputs[1:]:
            self._settle(exercise.topic(name), wanted.get(name, 0))
        return {name: self._rows(exercise.topic(name), name in exercise.raw) for name in exercise.outputs}

    def _rows(self, topic: str, raw: bool) -> list[Row]:
        """Returns the rows of a topic; none if an endless loop has filled it."""
        if self.groups.topics.count(topic) > MOST:
            return []
        return [row_of(each) for each in tap.everything(self.groups.topics, topic, raw)]

    def _settle(self, topic: str, records: int) -> None:
        """Wait a moment for records that the answer wrote itself: it may not have flushed them."""
        wait_until(lambda: self.groups.topics.count(topic) >= records, SETTLE_LIMIT)

    def full(self, exercise: Exercise, name: str) -> str:
        """The full name of one of the exercise's topics on the broker."""
        return self.groups.topics.full(exercise.topic(name))

    def application(self, group: str) -> Application:
        """Returns an ordinary Quix Streams Application that is a member of a consumer group."""
        given = clients.RECONNECT | properties.of(self.groups.topics.address)
        return Application(
            self.groups.topics.address,
            consumer_group=self.groups.topics.full(group),
            auto_offset_reset="earliest",
            consumer_extra_config=given | CONSUMER,
            producer_extra_config=given | PROMPT,
            loglevel=None,
        )

    def new_group(self, exercise: Exercise) -> str:
        """A consumer group that has read nothing yet."""
        return exercise.topic(uuid.uuid4().hex[:8])


def row_of(record: tap.Record) -> Row:
    """A record as a row: see `Exercise`."""
    value = record.value if isinstance(record.value, dict) else {"value": readable(record.value)}
    headers = {f"header.{name}": text for name, text in record.headers.items()}
    return value | {"key": record.key, "time": record.timestamp} | headers


def readable(value: Any) -> Any:
    """Bytes as text."""
    return value.decode(errors="backslashreplace") if isinstance(value, bytes) else value
