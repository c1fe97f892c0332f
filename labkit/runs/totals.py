"""What a pipeline has read and written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Totals:
    """Records that a pipeline has read, records that it has written, and those that it could not read, by topic."""

    records_in: int = 0
    records_out: int = 0
    unreadable: dict[str, int] = field(default_factory=dict)

    @property
    def dead_letters(self) -> int:
        return sum(self.unreadable.values())

    @property
    def numbers(self) -> tuple[int, int, int]:
        """Records read, records written, dead letters."""
        return self.records_in, self.records_out, self.dead_letters

    def __add__(self, other: Totals) -> Totals:
        unreadable = Counter(self.unreadable) + Counter(other.unreadable)
        return Totals(self.records_in + other.records_in, self.records_out + other.records_out, {**unreadable})
