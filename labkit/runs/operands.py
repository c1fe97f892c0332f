"""Which field of a record an operation cannot use, because it is null, absent, or text instead of a number."""

import ast
import linecache
import re
import traceback
from collections.abc import Iterable, Mapping
from types import FrameType
from typing import Any

from quixstreams.state import State

from labkit.runs import blame
from labkit.runs.blame import Line

TEXT = re.compile(
    r"'str' and '(int|float)'|'(int|float)' and 'str'|(bad operand type for abs\(\): 'str')|(type str doesn't)"
    r"|can only concatenate str \(not \"(int|float)\"\)"
)
QUOTED = re.compile(r"""["']([^"']+)["']""")
GOT = re.compile(r"""\.get\(["']([^"']+)["']\)""")
FILLED = (
    '{names} {is_} null in this record: leave out records without it, readings[readings["{name}"].notnull()], or fill '
    "it in, readings.fill({filled}), before this line"
)
ABSENT = "{name} is not a field of this record: give .get a default, or test for None first"
UNKNOWN = 'state returns None for a name that it does not hold yet: give it a default, as in state.get("last", 0)'
LITERAL = "a number meets text here: is it written in quotes, or is a field of the record text?"
WRITTEN = "{name} is text in this record, {value!r}"
NUMBER = ': readings["{name}"] = readings["{name}"].apply(float), before this line, makes a number of it'


def explain(error: BaseException, lines: Iterable[Line | None]) -> str | None:
    """Say which field an operation could not use, and what to write; None if the error is about something else.

    The fields are those that the code names: these lines, and the student's functions that failed.
    """
    text, frames = str(error), [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    code = " ".join(_statement(each) for each in lines if each)
    named = {*QUOTED.findall(code), *_constants(frames)}
    records = [each for frame in reversed(frames) for each in frame.f_locals.values() if isinstance(each, dict)]
    if "NoneType" in text:
        return _of_null(records, named) or _of_state(frames) or _of_absent(records, GOT.findall(code))
    return _of_text(records, named) or LITERAL if TEXT.search(text) else None


def _statement(line: Line) -> str:
    """Returns all lines of the statement or lambda that a line belongs to."""
    lines = linecache.getlines(line.file)
    try:
        nodes = [each for each in ast.walk(ast.parse("".join(lines))) if isinstance(each, ast.stmt | ast.Lambda)]
    except SyntaxError:  # a cell with magic commands
        return line.text
    spans = [(each.lineno, each.end_lineno or 0) for each in nodes]
    around = [(last - first, first, last) for first, last in spans if first <= line.number <= last]
    _, first, last = min(around, default=(0, line.number, line.number))
    return "".join(lines[first - 1 : last]) or line.text


def _constants(frames: Iterable[FrameType]) -> list[str]:
    codes = [frame.f_code for frame in frames if blame.is_students(frame)]
    return [each for code in codes for each in code.co_consts if isinstance(each, str)]


def _of_null(records: Iterable[Mapping[str, Any]], named: set[str]) -> str | None:
    for record in records:
        if nulls := [name for name, value in record.items() if value is None and name in named]:
            name, is_ = nulls[0], "is" if len(nulls) == 1 else "are"
            filled = f"{name}=0" if name.isidentifier() else f'**{{"{name}": 0}}'
            return FILLED.format(names=" and ".join(nulls), is_=is_, name=name, filled=filled)
    return None


def _of_absent(records: Iterable[Mapping[str, Any]], got: Iterable[str]) -> str | None:
    absent = (name for record in records for name in got if name not in record)
    return next((ABSENT.format(name=name) for name in absent), None)


def _of_state(frames: Iterable[FrameType]) -> str | None:
    held = (each for frame in frames if blame.is_students(frame) for each in frame.f_locals.values())
    return UNKNOWN if any(isinstance(each, State) for each in held) else None


def _of_text(records: Iterable[Mapping[str, Any]], named: set[str]) -> str | None:
    for record in records:
        texts = {name: value for name, value in record.items() if name in named and isinstance(value, str)}
        for name, value in texts.items():
            return WRITTEN.format(name=name, value=value) + (NUMBER.format(name=name) if _is_number(value) else "")
    return None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
