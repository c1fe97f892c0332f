"""What a pipeline has read and written."""

from __future__ import annotations

from dataclasses import astuple, dataclass


@dataclass
class Totals:
    """Records that a pipeline has read, records that it has written, and dead letters."""

    records_in: int = 0
    records_out: int = 0
    dead_letters: int = 0

    def __add__(self, other: Totals) -> Totals:
        return Totals(*map(sum, zip(astuple(self), astuple(other), strict=True)))
