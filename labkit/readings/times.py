"""Times as people write them: epoch seconds to nanoseconds, ISO 8601, datetimes, and the dates of some countries."""

import datetime
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from labkit.errors import LabError

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
EXAMPLE = "2023-11-14T22:13:20"
# How many of each unit make a millisecond, and from which number on a time is in that unit: from 1973 on.
UNITS = (
    ("seconds", 1 / 1000, 10**8),
    ("milliseconds", 1, 10**11),
    ("microseconds", 1_000, 10**14),
    ("nanoseconds", 1_000_000, 10**17),
)
LAST = 10**20
NUMBER = re.compile(r"[0-9]{9,19}(\.[0-9]*)?")
DATE = re.compile(r"(?P<first>\d{1,2})(?P<mark>[./-])(?P<second>\d{1,2})(?P=mark)(?P<year>\d{4})[ ,T]*(?P<clock>.*)")
CLOCKS = ("%H:%M:%S.%f", "%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "")


@dataclass(frozen=True)
class Times:
    """How the times of a column are written. `read` returns one in epoch milliseconds, or as it is if it is none, and
    raises LabError for a number in another unit.
    """

    read: Callable[[Any], Any]
    words: str = ""  # what was assumed, if anything


def of(values: Iterable[Any], column: str) -> Times:
    """Returns how these times of a column are written. Raises LabError if that is not certain."""
    numbers = [found for each in values if (found := _number(each)) is not None]
    dates = [date for each in values if isinstance(each, str) and (date := DATE.fullmatch(each.strip()))]
    unit = _unit(numbers, column)
    day_first = _day_first(dates, column)

    def read(value: Any) -> Any:
        number = _number(value)
        if number is not None:
            if not unit or _unit_of(number) != unit:
                raise LabError(f"{column} is {value}, which has another unit than the first.")
            return _scaled(number, unit[1])
        date = DATE.fullmatch(value.strip()) if isinstance(value, str) else None
        return _of_date(date, day_first) if date else milliseconds(value)

    words = [f"epoch {unit[0]}"] if unit and unit[0] != "milliseconds" else []
    words += ["day, month, year" if day_first else "month, day, year"] if dates else []
    return Times(read, " or ".join(words))


def milliseconds(value: Any) -> Any:
    """Epoch milliseconds, if this is a datetime or ISO 8601 text (UTC if it names no zone); else the value itself."""
    if isinstance(value, str):
        try:
            value = datetime.datetime.fromisoformat(value.strip().replace("/", "-"))
        except ValueError:
            return value  # whoever needs a time says what is wrong with it
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


Unit = tuple[str, float, int]


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
    return next((unit for unit in reversed(UNITS) if unit[2] <= number < LAST), None)


def _scaled(number: int | float, per_millisecond: float) -> int:
    """Returns a time in whole milliseconds, rounded down."""
    if per_millisecond < 1:
        return int(number * 1000 + 1e-6)  # as 1700000000.273 is stored as 1700000000.2729998
    return int(number // int(per_millisecond))


def _day_first(dates: list[re.Match[str]], column: str) -> bool:
    """Whether the day comes before the month; with dots it always does."""
    slashes = [each for each in dates if each["mark"] != "."]
    days = {name for each in slashes for name in ("first", "second") if int(each[name]) > 12}
    if len(days) == 1 or not slashes:
        return days != {"second"}
    example = slashes[0][0]
    raise LabError(
        f"{column} is {example!r}: which is the day, and which the month? Write times such as {EXAMPLE} (ISO 8601)."
    )


def _of_date(found: re.Match[str], day_first: bool) -> Any:
    """Returns the epoch milliseconds (UTC) of a date with its time; its text if it is none."""
    first, second, year = (int(found[each]) for each in ("first", "second", "year"))
    day, month = (first, second) if day_first or found["mark"] == "." else (second, first)
    for clock in CLOCKS:
        try:
            time = datetime.datetime.strptime(found["clock"].strip().upper(), clock)
            return milliseconds(time.replace(year=year, month=month, day=day))
        except ValueError:
            continue
    return found[0]
