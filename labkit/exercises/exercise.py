"""What an exercise is: everything that its author writes, except the oracle and the solutions."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson

from labkit.exercises.behaviours import Behaviour
from labkit.exercises.behaviours import Row as Row  # so that authors find everything here

BASE = 1_767_614_400_000  # epoch ms of 2026-01-05 12:00:00 UTC: the same seed gives the same records on any day
ORDINARY = "ordinary"


@dataclass(frozen=True)
class Sent:
    """An input record: `value` is a JSON object or raw bytes, `timestamp` is in epoch ms.

    `part` names the group of records that it belongs to, such as "late": a behaviour can be limited to one part.
    """

    key: str | None
    value: Mapping[str, Any] | bytes
    timestamp: int
    part: str = ORDINARY

    @property
    def fields(self) -> dict[str, Any]:
        """The fields of a value that is a JSON object. Raises TypeError if it is bytes."""
        if isinstance(self.value, bytes):
            raise TypeError("the value is bytes")
        return dict(self.value)

    @property
    def raw(self) -> bytes:
        """The value as it is written to Kafka."""
        return self.value if isinstance(self.value, bytes) else orjson.dumps(self.value)


def same_record(row: Row, sent: Sequence[Sent]) -> list[Sent]:
    """The records with the key and timestamp of an output record: for pipelines that emit at most one per record."""
    return [each for each in sent if (each.key, each.timestamp) == (row["key"], row["time"])]


def same_reading(row: Row, sent: Sequence[Sent]) -> list[Sent]:
    """The records with the same device and timestamp in their value as the output record."""
    wanted = (row.get("device"), row.get("timestamp"))
    return [each for each in sent if isinstance(each.value, Mapping) and _place(each.value) == wanted]


def _place(value: Mapping[str, Any]) -> tuple[Any, Any]:
    return value.get("device"), value.get("timestamp")


def in_window(milliseconds: int) -> Callable[[Row, Sequence[Sent]], list[Sent]]:
    """The records in a window of this length that starts at the timestamp of the output record."""

    def sources(row: Row, sent: Sequence[Sent]) -> list[Sent]:
        start, key = row["time"], row["key"]
        return [each for each in sent if each.key == key and start <= each.timestamp < start + milliseconds]

    return sources


def reading(device: str, second: float, temperature: float, humidity: float = 50.0, part: str = ORDINARY) -> Sent:
    """Returns a reading taken so many seconds after `BASE`, as a record with the device as its key."""
    timestamp = BASE + round(1000 * second)
    value = {"device": device, "temperature": temperature, "humidity": humidity, "timestamp": timestamp}
    return Sent(device, value, timestamp, part)


class Kind(Protocol):
    """How an answer is tried: see `kinds`."""

    @property
    def expects(self) -> str:
        """What the answer must be, in words."""

    def is_unanswered(self, answer: object) -> bool:
        """Whether the answer is still the stub of the notebook."""

    def accepts(self, answer: object) -> bool:
        """Whether the answer can be tried at all."""

    def attempt(self, bench: Any, exercise: "Exercise", answer: Any) -> Any:
        """Try the answer on the records in the input topic; see `kinds.Attempt`."""


@dataclass(frozen=True)
class Exercise:
    """One exercise. It has the name of its file, with hyphens; `lesson` is the stem of the lesson's notebook, and
    `number` its place among the exercises of that lesson.

    `readings` makes the input records for any seed, in the order in which they are written. `kind` says how an answer
    is tried. A short answer is about the case that the readings describe, and `question` puts that case into words.

    There is a topic for each of the `outputs`. Its records are judged as rows: `key`, `time` (the Kafka timestamp in
    ms), the fields of the value, and each header as `header.<name>`. A value that is not a JSON object, or that belongs
    to an output in `raw`, becomes the field `value`, as text. Rows are matched by key and time, or by the columns that
    `identity` has for their output. `sources` finds the records that a row was made from; a verdict shows the fields in
    `shows` of these.
    """

    name: str
    title: str
    lesson: str
    number: int
    kind: Kind
    behaviours: tuple[Behaviour, ...]
    hints: tuple[str, ...]
    discussion: str
    readings: Callable[[random.Random], Sequence[Sent]] = lambda _: ()
    identity: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sources: Callable[[Row, Sequence[Sent]], list[Sent]] = same_record
    outputs: tuple[str, ...] = ("out",)
    raw: tuple[str, ...] = ()
    shows: tuple[str, ...] = ("temperature",)
    question: Callable[[Sequence[Sent]], str] | None = None

    @property
    def points(self) -> int:
        return sum(each.points for each in self.behaviours)

    def topic(self, name: str) -> str:
        """The topic of an input or output, such as `grade.damp-rooms.out`."""
        return f"grade.{self.name}.{name}"

    def sent(self, seed: str | int) -> tuple[Sent, ...]:
        """Returns the input records for a seed."""
        return tuple(self.readings(random.Random(f"{self.name} {seed}")))
