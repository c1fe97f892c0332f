"""Which line of the student's code added each step of a pipeline.

`readings["kelvin"] = readings["temperature"] + 273.15` runs later, inside Quix Streams, where no traceback leads back
to this line.
"""

import re
import traceback
from collections.abc import Iterable
from typing import Any

from quixstreams.core.stream import Stream
from quixstreams.dataframe import StreamingDataFrame

from labkit.runs.blame import Line, line_of_caller
from labkit.runs.values import unwritable


class TracedStream(Stream):
    """A Stream that remembers the line that added it.

    A step added to a stream has that stream's own class, so every step is traced.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.line = line_of_caller()


class Trace:
    """The steps of a pipeline, each with the line that added it."""

    def __init__(self, streams: Iterable[StreamingDataFrame]) -> None:
        steps = [step for each in streams for step in each.stream.full_tree()]
        self._lines = {id(step.func.func): step.line for step in steps if isinstance(step, TracedStream) and step.line}

    def line_of(self, error: BaseException) -> Line | None:
        """The line that added the step in which an error occurred; None if it occurred in no step.

        The executor of a step is a closure over the step's function, in the variable `func`; the innermost one failed.
        If a field cannot be written as JSON, an earlier line set it: the last one that names it.
        """
        if (found := unwritable(error)) and found.field:
            named = re.compile(rf"""["']{re.escape(found.name)}["']""")
            return next((line for line in reversed([*self._lines.values()]) if named.search(line.text)), None)
        frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
        lines = (self._lines.get(id(frame.f_locals.get("func"))) for frame in reversed(frames))
        return next((line for line in lines if line), None)
