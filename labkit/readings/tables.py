"""A student's own data: a CSV file, a DataFrame, or any iterable of dicts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.errors import LabError
from labkit.readings import files, times
from labkit.readings.columns import KEY, READINGS, TIME, Columns
from labkit.readings.devices import now
from labkit.readings.item import Item
from labkit.readings.making import Maker

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Table:
    """Items in order: a list, unless they come from a generator or get the time at which they are produced.

    `keys` are those known before the first item; `notes` say what was assumed.
    """

    items: Iterable[Item]
    keys: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    holds_readings: bool = True
    is_timed: bool = True

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)


@dataclass(frozen=True)
class Opened:
    """The rows of a source; of a file or a DataFrame also the names of its columns."""

    rows: Iterable[Any]
    names: Collection[str] = ()
    notes: Sequence[str] = ()


def read(
    source: str | PathLike[str] | pd.DataFrame | Iterable[Mapping[str, Any]],
    columns: Columns = READINGS,
    replayed: bool = False,
) -> Table:
    """Check and return the rows of a CSV file (its path), a DataFrame or an iterable of dicts as items.

    The time may be in any usual form (see `times`; UTC if it names no zone). Each value is the row as it is; only
    readings get their timestamp in epoch milliseconds. What is missing is None. Rows without key or time are left out,
    and counted in the notes. Finite sources are checked completely before anything is returned, generators one row at a
    time. Raises LabError with the row (the first is row 1) and the column; also for a time that Kafka would reject,
    unless the rows will be `replayed`.
    """
    opened = _opened(source, columns)
    if opened.names or isinstance(opened.rows, Sized):
        return _complete(opened, columns, replayed)
    items, is_timed = _as_they_come(opened.rows, columns, replayed), columns.time is not None
    notes = tuple(_absent(columns.key, columns.time))
    return Table(items if is_timed else _timed_now(items), (), notes, columns.of_readings, is_timed)


def _complete(opened: Opened, columns: Columns, replayed: bool) -> Table:
    """Returns the table of a finite source."""
    rows = [columns.plain(row, number) for number, row in enumerate(opened.rows, start=1)]
    if not rows:
        return Table([], holds_readings=columns.of_readings)
    found = columns.among(opened.names or dict.fromkeys(name for row in rows for name in row))
    places = [found.of(row, number) for number, row in enumerate(rows, start=1)]
    maker = Maker(found, places, replayed)
    numbered = enumerate(zip(rows, places, strict=True), start=1)
    items = [maker.item(row, place, number) for number, (row, place) in numbered if not found.lacking(place)]
    notes = (*opened.notes, *_notes(columns, maker, items))
    if left_out := len(rows) - len(items):
        rows_were = "row was" if left_out == 1 else "rows were"
        notes += (f"{left_out} {rows_were} left out, without {' or '.join(found.names)}",)
    keys = tuple(dict.fromkeys(item.key for item in items if item.key is not None))
    return Table(items if found.time else _timed_now(items), keys, notes, columns.of_readings, found.time is not None)


def _as_they_come(rows: Iterable[Any], columns: Columns, replayed: bool) -> Iterator[Item]:
    """Yields the rows of a generator; their columns, and how their times are written, are those of the first."""
    maker: Maker | None = None
    for number, each in enumerate(rows, start=1):
        row = columns.plain(each, number)
        found = maker.found if maker else columns.among(row)
        place = found.of(row, number)
        maker = maker or Maker(found, [place], replayed)
        if lacking := [*found.missing(columns), *found.lacking(place)]:
            raise LabError(
                f"Row {number}: {' and '.join(lacking)} is missing: pass key= or time= of all rows, or None."
            )
        yield maker.item(row, place, number)


def _timed_now(items: Iterable[Item]) -> Iterator[Item]:
    """Yields items with the time at which they are asked for."""
    return (item._replace(time=now()) for item in items)


def _notes(columns: Columns, maker: Maker, items: Sequence[Item]) -> Iterator[str]:
    """Yields what was taken for what, unless it is as in readings."""
    found = maker.found
    yield from _absent(found.key, found.time)
    if found.key and not found.key.function and columns.key != KEY:
        yield f"key: {found.key.name}"
    if items and found.time and (maker.written.words or columns.time != TIME):
        first, last = (times.shown(pick(item.time for item in items)) for pick in (min, max))
        yield f"{found.time.name}: {', '.join(filter(None, [maker.written.words, f'{first} to {last}']))}"
    if gaps := sum(value is None for item in items for value in item.value.values()):
        advice = "" if columns.of_readings else ": in a pipeline, .notnull() leaves such out"
        yield f"{gaps} missing {'value is' if gaps == 1 else 'values are'} null{advice}"


def _absent(key: object, time: object) -> Iterator[str]:
    if not key:
        yield "the records have no key, which windows need: pass key= a column, or use group_by"
    if not time:
        yield "the records have the time at which they are produced: pass time= a column if they have their own"


def _opened(source: Any, columns: Columns) -> Opened:
    if isinstance(source, str | PathLike):
        return _of_file(Path(source).expanduser(), columns)
    if hasattr(source, "to_dict") and hasattr(source, "columns"):
        return _of_frame(source, columns)
    if not isinstance(source, Iterable):
        raise LabError(f"Cannot read rows from {type(source).__name__}: give a CSV path, a DataFrame or dicts.")
    return Opened(source)


def _of_file(path: Path, columns: Columns) -> Opened:
    sheet = files.read(path)
    sheet = replace(sheet, columns=columns.named(sheet.columns))
    return Opened(sheet.records(texts=columns.keys_among(sheet.columns)), sheet.columns, sheet.notes)


def _of_frame(frame: Any, columns: Columns) -> Opened:
    frame = _with_index(frame, columns)
    names = [*map(str, frame.columns)]
    files.require_different(names)
    names = columns.named(names)
    return Opened(frame.set_axis(names, axis=1).to_dict("records"), names)


def _with_index(frame: Any, columns: Columns) -> Any:
    """Returns a DataFrame with its index as columns, if that has the key or the time."""
    wanted = {each for each in (columns.key, columns.time) if isinstance(each, str)} - set(frame.columns)
    if wanted & set(frame.index.names):
        return frame.reset_index()
    if columns.time in wanted and hasattr(frame.index, "tz_localize"):
        return frame.rename_axis(index=columns.time).reset_index()
    return frame
