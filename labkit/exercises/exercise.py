"""What an exercise is: everything that its author writes, except the oracle and the solutions."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from labkit.exercises.answer_types import AnswerType
from labkit.exercises.behaviours import Behaviour
from labkit.exercises.harness import Environment, Harness, topic_of
from labkit.exercises.records import INPUT, RECORDED, Row, Sent, elsewhere, same_record


@dataclass(frozen=True)
class Exercise:
    """One exercise. It has the name of its file, with hyphens; `lesson` is the stem of the lesson's notebook, and
    `number` its position among the exercises of that lesson.

    `readings` makes the input records for any seed, in the order in which they are written. In readings that no student
    has seen, they are of other days, and the `devices` have other names. `answer_type` says how an answer is tried. A
    short answer is about the case that the readings describe, and `question` puts that case into words.

    There is a topic for each of the `inputs`, with so many `partitions`, and for each of the `outputs`. What comes out
    is judged as rows: `key`, `time` (the Kafka timestamp in ms), the fields of the value, and each header as
    `header.<name>`. A value that is not a JSON object, or that belongs to an output in `raw`, becomes the field
    `value`, as text. Rows are matched by key and time, or by the columns that `identity` has for their output.
    `sources` finds the records that a row was made from; a verdict shows the fields in `shows` of these.
    """

    name: str
    title: str
    lesson: str
    number: int
    answer_type: AnswerType
    behaviours: tuple[Behaviour, ...]
    hints: tuple[str, ...]
    discussion: str
    readings: Callable[[random.Random], Sequence[Sent]] = lambda _: ()
    devices: tuple[str, ...] = ()
    inputs: tuple[str, ...] = (INPUT,)
    partitions: int = 1
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
        """Returns the topic of an input or output, such as `grade.damp-rooms.out`."""
        return topic_of(self.name, name)

    def harness(self, environment: Environment) -> Harness:
        """Returns the harness in which answers are tried."""
        return Harness(environment, self.name, self.outputs, self.raw, self.inputs, self.partitions)

    def sent(self, seed: str | int) -> tuple[Sent, ...]:
        """Returns the input records for a seed."""
        luck = random.Random(f"{self.name} {seed}")
        sent = self.readings(luck)
        is_known = str(seed) == RECORDED or self.question
        return tuple(sent if is_known else elsewhere(sent, self.devices, luck))
