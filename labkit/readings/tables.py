"""A student's own data: a CSV or JSON file, a DataFrame, or any iterable of dicts."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass, field
from os import PathLike
from typing import TYPE_CHECKING, Any

from labkit.errors import LabError
from labkit.readings import times
from labkit.readings.columns import KEY, READINGS, TIME, Columns, Found, alike
from labkit.readings.devices import now
from labkit.readings.item import Item
from labkit.readings.making import Maker
from labkit.readings.opening import Opened, opened

if TYPE_CHECKING:
    import pandas as pd


@dataclass
class SoFar:
    """What is known once rows have come: how many were `left_out`, as they had nothing in the columns of these `names`,
    and for what the `times` of a generator's rows were taken.
    """

    names: Sequence[str] = ()
    left_out: int = 0
    times: str = ""

    def notes(self) -> Iterator[str]:
        if self.times:
            yield self.times
        if self.left_out:
            rows_were = "row was" if self.left_out == 1 else "rows were"
            yield f"{self.left_out} {rows_were} left out, without {' or '.join(self.names)}"


@dataclass(frozen=True)
class Table:
    """Items in order: a list, unless they come from a generator or get the time at which they are produced.

    `keys` are those known before the first item; `assumed` says what was taken for what.
    """

    items: Iterable[Item]
    keys: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    holds_readings: bool = True
    is_timed: bool = True
    so_far: SoFar = field(default_factory=SoFar)

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed, and what has been left out so far."""
        return (*self.assumed, *self.so_far.notes())


def read(
    source: str | PathLike[str] | pd.DataFrame | Iterable[Mapping[str, Any]],
    columns: Columns = READINGS,
    replayed: bool = False,
) -> Table:
    """Check and return the rows of a CSV or JSON file (its path), a DataFrame or an iterable of dicts as items.

    The time may be in any usual form (see `times`; UTC if it names no zone). Each value is the row as it is; only
    readings get their timestamp in epoch milliseconds. What is missing is None. Rows without key or time are left out,
    and counted in the notes. Finite sources are checked completely before anything is returned, generators one row at a
    time. Raises LabError with the row (the first is row 1) and the column; also for a time that Kafka would reject,
    unless the rows will be `replayed`.
    """
    found = opened(source, columns)
    if found.names or isinstance(found.rows, Sized):
        return _complete(found, columns, replayed)
    so_far, is_timed = SoFar(), columns.time is not None
    items = _as_they_come(found.rows, columns, replayed, so_far)
    notes = tuple(_absent(columns.key, columns.time))
    return Table(items if is_timed else _timed_now(items), (), notes, columns.of_readings, is_timed, so_far)


def _complete(given: Opened, columns: Columns, replayed: bool) -> Table:
    """Returns the table of a finite source."""
    rows = [columns.plain(row, number) for number, row in enumerate(given.rows, start=1)]
    if not rows:
        below = " below the names of the columns" if given.names else ""
        return Table([], assumed=(*given.notes, f"there are no rows{below}"), holds_readings=columns.of_readings)
    names = given.names or dict.fromkeys(name for row in rows for name in row)
    found = columns.among(names)
    places = [found.of(row, number) for number, row in enumerate(rows, start=1)]
    maker = Maker(found, places, replayed)
    numbered = enumerate(zip(rows, places, strict=True), start=1)
    items = [maker.item(row, place, number) for number, (row, place) in numbered if not found.lacking(place)]
    notes = (*given.notes, *_of_names(names), *_notes(columns, maker, items, given.is_file, replayed))
    keys = tuple(dict.fromkeys(item.key for item in items if item.key is not None))
    so_far, is_timed = SoFar(found.names, len(rows) - len(items)), found.time is not None
    return Table(items if is_timed else _timed_now(items), keys, notes, columns.of_readings, is_timed, so_far)


def _as_they_come(rows: Iterable[Any], columns: Columns, replayed: bool, so_far: SoFar) -> Iterator[Item]:
    """Yields the rows of a generator: the first says what their columns are, and how their times are written."""
    found: Found | None = None
    maker: Maker | None = None
    for number, each in enumerate(rows, start=1):
        row = columns.plain(each, number)
        found = found or _found(row, columns)
        place = found.of(row, number)
        if found.lacking(place):
            so_far.names, so_far.left_out = found.names, so_far.left_out + 1
            continue
        maker = maker or Maker(found, [place], replayed)
        item = maker.item(row, place, number)
        if found.time and not maker.written.is_certain:
            so_far.times = f"{found.time.name}: {maker.written.words}"
        yield item


def _found(first: Mapping[str, Any], columns: Columns) -> Found:
    """Returns where the rows of a generator have key and time. Raises LabError if the first has no such columns."""
    found = columns.among(first)
    if missing := found.missing(columns):
        raise LabError(f"Row 1: {' and '.join(missing)} is missing: pass key= or time= of all rows, or None.")
    return found


def _timed_now(items: Iterable[Item]) -> Iterator[Item]:
    """Yields items with the time at which they are asked for."""
    return (item._replace(time=now()) for item in items)


def _of_names(names: Iterable[str]) -> Iterator[str]:
    if similar := alike(names):
        yield f"{' and '.join(similar)} are different columns, though their names differ only in case or spaces"


def _notes(columns: Columns, maker: Maker, items: Sequence[Item], is_file: bool, is_replayed: bool) -> Iterator[str]:
    """Yields what was taken for what, unless it is as in readings that are in no file."""
    found = maker.found
    yield from _absent(found.key, found.time)
    if found.key and not found.key.function and columns.key != KEY:
        yield f"key: {found.key.name}"
    if items and found.time and (is_file or columns.time != TIME or not maker.written.is_certain):
        first, last = (times.shown(pick(item.time for item in items)) for pick in (min, max))
        yield f"{found.time.name}: {maker.written.words}, {first} to {last}"
    if found.time and not is_replayed and _runs_backwards([item.time for item in items]):
        yield "the newest row comes first, and windows leave out what is late: sort the table by time"
    if gaps := sum(value is None for item in items for value in item.value.values()):
        advice = "" if columns.of_readings else ": in a pipeline, .notnull() leaves such out"
        yield f"{gaps} missing {'value is' if gaps == 1 else 'values are'} null{advice}"


def _runs_backwards(moments: Sequence[int]) -> bool:
    """Whether most rows are older than those before them."""
    steps = [after - before for before, after in itertools.pairwise(moments) if after != before]
    return len(steps) > 1 and sum(step < 0 for step in steps) > 0.9 * len(steps)


def _absent(key: object, time: object) -> Iterator[str]:
    if not key:
        yield "the records have no key, which windows need: pass key= a column, or use group_by"
    if not time:
        yield "the records have the time at which they are produced: pass time= a column if they have their own"
