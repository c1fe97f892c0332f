"""A student's own readings: a CSV file, a DataFrame, or any iterable of dicts."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from labkit.errors import LabError
from labkit.readings import files, times
from labkit.readings.devices import now
from labkit.readings.reading import COLUMNS, BadReading, check
from labkit.readings.times import Times

if TYPE_CHECKING:
    import pandas as pd

HOUR = 3_600_000  # milliseconds; the broker's log.message.timestamp.after.max.ms
MEASURED = ("temperature", "humidity")  # may be missing, as in real data
NEEDED = tuple(column for column in COLUMNS if column not in MEASURED)  # to write a reading at all


@dataclass(frozen=True)
class Table:
    """Readings in order: a list, unless they come from a generator. `notes` say what was assumed about them."""

    rows: Iterable[dict[str, Any]]
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows)


def read(source: str | PathLike[str] | pd.DataFrame | Iterable[Mapping[str, Any]]) -> Table:
    """Check and return the readings in a CSV file (its path), a DataFrame or an iterable.

    `timestamp` may be a time in any usual form (see `times`; UTC if it names no zone); further columns are kept. A
    temperature or humidity that is missing is None. Rows without device or timestamp are left out, and counted in the
    notes. Finite sources are checked completely before anything is returned, generators one reading at a time. Raises
    LabError with the row (the first is row 1) and the column.
    """
    notes: list[str] = []
    if isinstance(source, str | PathLike):
        sheet = files.read(Path(source).expanduser())
        notes, source = sheet.notes, [*_named(sheet.records(texts=("device", "Device")), sheet.columns)]
    elif hasattr(source, "to_dict") and hasattr(source, "columns"):
        frame = _with_time_as_column(source)
        source = [*_named(frame.to_dict("records"), [*map(str, frame.columns)])]
    if not isinstance(source, Iterable):
        raise LabError(f"Cannot read readings from {type(source).__name__}: give a CSV path, a DataFrame or dicts.")
    if not isinstance(source, Sized):
        return Table(_as_they_come(source))
    rows = [_plain_row(row, number) for number, row in enumerate(source, start=1)]
    written = times.of([row.get("timestamp") for row in rows], "timestamp")
    found = [_checked(row, number, written) for number, row in enumerate(rows, start=1) if not _lacks(row)]
    return Table(found, (*notes, *_notes(found, len(rows) - len(found), written)))


def _as_they_come(rows: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Yields the readings of a generator, whose times are written as that of the first."""
    left = iter(rows)
    for first in left:
        one = _plain_row(first, 1)
        written = times.of([one.get("timestamp")], "timestamp")
        for number, row in enumerate(itertools.chain([first], left), start=1):
            yield _checked(_plain_row(row, number), number, written)


def _notes(rows: Sequence[Mapping[str, Any]], left_out: int, written: Times) -> Iterator[str]:
    if rows and written.words:
        stamps = [row["timestamp"] for row in rows]
        yield f"timestamp: {written.words}, {times.shown(min(stamps))} to {times.shown(max(stamps))}"
    gaps = sum(row[name] is None for row in rows for name in MEASURED)
    if gaps:
        yield f"{gaps} values are missing: they are null"
    if left_out:
        yield f"{left_out} rows without device or timestamp were left out"


def _with_time_as_column(frame: Any) -> Any:
    """Returns a DataFrame with its index as a column, if that has the times."""
    is_time = frame.index.name == "timestamp" or hasattr(frame.index, "tz_localize")
    if "timestamp" in frame.columns or not is_time:
        return frame
    return frame.rename_axis(index="timestamp").reset_index()


def _named(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yields rows under the names that readings have, whatever the case of those in the table.

    Raises LabError if a column is missing.
    """
    by_name = {each.strip().casefold(): each for each in reversed(columns)}
    names = {by_name[column]: column for column in COLUMNS if column not in columns and column in by_name}
    if absent := [column for column in COLUMNS if column not in {*columns, *names.values()}]:
        raise LabError(f"Column {', '.join(absent)} is missing; the columns must be {', '.join(COLUMNS)}.")
    return ({names.get(str(name), str(name)): value for name, value in row.items()} for row in rows)


def _plain_row(row: Any, number: int) -> dict[str, Any]:
    if not isinstance(row, Mapping):
        raise LabError(f"Row {number} is a {type(row).__name__}, not a dict with {', '.join(COLUMNS)}.")
    plain = {str(column): _plain(value) for column, value in row.items()}
    return plain | {name: None for name in MEASURED if name in plain and plain[name] != plain[name]}  # NaN


def _lacks(row: Mapping[str, Any]) -> bool:
    """Whether a row names no device or no time, though it has these columns."""
    return any(name in row and (row[name] is None or row[name] == "" or row[name] != row[name]) for name in NEEDED)


def _checked(row: dict[str, Any], number: int, written: Times) -> dict[str, Any]:
    reading = {**row, "timestamp": written.read(row["timestamp"])} if "timestamp" in row else row
    gaps = dict.fromkeys((name for name in MEASURED if name in reading and reading[name] is None), 0)
    try:
        check(reading | gaps)
    except BadReading as reason:
        is_time = "timestamp" in reading and "timestamp is " in str(reason)
        hint = f" Write times such as {times.EXAMPLE} (ISO 8601)." if is_time else ""
        raise LabError(f"Row {number}: {reason}.{hint}") from None
    if reading["timestamp"] > now() + HOUR:
        raise LabError(f"Row {number}: timestamp is more than an hour ahead, and Kafka rejects such records.")
    if not _can_be_sent(reading):
        column = next(column for column, value in reading.items() if not _can_be_sent(value))
        raise LabError(f"Row {number}: {column} is a {type(reading[column]).__name__} which JSON cannot represent.")
    return reading


def _plain(value: Any) -> Any:
    """A NumPy scalar or pandas Timestamp as a plain Python value, as JSON needs it."""
    if hasattr(value, "to_pydatetime"):
        return value.to_pydatetime(warn=False) if value == value else None  # NaT is not itself
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        return (value.astype("datetime64[us]") if value.dtype.kind == "M" else value).item()
    return value


def _can_be_sent(value: Any) -> bool:
    try:
        orjson.dumps(value)
    except TypeError:
        return False
    return True
