"""Where a producer's items come from, and at what rate."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from typing import TYPE_CHECKING, Any, Protocol

from labkit.errors import LabError
from labkit.readings.columns import READINGS, Columns
from labkit.readings.item import Item
from labkit.readings.replay import RECORDINGS, Replay, Start, beginning, recorded, started
from labkit.readings.tables import Table, read

if TYPE_CHECKING:
    import pandas as pd

NAME = re.compile(r"[\w-]+")  # of a recording
FACTOR = 3600.0  # an hour in a second


class Source(Protocol):
    """Items and their rate. `devices` are the keys known before the first."""

    devices: tuple[str, ...]
    holds_readings: bool  # whether all values are readings

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed, and what has been left out so far."""
        ...

    def items(self) -> Iterator[Item]:
        """Yields the items that are left: after an interruption it continues where it stopped."""
        ...

    def pause(self) -> float:
        """Seconds from the item yielded last to the next."""
        ...


class Rows:
    """The rows of a table at a steady rate: `per_second` in total, or as fast as possible."""

    def __init__(self, table: Table, per_second: float | None) -> None:
        self.devices, self.holds_readings = table.keys, table.holds_readings
        self.per_second = per_second
        self._table = table
        self._left = iter(table.items)

    @property
    def notes(self) -> tuple[str, ...]:
        return self._table.notes

    def items(self) -> Iterator[Item]:
        return self._left

    def pause(self) -> float:
        """Seconds from one row to the next."""
        rate = self.per_second  # once: another thread may change it
        return 1 / rate if rate else 0.0


def open_source(
    source: str | PathLike[str] | pd.DataFrame | Iterable[Mapping[str, Any]],
    per_second: float | None,
    factor: float | None,
    start: Start | None,
    columns: Columns = READINGS,
) -> Source:
    """Open a recording by its name, or a table; recordings, and tables with a factor, are replayed.

    Raises LabError if the source does not exist, if its rows are not what `columns` says, or if they have no times to
    replay them or to start at.
    """
    if isinstance(source, str) and source in RECORDINGS:
        columns.require_defaults(source)
        rows = map(Item.of, recorded(source, start))
        return Replay(rows, FACTOR if factor is None else factor, notes=started(start))
    if isinstance(source, str) and NAME.fullmatch(source) and not os.path.exists(source):
        raise LabError(f"There is no file or recording {source!r}: the recordings are {', '.join(RECORDINGS)}.")
    table = read(source, columns, replayed=factor is not None)
    if factor is None and start is None:
        return Rows(table, per_second)
    items = _timed(table, start)
    table = replace(table, items=items, assumed=(*table.assumed, *started(start)))
    if factor is None:
        return Rows(table, per_second)
    return Replay(items, factor, notes=table.notes, holds_readings=table.holds_readings)


def _timed(table: Table, start: Start | None) -> Sequence[Item]:
    """Returns the items of a table from a start on. Raises LabError if it has no times, or may have no end."""
    if not table.is_timed:
        raise LabError("Only rows that have times can be replayed, or given a start: pass time= the column of times.")
    if not isinstance(table.items, Sequence):
        raise LabError(
            "A generator cannot be replayed, as it may have no end: make a list of it, or give no factor and no start."
        )
    if start is None or not table.items:
        return table.items
    since = beginning(start, max(item.time for item in table.items), "The table")
    return [item for item in table.items if item.time >= since]
