"""What pipelines do or leave out without a word, such as records without a key, and fields that no record has."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from labkit.runs.blame import Line
from labkit.spelling import did_you_mean

SHORTEST = 100  # milliseconds that a window lasts at least, if it is not meant in seconds


class Notes(dict[object, str]):
    """What a pipeline has to say about its records, by whoever says it; `hints` are what it says of its own
    lines, with {here} in place of where.
    """

    def __init__(self) -> None:
        super().__init__()
        self.hints: dict[Line, str] = {}

    def __str__(self) -> str:
        hints = (f"{words.format(here='here')} ({line})" for line, words in [*self.hints.items()])
        return "; ".join(dict.fromkeys([*self.values(), *hints]))  # copies: another thread may add one


class Watch:
    """Sees every record that goes into a step, and notes the fields that the step names and no record has had so far;
    of a window also the records that it leaves out, as they have no key.

    `without_key` counts the latter; `missing` are the former, each with what follows from that in the `line`.
    """

    def __init__(
        self, notes: Notes, effects: Mapping[str, str], line: Line | None, keyed: bool = False, may_be_new: bool = False
    ) -> None:
        """`effects` say what the step in the `line` does without each field. `keyed` steps leave out records without a
        key; a field that `may_be_new` is noted only if records have one with a similar name.
        """
        self._notes, self.line = notes, line
        self.missing = dict(effects)
        self.without_key = 0
        self._keyed, self.may_be_new = keyed, may_be_new

    def __call__(self, value: Any, key: Any, timestamp: int, headers: Any) -> None:  # noqa: ARG002
        if key is None and self._keyed:
            self.without_key += 1
            self._notes[self] = (
                f"windows leave out records without a key, {self.without_key:,} so far: give them one first, as in "
                'readings.group_by("device") (03_windows)'
            )
        if self.missing and isinstance(value, dict):
            for column in [*self.missing]:
                self._look_for(column, value)

    def _look_for(self, column: str, record: Mapping[str, Any]) -> None:
        place = (self, column)
        if column in record:
            del self.missing[column]
            self._notes.pop(place, None)
        elif place not in self._notes:
            hint, where = did_you_mean(column, map(str, record)), f" ({self.line})" if self.line else ""
            if hint or not self.may_be_new:
                self._notes[place] = (
                    f"{self.missing[column]}: no record so far has the field {column!r}{hint and ': '}{hint}{where}"
                )


def in_milliseconds(window: str, arguments: Mapping[str, Any]) -> str:
    """Say that the length of a window was probably meant in seconds; empty if not."""
    length = arguments.get("duration_ms", arguments.get("inactivity_gap_ms"))
    if not isinstance(length, int) or length >= SHORTEST:
        return ""
    name, seconds = window.replace("_", " "), f"{length * 1000:_}"
    return f"a {name} of {length} ms: lengths are in milliseconds, so {length} s are {seconds}"


@dataclass
class Shape:
    """A window of a pipeline, as the student has defined it: a `kind` such as "hopping_window", Quix Streams' own
    `definition`, the records that it takes (None: it goes by time), and its operations by the names of their results.
    Its state is in the `store` of a `stream`; it `emits` "final" or "current" results, and the event time of its "key"
    or of the whole "partition" closes it.
    """

    kind: str
    definition: Any
    count: int | None
    operations: Mapping[str, Any]
    stream: str
    store: str
    emits: str = "final"
    closed_by: str = "key"


def columns_of(operations: Iterable[Any]) -> dict[str, str]:
    """Returns the fields that aggregations such as `Mean("temperature")` read, each with what follows without it."""
    named = [(each.column, type(each).__name__) for each in operations if getattr(each, "column", None)]
    return {column: f'{name}("{column}") has nothing to compute' for column, name in named}
