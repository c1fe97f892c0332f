"""What a producer sends: a reading of the lab's own sensors is one case of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Item(NamedTuple):
    """A record to be: its key, if it has one, its time in epoch milliseconds, and its fields."""

    key: str | None
    time: int
    value: Mapping[str, Any]
    damaged: bool = False  # half of it will be missing when it arrives

    @classmethod
    def of(cls, reading: Mapping[str, Any]) -> Item:
        """Returns a reading as an item, under the name of its device and with its own time."""
        return cls(reading["device"], reading["timestamp"], reading)
