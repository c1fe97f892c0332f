"""What windows leave out without a word: records without a key, and fields that no record has."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from labkit.runs.blame import Line
from labkit.spelling import did_you_mean

SHORTEST = 100  # milliseconds that a window lasts at least, if it is not meant in seconds


class Notes(dict[object, str]):
    """What a pipeline has to say about its records, by whoever says it."""

    def __str__(self) -> str:
        return "; ".join(dict.fromkeys([*self.values()]))  # a copy: another thread may add one


class Watch:
    """Sees every record that goes into a window, and notes what the window leaves out: records without a key, and the
    fields of its aggregations that no record has had so far.

    `without_key` counts the former; `missing` are the latter, each with the name of its aggregation in the `line`.
    """

    def __init__(self, notes: Notes, columns: Mapping[str, str], line: Line | None) -> None:
        """`columns` are the fields, each with the name of its aggregation, which the `line` adds."""
        self._notes, self.line = notes, line
        self.missing = dict(columns)
        self.without_key = 0

    def __call__(self, value: Any, key: Any, timestamp: int, headers: Any) -> None:  # noqa: ARG002
        if key is None:
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
            self._notes[place] = (
                f"{self.missing[column]} has nothing to compute: no record so far has the field {column!r}"
                f"{hint and ': '}{hint}{where}"
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
    """Returns the fields that aggregations such as `Mean("temperature")` read, each with that aggregation as text."""
    named = [(each.column, type(each).__name__) for each in operations if getattr(each, "column", None)]
    return {column: f'{name}("{column}")' for column, name in named}
