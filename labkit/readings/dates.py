"""Dates and times as people write them in text: ISO 8601, the dates of some countries, and months by their names."""

import contextlib
import datetime
import re
import unicodedata
from collections.abc import Iterable, Sequence

from labkit.readings.plain import plain_text

# How the months begin in Dutch, English, French, German, Italian and Spanish, without accents.
MONTHS = ["jan gen ene", "feb fev", "mar mrz maa", "apr avr abr", "mai may mag mei", "jun juin giu", "jul juil lug"]
MONTHS += ["aug aou ago", "sep set", "oct okt ott", "nov", "dec dez dic"]
MONTH_OF = {begin: number for number, names in enumerate(MONTHS, 1) for begin in names.split()}

WEEKDAY = r"(?:[^\W\d_]{2,10}(?:[.,]{1,2}\s?|\s))?"
MONTH = r"(?P<month>[^\W\d_]{3,10})"
CLOCK = r"(?:(?:[\s,:T]+(?:(?:um|at) )?)(?P<clock>\d{1,2}(?:[:.]\d\d|\s?[ap]\.?m).*))?"


def _pattern(date: str) -> re.Pattern[str]:
    return re.compile(date + CLOCK, re.IGNORECASE)


DIGITS = _pattern(rf"{WEEKDAY}(?P<first>\d{{1,2}})(?P<mark>[./-])(?P<second>\d{{1,2}})(?P=mark)(?P<year>\d{{4}}|\d\d)")
YEAR_FIRST = _pattern(r"(?P<year>\d{4})(?P<mark>[./-])(?P<first>\d{1,2})(?P=mark)(?P<second>\d{1,2})")
DAY_FIRST = _pattern(rf"{WEEKDAY}(?P<day>\d{{1,2}})[\s./-]+{MONTH}[\s./-]+(?P<year>\d{{4}})")
MONTH_FIRST = _pattern(rf"{WEEKDAY}{MONTH}[\s.]+(?P<day>\d{{1,2}}),?\s(?P<year>\d{{4}})")
TIME_OF_DAY = re.compile(
    r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d\d)(?:[:.](?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?)?"
    r"\s?(?P<half>[ap]\.?m\.?)?\s?(?:Uhr|h)?\s?(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d)?",
    re.IGNORECASE,
)
COMPACT = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(\d{3})?)?)?)?")  # 202311142213


class Ambiguous(ValueError):
    """A date that can be read in two ways; the message is the question."""


class Dates:
    """How the dates of a column are written. Raises Ambiguous if that is not certain."""

    def __init__(self, texts: Iterable[str]) -> None:
        others = (each for each in texts if not _begins_with_year(each))
        self._day_first = _day_first([date for each in others if (date := DIGITS.fullmatch(plain_text(each)))])

    def read(self, text: str) -> tuple[str, datetime.datetime] | None:
        """Returns how a date is written, and what it is, in no zone if it names none; None if it is no date."""
        if _begins_with_year(text):  # nearly always ISO 8601, which the standard library reads at once
            with contextlib.suppress(ValueError):
                return "ISO 8601", datetime.datetime.fromisoformat(text)
        try:
            return self._read(plain_text(text))
        except ValueError:  # no such day or hour
            return None

    def _read(self, text: str) -> tuple[str, datetime.datetime] | None:
        if found := DIGITS.fullmatch(text):
            if self._day_first or found["mark"] == ".":
                return "day, month, year", _moment(found, found["second"], found["first"])
            return "month, day, year", _moment(found, found["first"], found["second"])
        if found := YEAR_FIRST.fullmatch(text):
            return "ISO 8601", _moment(found, found["first"], found["second"])
        if found := DAY_FIRST.fullmatch(text) or MONTH_FIRST.fullmatch(text):
            return "months by name", _moment(found, str(_month(found["month"])), found["day"])
        return "ISO 8601", datetime.datetime.fromisoformat(text)


def _begins_with_year(text: str) -> bool:
    return text[4:5] == "-" and text[:4].isdecimal()


def compact(number: int) -> datetime.datetime | None:
    """Returns the time that a number such as 202311142213 spells out, if it does: a day at least."""
    if not (found := COMPACT.fullmatch(str(number))):
        return None
    year, month, day, hour, minute, second, thousandths = (int(each or 0) for each in found.groups())
    try:
        return datetime.datetime(year, month, day, hour, minute, second, thousandths * 1000)
    except ValueError:  # no such day or hour
        return None


def _moment(date: re.Match[str], month: str, day: str) -> datetime.datetime:
    """Returns a date with its time of day. Raises ValueError if there is no such one."""
    day_of = datetime.datetime(_full(date["year"]), int(month), int(day))
    found = TIME_OF_DAY.fullmatch(date["clock"] or "0")
    if not found or (found["half"] and not 1 <= int(found["hour"]) <= 12):
        raise ValueError(date["clock"])
    hour, minute, second = (int(found[each] or 0) for each in ("hour", "minute", "second"))
    if half := found["half"]:
        hour = hour % 12 + (12 if half[0] in "Pp" else 0)
    microsecond = int((found["fraction"] or "0").ljust(6, "0")[:6])
    return day_of.replace(hour=hour, minute=minute, second=second, microsecond=microsecond, tzinfo=_zone(found["zone"]))


def _zone(written: str | None) -> datetime.tzinfo | None:
    if not written:
        return None
    return datetime.datetime.strptime("+0000" if written[0].isalpha() else written, "%z").tzinfo


def _full(year: str) -> int:
    """Returns a year with its century: as in `strptime`, 69 is 1969 and 68 is 2068."""
    return int(year) if len(year) == 4 else int(year) + (1900 if int(year) >= 69 else 2000)


def _month(name: str) -> int:
    """Returns the number of a month. Raises ValueError if there is no such one."""
    letters = [each for each in unicodedata.normalize("NFD", name.casefold()) if not unicodedata.combining(each)]
    found = MONTH_OF.get("".join(letters[:4])) or MONTH_OF.get("".join(letters[:3]))
    if not found:
        raise ValueError(name)
    return found


def _day_first(dates: Sequence[re.Match[str]]) -> bool:
    """Whether the day comes before the month; with dots it always does. Raises Ambiguous if that is not certain."""
    marked = [each for each in dates if each["mark"] != "."]
    days = {name for each in marked for name in ("first", "second") if int(each[name]) > 12}
    if not marked or days == {"second"}:
        return not marked
    if short := next((each for each in marked if len(each["year"]) == 2), None):
        raise Ambiguous(f"{short[0]!r}: which is the day, which the month, and which the year?")
    if days == {"first"}:
        return True
    raise Ambiguous(f"{marked[0][0]!r}: which is the day, and which the month?")
