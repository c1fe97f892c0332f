"""Which columns of a table are the key and the time of its records."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any, NamedTuple

from labkit.errors import LabError
from labkit.readings.gaps import is_gap
from labkit.readings.plain import plain, plain_row, plain_text
from labkit.readings.reading import COLUMNS, OWN
from labkit.spelling import did_you_mean

KEY, TIME = "device", "timestamp"  # those of readings
ELSEWHERE = 'Rows of any other shape go into a topic of your own: pass writes=, such as writes="levels".'

Row = Mapping[str, Any]
Chosen = str | Callable[[Row], Any] | None


@dataclass(frozen=True)
class Columns:
    """What is the key of a record, and what its time: a column, a function of the row, or nothing.

    The two columns of readings may be missing in other rows: then there is nothing. With `of_readings` all rows must be
    readings.
    """

    key: Chosen = KEY
    time: Chosen = TIME
    of_readings: bool = True

    def __post_init__(self) -> None:
        for use, chosen, example in (("key", self.key, "station"), ("time", self.time, "measured")):
            if not (chosen is None or isinstance(chosen, str) or callable(chosen)):
                raise LabError(
                    f"{use} is {chosen!r:.60}, of type {type(chosen).__name__}: give the name of one column as text, "
                    f'such as {use}="{example}", a function of the row, or None.'
                )

    @classmethod
    def of_topic(cls, topic: str, key: Chosen, time: Chosen) -> Columns:
        """Returns the columns for a topic. Raises LabError if it is one of the lab's own, and these are not theirs."""
        columns = cls(key, time, topic in OWN)
        if columns.of_readings:
            columns.require_defaults(topic)
        return columns

    def require_defaults(self, name: str) -> None:
        """Raises LabError if another key or time has been chosen for what holds readings."""
        if (self.key, self.time) != (KEY, TIME):
            raise LabError(f"{name} holds readings, whose key is {KEY} and whose time is {TIME}. {ELSEWHERE}")

    def plain(self, row: Any, number: int) -> dict[str, Any]:
        """Returns a row with plain values. Raises LabError if it is none, or lacks a column that readings have."""
        if not isinstance(row, Mapping):
            raise LabError(f"Row {number} is {_of_a_kind(row)}, not a dict with the names of columns{_hint(row)}.")
        found = plain_row(row)
        if self.of_readings and (absent := [column for column in COLUMNS if column not in found]):
            raise LabError(f"Row {number}: {', '.join(absent)} is missing. {ELSEWHERE}")
        return found

    def named(self, names: Sequence[str]) -> list[str]:
        """Returns the names of columns; those of readings as readings have them, whatever their case in the table.

        Raises LabError if readings lack one of theirs.
        """
        if not self.of_readings:
            return [*names]
        found = {column: _alike(column, names) for column in COLUMNS}
        if absent := [column for column, name in found.items() if name is None]:
            wanted = ", ".join(COLUMNS)
            raise LabError(f"Column {', '.join(absent)} is missing; the columns must be {wanted}. {ELSEWHERE}")
        back = {name: column for column, name in found.items()}
        return [back.get(name, name) for name in names]

    def keys_among(self, names: Collection[str]) -> list[str | None]:
        """Returns the column of keys, which are texts even if they look like numbers."""
        return [_alike(self.key, names)] if isinstance(self.key, str) else []

    def among(self, names: Collection[str]) -> Found:
        """Returns where key and time are in a table with columns of these names. Raises LabError if one is missing."""
        return Found(_column("key", self.key, KEY, names), _column("time", self.time, TIME, names), self.of_readings)


READINGS = Columns()


def _of_a_kind(row: Any) -> str:
    return f"the text {row!r:.40}" if isinstance(row, str) else f"a {type(row).__name__}"


def _hint(row: Any) -> str:
    """Returns how a row that is no dict becomes one; empty if nobody knows."""
    if isinstance(row, str | PathLike):
        return ": to read a file, give its path alone"
    if hasattr(row, "_fields"):
        return ": dict(zip(row._fields, row)) makes one"
    if dataclasses.is_dataclass(row):
        return ": dataclasses.asdict(row) makes one"
    if hasattr(row, "to_dict") and hasattr(row, "columns"):
        return ": give pd.concat(...) of the DataFrames"
    if isinstance(row, list | tuple) or type(row).__name__ in ("ndarray", "record", "void"):
        return ": give the DataFrame of pd.DataFrame(rows, columns=[...])"
    return ""


@dataclass(frozen=True)
class Column:
    """Where each row has its key or its time: in the column of that name, or in what a function of it returns."""

    name: str
    function: Callable[[Row], Any] | None = None

    def of(self, row: Row, number: int) -> Any:
        """Returns what the row with that number has there. Raises LabError if the function fails."""
        if not self.function:
            return row.get(self.name)
        try:
            return plain(self.function(row))
        except Exception as error:
            raise LabError(f"Row {number}: {self.name} failed: {type(error).__name__}: {error}") from error


class Place(NamedTuple):
    """The key and the time of a row, as they are written there."""

    key: Any
    time: Any


@dataclass(frozen=True)
class Found:
    """Where the rows of a table have their key and their time; None if they have none."""

    key: Column | None
    time: Column | None
    of_readings: bool

    def of(self, row: Row, number: int) -> Place:
        """Returns the place of a row."""
        return Place(self.key and self.key.of(row, number), self.time and self.time.of(row, number))

    def lacking(self, place: Place) -> list[str]:
        """Returns which of key and time a row should have, and does not; a key may be called NA."""
        gaps = (
            place.key in (None, ""),
            place.time is None or (isinstance(place.time, str) and is_gap(place.time, True)),
        )
        pairs = zip((self.key, self.time), gaps, strict=True)
        return [column.name for column, is_missing in pairs if column and is_missing]

    def missing(self, columns: Columns) -> list[str]:
        """Returns which columns were wanted and are not there."""
        pairs = ((self.key, columns.key), (self.time, columns.time))
        return [chosen for column, chosen in pairs if isinstance(chosen, str) and not column]

    @property
    def names(self) -> list[str]:
        return [each.name for each in (self.key, self.time) if each]


def _column(use: str, chosen: Chosen, default: str, names: Collection[str]) -> Column | None:
    if not isinstance(chosen, str):
        return Column(use, chosen) if chosen else None
    name = _alike(chosen, names)
    if name is None and chosen != default:
        hint = did_you_mean(chosen, names)
        raise LabError(
            f"There is no column {chosen!r} for the {use}{f': {hint}' if hint else '.'} "
            f"The columns are {', '.join(names)}."
        )
    return Column(name) if name is not None else None


def _alike(name: str, names: Collection[str]) -> str | None:
    """Returns the column of this name, else the one that differs only in case and spaces. Raises LabError for two."""
    if name in names:
        return name
    wanted = _folded(name)
    found = [each for each in names if _folded(each) == wanted]
    if len(found) > 1:
        raise LabError(f"Which column is {name!r}: {' or '.join(map(repr, found))}? Write it as it is in the table.")
    return next(iter(found), None)


def _folded(name: str) -> str:
    return plain_text(name).casefold()


def alike(names: Iterable[str]) -> list[str]:
    """Returns the names of columns that differ from those of others only in case and spaces."""
    many = Counter(map(_folded, names := [*names]))
    return [each for each in names if each and many[_folded(each)] > 1]
