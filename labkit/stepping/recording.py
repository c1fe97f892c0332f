"""What a pipeline did with each record, told by the pipeline itself."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from quixstreams.context import message_context
from quixstreams.core.stream import Stream

from labkit.kafka.topics import Topics

CHANGELOG, REPARTITION = "changelog__", "repartition__"  # how the names of Quix Streams' own topics begin
AGAIN = ".again"  # after the name of a topic that the pipeline also reads
Place = tuple[str, int, int]  # full name of a topic, partition, offset


class Out(NamedTuple):
    """A value that a step passed on; `timestamp` in epoch milliseconds."""

    value: Any
    key: Any
    timestamp: int


class Late(NamedTuple):
    """A window that had closed when a record came that belongs to it, `by` so many milliseconds too late."""

    start: int
    end: int
    by: int


class Written(NamedTuple):
    """A record that went to a topic, as it was written: bytes, and epoch milliseconds."""

    topic: str
    key: bytes | None
    value: bytes | None
    timestamp: int | None
    headers: Mapping[str, bytes]


@dataclass
class Visit:
    """A value at a step, and what the step did with it; `before` is the visit of the step that passed it on."""

    step: Stream
    came: Out
    before: Visit | None
    outs: list[Out] = field(default_factory=list)
    late: list[Late] = field(default_factory=list)
    written: list[Written] = field(default_factory=list)
    ended: bool = False  # whether it has not failed, nor a step after it


@dataclass
class Passage:
    """A record on its way through the pipeline."""

    place: Place
    visits: list[Visit] = field(default_factory=list)
    prints: list[str] = field(default_factory=list)


def kept(value: Any) -> Any:
    """Returns a copy of a value, as the next step may change it; its text if it cannot be copied."""
    try:
        return copy.deepcopy(value)
    except Exception:  # whatever the objects of a student refuse
        return repr(value)


class Recorder:
    """Observes a pipeline whose topics are its own, and asks for the next records when it has done with the last.

    `passages` are complete once `over` is set, or the pipeline has ended.
    """

    def __init__(self, topics: Topics, students: Topics, reads: Sequence[str], go_on: Callable[[], int]) -> None:
        """`go_on` writes the next records, and returns how many there were. What the pipeline writes to the `students`
        topics goes to topics of the same names among these `topics`, which are its own; to those that it `reads`, it
        would feed itself for ever.
        """
        self.passages: list[Passage] = []
        self.over = threading.Event()
        self.between: Sequence[str] = ()  # the full names of repartition topics
        self._topics, self._students, self._go_on = topics, students, go_on
        self._reads, self._made = reads, set[str]()
        self._open: list[Visit] = []
        self._waiting = 0  # records that are read, or will be, before the next are asked for

    def ask(self) -> None:
        """Ask for the next records; if there are none, it is over."""
        self._waiting = self._go_on()
        if not self._waiting:
            self.over.set()

    def came_in(self, step: Stream, value: Any, key: Any, timestamp: int) -> None:
        if not step.parents:
            context = message_context()
            self._open.clear()
            self.passages.append(Passage((context.topic, context.partition, context.offset)))
        visit = Visit(step, Out(kept(value), key, timestamp), self._open[-1] if self._open else None)
        self.passages[-1].visits.append(visit)
        self._open.append(visit)

    def came_out(self, step: Stream, value: Any, key: Any, timestamp: int) -> None:  # noqa: ARG002
        self._open[-1].outs.append(Out(kept(value), key, timestamp))

    def went(self, step: Stream) -> None:  # noqa: ARG002
        self._open.pop().ended = True

    def was_late(self, start: int, end: int, by: int) -> None:
        self._open[-1].late.append(Late(start, end, by))

    def writes(self, topic: str, record: Mapping[str, Any]) -> str:
        if topic.startswith(CHANGELOG):
            return topic
        self._waiting += topic in self.between
        own = self._topics if topic.startswith(self._topics.namespace) else self._students
        short = own.short(topic)
        if self._open:
            self._open[-1].written.append(_written(short, record))
        return self._made_for(short)

    def _made_for(self, name: str) -> str:
        """Returns the full name of the topic that gets what is written to another, and creates it the first time."""
        other = f"{name}{AGAIN}" if name in self._reads else name
        if other not in self._made:
            self._topics.create(other)
            self._made.add(other)
        return self._topics.full(other)

    def printed(self, line: str) -> None:
        """The student's code has printed a line."""
        if self.passages:
            self.passages[-1].prints.append(line)

    def processed(self, topic: str, partition: int, offset: int) -> None:  # noqa: ARG002
        self._waiting -= 1
        if not self._waiting:
            self.ask()


def _written(topic: str, record: Mapping[str, Any]) -> Written:
    headers = record.get("headers") or {}
    named = {**headers} if isinstance(headers, Mapping) else dict(headers)
    key = record.get("key")
    return Written(
        topic, key.encode() if isinstance(key, str) else key, record.get("value"), record.get("timestamp"), named
    )
