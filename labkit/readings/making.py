"""How a row of a table becomes an item."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

import orjson

from labkit.errors import LabError
from labkit.readings import times
from labkit.readings.columns import Found, Place
from labkit.readings.devices import now
from labkit.readings.item import Item
from labkit.readings.plain import can_be_sent, not_sent
from labkit.readings.reading import LAST_TIMESTAMP, BadReading, check

HOUR = 3_600_000  # milliseconds; the broker's log.message.timestamp.after.max.ms
MEASURED = ("temperature", "humidity")  # may be missing, as in real data
ROUNDED = re.compile(r"[0-9][.,][0-9]+E\+[0-9]+")  # as 356938035643809 is shown
CLOCK = re.compile(r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?")
WITH_A_DATE = "It has no date: join the two, as in time=lambda row: row['date'] + ' ' + row['clock']."
HOW_TO_WRITE = f"Write times such as {times.EXAMPLE} (ISO 8601)."


class Maker:
    """Makes items of the rows of a table, whose times are all written as those at these places.

    Rows without times get the time 0. Rows that will be `replayed` may be of any time. Raises LabError if it is not
    certain how the times are written.
    """

    def __init__(self, found: Found, places: Iterable[Place], replayed: bool) -> None:
        self.found = found
        self.written = times.Times([place.time for place in places], found.time.name if found.time else "")
        self._latest = math.inf if replayed else now() + HOUR
        self._earliest = -math.inf if replayed else 1  # Kafka's client takes 0 for now

    def item(self, row: dict[str, Any], place: Place, number: int) -> Item:
        """Returns a plain row as an item. Raises LabError, naming row and column, if it cannot be sent as one."""
        time = self._time(self.found.time.name, place.time, number) if self.found.time else 0
        if self.found.of_readings:
            row["timestamp"] = time
            _require_reading(row, number)
        for name, value in () if can_be_sent(row) else row.items():
            if not can_be_sent(value):
                raise LabError(f"Row {number}: {not_sent(value, name)}.")
        return Item(_key(self.found.key.name, place.key, number) if self.found.key else None, time, row)

    def _time(self, name: str, written: Any, number: int) -> int:
        time = self.written.read(written)
        if type(time) is not int:
            how = WITH_A_DATE if isinstance(written, str) and CLOCK.fullmatch(written.strip()) else HOW_TO_WRITE
            raise LabError(f"Row {number}: {name} is {written!r}, not a time. {how}")
        if not self._earliest <= time <= LAST_TIMESTAMP:
            raise LabError(f"Row {number}: {name} is {written!r}: only a replay, with a factor, can be of such a time.")
        if time > self._latest:
            raise LabError(
                f"Row {number}: {name} is more than an hour ahead, and Kafka rejects such records: give a factor to "
                "replay them."
            )
        return time


def _key(name: str, value: Any, number: int) -> str:
    """Returns a key as text: a number or a truth value as JSON has it."""
    if not isinstance(value, str | int | float) or not can_be_sent(value):
        raise LabError(f"Row {number}: {name} is a {type(value).__name__}, but a key is a text or a number.")
    if isinstance(value, str) and ROUNDED.fullmatch(value):
        raise LabError(f"Row {number}: {name} is {value}, which a spreadsheet has rounded: export the table once more.")
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _require_reading(row: dict[str, Any], number: int) -> None:
    gaps = dict.fromkeys((name for name in MEASURED if row[name] is None), 0)
    try:
        check(row | gaps if gaps else row)
    except BadReading as reason:
        raise LabError(f"Row {number}: {reason}.") from None
