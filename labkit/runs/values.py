"""Which part of a value JSON cannot hold, and what to write instead."""

from types import TracebackType
from typing import Any, NamedTuple

from quixstreams.utils import json

from labkit.readings.plain import instead

WRITERS = ("_to_json", "serialize")  # functions of Quix Streams that turn their argument `value` into JSON


class Unwritable(NamedTuple):
    """A part of a value that is not JSON: the field that leads to it, and that part itself."""

    field: str
    part: Any

    def __str__(self) -> str:
        kind = type(self.part)
        if isinstance(self.part, dict):
            key = next(each for each in self.part if type(each) is not str)
            return f"{self._place} has the key {key!r}, and in JSON each key is text: write str({key!r})"
        if kind in (int, str, list):
            return f"{self._place} is {self.part!r:.60}, which JSON cannot hold"
        write = instead(self.part, self.name or "value")
        return f"{self._place} is a {kind.__name__}, which JSON does not have: write {write}"

    @property
    def name(self) -> str:
        """The name of the field in the innermost object."""
        return self.field.split(".")[-1].split("[")[0]

    @property
    def _place(self) -> str:
        return self.field or "the value"


def unwritable(error: BaseException) -> Unwritable | None:
    """Returns what an error found that is not JSON; None if the error is about something else."""
    frames = []
    trace: TracebackType | None = error.__traceback__
    while trace:
        frames.append(trace.tb_frame)
        trace = trace.tb_next
    for frame in reversed(frames):
        if frame.f_code.co_name in WRITERS and frame.f_globals["__name__"].startswith("quixstreams"):
            return _search(frame.f_locals["value"], "")
    return None


def _search(value: Any, place: str) -> Unwritable | None:
    """Returns the innermost part of a value that is not JSON; None if all of it is."""
    if _is_json(value):
        return None
    if isinstance(value, dict):
        parts = {f"{place}.{name}".lstrip("."): each for name, each in value.items() if type(name) is str}
    else:
        items = value if isinstance(value, list | tuple) else ()
        parts = {f"{place}[{number}]": each for number, each in enumerate(items)}
    found = (_search(each, inner) for inner, each in parts.items())
    return next(filter(None, found), Unwritable(place, value))


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return False
    return True
