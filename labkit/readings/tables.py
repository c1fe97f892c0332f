"""A student's own readings: a CSV file, a DataFrame, or any iterable of dicts."""

from __future__ import annotations

import contextlib
import csv
import datetime
from collections.abc import Iterable, Iterator, Mapping, Sized
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from labkit.errors import LabError
from labkit.readings.devices import now
from labkit.readings.reading import COLUMNS, BadReading, check

if TYPE_CHECKING:
    import pandas as pd

HOUR = 3_600_000  # milliseconds; the broker's log.message.timestamp.after.max.ms


def read(
    source: str | PathLike[str] | pd.DataFrame | Iterable[Mapping[str, Any]],
) -> Iterable[dict[str, Any]]:
    """Check and return the readings in a CSV file (its path), a DataFrame or an iterable.

    `timestamp` may be epoch milliseconds or a time (ISO 8601 text or a datetime; UTC if it names no zone); further
    columns are kept. Finite sources are checked completely before anything is returned, generators one reading at
    a time. Raises LabError with the row (the first is row 1) and the column.
    """
    if isinstance(source, str | PathLike):
        source = _read_csv(Path(source))
    if hasattr(source, "to_dict") and hasattr(source, "columns"):
        _require_columns(source.columns)
        return list(_checked(source.to_dict("records")))
    if not isinstance(source, Iterable):
        raise LabError(f"Cannot read readings from {type(source).__name__}: give a CSV path, a DataFrame or dicts.")
    rows = _checked(source)
    return list(rows) if isinstance(source, Sized) else rows


def _read_csv(path: Path) -> list[dict[str, Any]]:
    """Read row by row: pandas gives a whole column one type, so one bad cell would affect the rows above it."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            table = csv.DictReader(file)
            columns, rows = table.fieldnames, list(table)
    except FileNotFoundError:
        raise LabError(f"There is no file {path}.") from None
    except OSError as error:
        raise LabError(f"Cannot read {path}: {error.strerror}.") from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise LabError(f"{path} is not a CSV table: {error}.") from None
    if not columns:
        raise LabError(f"{path} is empty: its first line must name the columns.")
    _require_columns(columns)
    for number, row in enumerate(rows, start=1):
        if None in row:
            raise LabError(f"Row {number} has more cells than there are columns.")
    return [{column: text if column == "device" else _number(text) for column, text in row.items()} for row in rows]


def _number(text: str | None) -> Any:
    """The content of a CSV cell: a number if it is one, else the text."""
    for kind in (int, float):
        with contextlib.suppress(ValueError, TypeError):
            return kind(text)  # type: ignore[arg-type]
    return text


def _require_columns(columns: Iterable[object]) -> None:
    present = list(columns)
    if absent := [column for column in COLUMNS if column not in present]:
        raise LabError(f"Column {', '.join(absent)} is missing; the columns must be {', '.join(COLUMNS)}.")


def _checked(rows: Iterable[Any]) -> Iterator[dict[str, Any]]:
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, Mapping):
            raise LabError(f"Row {number} is a {type(row).__name__}, not a dict with {', '.join(COLUMNS)}.")
        reading = {str(column): _plain(value) for column, value in row.items()}
        if "timestamp" in reading:
            reading["timestamp"] = milliseconds(reading["timestamp"])
        try:
            check(reading)
        except BadReading as reason:
            raise LabError(f"Row {number}: {reason}.") from None
        if reading["timestamp"] > now() + HOUR:
            raise LabError(f"Row {number}: timestamp is more than an hour ahead, and Kafka rejects such records.")
        if not _can_be_sent(reading):
            column = next(column for column, value in reading.items() if not _can_be_sent(value))
            raise LabError(f"Row {number}: {column} is a {type(reading[column]).__name__} which JSON cannot represent.")
        yield reading


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


def milliseconds(value: Any) -> Any:
    """Epoch milliseconds, if this is a datetime or ISO 8601 text (UTC if it names no zone); else the value itself."""
    if isinstance(value, str):
        try:
            value = datetime.datetime.fromisoformat(value)
        except ValueError:
            return value  # the check says what is wrong with it
    if isinstance(value, float) and value.is_integer():  # in a DataFrame, integers with a gap become floats
        return int(value)
    if isinstance(value, datetime.datetime):
        zoned = value if value.tzinfo else value.replace(tzinfo=datetime.UTC)
        return (zoned - datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)) // datetime.timedelta(milliseconds=1)
    return value
