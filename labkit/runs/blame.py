"""Which line of the student's code caused an error."""

import linecache
import sys
import sysconfig
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

LABKIT = str(Path(__file__).parents[1])
PIPELINES = str(Path(LABKIT, "pipelines"))  # what a student could have written
# What a student calls to add a step: methods of TracedStream, Frame and Column.
PASSED_THROUGH = tuple(str(Path(__file__).with_name(name)) for name in ("tracing.py", "frames.py", "columns.py"))
NOT_THE_STUDENTS = (
    LABKIT,
    *{sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")},
)


@dataclass(frozen=True)
class Line:
    """A line of source: `where` names function and number, `text` is the code; `number` is its number in the `file`."""

    where: str
    text: str
    file: str = ""
    number: int = 0

    def __str__(self) -> str:
        return f"{self.where}: {self.text}" if self.text else self.where


@dataclass(frozen=True)
class Blame:
    """Why a run failed: the `reason` in one line, the student's `line` if one is to blame, and the whole traceback; the
    `record` at which it failed, in one line, if it was at one.
    """

    reason: str
    line: Line | None
    traceback: str
    record: str = ""

    def __str__(self) -> str:
        return f"{self.reason} ({self.line})" if self.line else self.reason


def explain(error: BaseException, added_by: Line | None = None) -> Blame:
    """Blame the innermost line of the student's code in the traceback, or else the line that added the failed step."""
    lines = [_line(frame, number) for frame, number in traceback.walk_tb(error.__traceback__) if is_students(frame)]
    name, text = type(error).__name__, str(error)
    trace = "".join(traceback.format_exception(error))
    return Blame(f"{name}: {text}" if text else name, lines[-1] if lines else added_by, trace)


def line_now(thread: int | None) -> Line | None:
    """The line of the student's code that a thread is executing; None if it executes none."""
    frame = sys._current_frames().get(thread or 0)
    while frame and not is_students(frame):
        frame = frame.f_back
    return _line(frame, frame.f_lineno) if frame else None


def line_of_caller() -> Line | None:
    """The line of the student's code that led here; None if labkit itself made the call."""
    frame: FrameType | None = sys._getframe(2)
    while frame and not is_students(frame):
        name = frame.f_code.co_filename
        if name.startswith(LABKIT) and name not in PASSED_THROUGH:
            return None
        frame = frame.f_back
    return _line(frame, frame.f_lineno) if frame else None


def is_students(frame: FrameType) -> bool:
    return _is_students(frame.f_code.co_filename)


def source_of(function: FunctionType) -> list[Line]:
    """Returns the lines of a function of the student's; none of any other."""
    code = function.__code__
    if not _is_students(code.co_filename):
        return []
    numbers = sorted({number for *_, number in code.co_lines() if number})
    return [_line_of(code, number, function.__globals__) for number in numbers]


def _is_students(name: str) -> bool:
    compiled = name.endswith(".pyx")  # by Cython, which gives it a relative path
    return name.startswith(PIPELINES) or not (compiled or name.startswith((*NOT_THE_STUDENTS, "<frozen")))


def _line(frame: FrameType, number: int) -> Line:
    return _line_of(frame.f_code, number, frame.f_globals)


def _line_of(code: CodeType, number: int, names: dict[str, Any]) -> Line:
    where = f"line {number}" if code.co_name.startswith("<") else f"{code.co_name}, line {number}"
    return Line(where, linecache.getline(code.co_filename, number, names).strip(), code.co_filename, number)
