"""Which line of the student's code added each step of a pipeline.

`readings["kelvin"] = readings["temperature"] + 273.15` runs later, inside Quix Streams, where no traceback leads back
to this line.
"""

import inspect
import re
import traceback
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from quixstreams.core.stream import Stream, StreamFunction, VoidExecutor
from quixstreams.kafka.exceptions import KafkaProducerDeliveryError

from labkit.runs.blame import Line, line_of_caller, source_of
from labkit.runs.values import unwritable


class TracedStream(Stream):
    """A Stream that remembers the line that added it.

    A step added to a stream has that stream's own class, so every step is traced.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.line = line_of_caller()


class Observer(Protocol):
    """Is told what a pipeline does with each record, in the thread in which it does it."""

    def came_in(self, step: Stream, value: Any, key: Any, timestamp: int) -> None:
        """A step without parents begins with a record; what a step does until `went` it does with this value."""

    def came_out(self, step: Stream, value: Any, key: Any, timestamp: int) -> None:
        """The innermost step that has not ended passes a value on."""

    def went(self, step: Stream) -> None:
        """A step, and all steps after it, are done with a value."""

    def was_late(self, start: int, end: int, by: int) -> None:
        """The value of the innermost step is not counted in a window that has closed; all in milliseconds."""

    def writes(self, topic: str, record: Mapping[str, Any]) -> str:
        """Returns the full name of the topic that gets a record instead of `topic`."""

    def processed(self, topic: str, partition: int, offset: int) -> None:
        """A record is processed, and about to be committed."""


class Observed(StreamFunction):
    """The function of a step, every value of which an observer sees as it comes in and as it goes out."""

    def __init__(self, step: Stream, observer: Observer) -> None:
        super().__init__(step.func.func)
        self.expand = step.func.expand
        self._step, self._function, self._observer = step, step.func, observer

    def get_executor(self, *child_executors: VoidExecutor) -> VoidExecutor:
        step, observer, go_on = self._step, self._observer, self._resolve_branching(*child_executors)

        def out(value: Any, key: Any, timestamp: int, headers: Any) -> None:
            observer.came_out(step, value, key, timestamp)
            go_on(value, key, timestamp, headers)

        work = self._function.get_executor(out)

        def executor(value: Any, key: Any, timestamp: int, headers: Any) -> None:
            observer.came_in(step, value, key, timestamp)
            work(value, key, timestamp, headers)
            observer.went(step)

        return executor


class Trace:
    """The steps of a pipeline, each with the line that added it."""

    def __init__(self, steps: Iterable[Stream]) -> None:
        traced = [step for step in steps if isinstance(step, TracedStream) and step.line]
        self._functions = [step.func.func for step in traced]
        self._lines = {id(step.func.func): step.line for step in traced if step.line}

    def line_of(self, error: BaseException) -> Line | None:
        """The line that added the step in which an error occurred; None if it occurred in no step.

        The executor of a step is a closure over the step's function, in the variable `func`; the innermost one failed.
        If a field cannot be written as JSON, an earlier line set it, perhaps one in a function that a step calls: the
        last one that sets it, or else names it.
        """
        if isinstance(error, KafkaProducerDeliveryError):  # only the time of a record is the pipeline's choice
            return self._last(r"\bset_timestamp\(")
        if (found := unwritable(error)) and found.field:
            return self._line_that_names(found.name)
        frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
        lines = (self._lines.get(id(frame.f_locals.get("func"))) for frame in reversed(frames))
        return next((line for line in lines if line), None)

    def _line_that_names(self, field: str) -> Line | None:
        """The last line of the student's that sets a field of this name, or else names it; None if none does."""
        named = rf"""["']{re.escape(field)}["']"""
        return self._last(rf"{named}(\s*:|\]\s*=(?!=))") or self._last(named)

    def _last(self, pattern: str) -> Line | None:
        """The last line of the student's that matches; None if none does."""
        lines = [
            line for function in self._functions for line in (self._lines[id(function)], *_lines_of(function, set()))
        ]
        return next((line for line in reversed(lines) if re.search(pattern, line.text)), None)


def _lines_of(function: Any, seen: set[int]) -> list[Line]:
    """Returns the lines of the student's functions that a step calls: they are wrapped in Quix Streams' own."""
    if not inspect.isfunction(function) or id(function) in seen:
        return []
    seen.add(id(function))
    inner = inspect.getclosurevars(function).nonlocals.values()
    return [line for each in inner for line in _lines_of(each, seen)] + source_of(function)
