"""Times as people write them: epoch seconds to nanoseconds, datetimes, the digits of a date, and dates as text."""

import datetime
import re
from collections.abc import Iterable
from typing import Any

from labkit.errors import LabError
from labkit.readings.dates import Ambiguous, Dates, compact

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
EXAMPLE = "2023-11-14T22:13:20"
# How many of each unit make a millisecond, and from which number on a time is in that unit: from 1973 on.
UNITS = (
    ("seconds", 1 / 1000, 10**8),
    ("milliseconds", 1, 10**11),
    ("microseconds", 1_000, 10**14),
    ("nanoseconds", 1_000_000, 10**17),
)
NUMBER = re.compile(r"[0-9]{8,19}(\.[0-9]*)?")
USUAL = "epoch milliseconds"
ANY_DATE = Dates([])

Unit = tuple[str, float, int]


class Times:
    """How the times of a column are written. Raises LabError if that is not certain."""

    def __init__(self, values: Iterable[Any], column: str) -> None:
        values = [*values]
        numbers = [found for each in values if (found := _number(each)) is not None]
        self._column = column
        self._is_compact = 2 * sum(_compact(each) is not None for each in numbers) > len(numbers)
        self._unit = None if self._is_compact else _unit(numbers, column)
        try:
            self._dates = Dates(each for each in values if isinstance(each, str))
        except Ambiguous as question:
            raise LabError(f"{column} is {question} Write times such as {EXAMPLE} (ISO 8601).") from None
        self._example = ""  # of a number with the digits of a date
        self._ways: dict[str, bool] = {}  # in which a time that was read is written, and whether it names no zone

    def read(self, value: Any) -> Any:
        """Returns a time in epoch milliseconds, or as it is if it is none. Raises LabError for another unit."""
        number = _number(value)
        if number is not None and not self._is_compact:
            if not self._unit or not _has_unit(number, self._unit):
                raise LabError(f"{self._column} is {value}, which has another unit than the first.")
            self._ways[f"epoch {self._unit[0]}"] = False
            return _scaled(number, self._unit[1])
        way, moment = self._moment(value, number)
        if not isinstance(moment, datetime.datetime):
            return value
        self._ways[way] = self._ways.get(way, False) or not moment.tzinfo
        return milliseconds(moment)

    def _moment(self, value: Any, number: int | float | None) -> tuple[str, Any]:
        """Returns how a time is written that is no number of seconds or the like, and the time."""
        if number is not None:
            if not (moment := _compact(number)):
                raise LabError(f"{self._column} is {value}, which is no date, while {self._example or 'others are'}.")
            self._example = self._example or f"{int(number)} is {moment}"
            return self._example, moment
        if isinstance(value, str):
            return self._dates.read(value) or ("", None)
        if type(value) is datetime.date:
            return "dates", datetime.datetime.combine(value, datetime.time())
        return "datetimes", value

    @property
    def words(self) -> str:
        """What has been read so far was taken for this."""
        return " or ".join(f"{way} (UTC)" if is_zoneless else way for way, is_zoneless in self._ways.items())

    @property
    def is_certain(self) -> bool:
        """Whether nothing had to be assumed of what has been read so far."""
        return all(way in (USUAL, "datetimes") and not is_zoneless for way, is_zoneless in self._ways.items())


def milliseconds(value: Any) -> Any:
    """Epoch milliseconds, if this is a datetime or ISO 8601 text (UTC if it names no zone); else the value itself."""
    if isinstance(value, str):
        found = ANY_DATE.read(value)
        value = (
            found[1] if found and found[0] == "ISO 8601" else value
        )  # whoever needs a time says what is wrong with it
    if isinstance(value, datetime.datetime):
        zoned = value if value.tzinfo else value.replace(tzinfo=datetime.UTC)
        return (zoned - EPOCH) // datetime.timedelta(milliseconds=1)
    return value


def shown(timestamp: int) -> str:
    """Returns the day of a time in epoch milliseconds (UTC)."""
    return (EPOCH + datetime.timedelta(milliseconds=timestamp)).date().isoformat()


def _number(value: Any) -> int | float | None:
    if isinstance(value, str):
        text = value.strip()
        return (float(text) if "." in text else int(text)) if NUMBER.fullmatch(text) else None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and value == value else None  # NaN is not itself


def _compact(number: int | float) -> datetime.datetime | None:
    return compact(int(number)) if number % 1 == 0 else None


def _unit(numbers: list[int | float], column: str) -> Unit | None:
    """Returns the unit of these times; None if there is none."""
    found = {_unit_of(each): each for each in numbers}
    if None in found:
        raise LabError(
            f"{column} is {found[None]}, which is no time after 1973 in any unit: give epoch milliseconds, or text "
            f"such as {EXAMPLE}. To times that count from a start, add that start."
        )
    if len(found) > 1:
        one, other, *_ = found.values()
        raise LabError(f"{column} is {one} in one row and {other} in another: they cannot have the same unit.")
    return next(iter(found), None)


def _unit_of(number: int | float) -> Unit | None:
    return next((unit for unit in UNITS if _has_unit(number, unit)), None)


def _has_unit(number: int | float, unit: Unit) -> bool:
    return unit[2] <= number < 1000 * unit[2]  # where the next one begins


def _scaled(number: int | float, per_millisecond: float) -> int:
    """Returns a time in whole milliseconds, rounded down."""
    if per_millisecond < 1:
        return int(number * 1000 + 1e-6)  # as 1700000000.273 is stored as 1700000000.2729998
    return int(number // int(per_millisecond))
