"""Where readings come from, and at what rate."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from labkit.errors import LabError
from labkit.readings.replay import RECORDINGS, Replay, recorded
from labkit.readings.tables import Table, read

if TYPE_CHECKING:
    import datetime

    import pandas as pd

FACTOR = 3600.0  # an hour in a second


class Source(Protocol):
    """Readings and their rate. `notes` say what was assumed about them."""

    devices: tuple[str, ...]
    notes: tuple[str, ...]

    def __iter__(self) -> Iterator[Any]: ...

    def pause(self) -> float:
        """Seconds from the reading yielded last to the next."""
        ...


class Rows:
    """A student's own readings at a steady rate: `per_second` in total, or as fast as possible."""

    def __init__(self, table: Table, per_second: float | None) -> None:
        rows = table.rows
        self.devices = tuple(dict.fromkeys(row["device"] for row in rows)) if isinstance(rows, Sized) else ()
        self.notes = table.notes
        self.per_second = per_second
        self._left = iter(rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Continue where the last iteration stopped."""
        return self._left

    def pause(self) -> float:
        """Seconds from one reading to the next."""
        rate = self.per_second  # once: another thread may change it
        return 1 / rate if rate else 0.0


def open_source(
    source: str | PathLike[str] | pd.DataFrame | Iterable[Mapping[str, Any]],
    per_second: float | None,
    factor: float | None,
    start: str | datetime.datetime | None,
) -> Source:
    """Open a recording by its name, or the rows of a table; recordings, and tables with a factor, are replayed.

    Raises LabError if the source does not exist, or if its rows are not valid readings.
    """
    if isinstance(source, str) and source in RECORDINGS:
        return Replay(recorded(source, start), FACTOR if factor is None else factor)
    if start is not None:
        raise LabError(
            f"start is only for a recording ({', '.join(RECORDINGS)}): leave out the earlier rows of a table yourself."
        )
    if isinstance(source, str) and not Path(source).suffix and not os.path.exists(Path(source).expanduser()):
        raise LabError(f"There is no file or recording {source!r}: the recordings are {', '.join(RECORDINGS)}.")
    table = read(source)
    if factor is None:
        return Rows(table, per_second)
    if not isinstance(table.rows, Sequence):
        raise LabError("A generator cannot be replayed, as it may have no end: make a list of it, or give no factor.")
    return Replay(table.rows, factor, notes=table.notes)
