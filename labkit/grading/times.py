"""Times as learning management systems write them, and as a course shows them. All are epoch seconds inside."""

import datetime
import re
from collections.abc import Sequence
from zoneinfo import ZoneInfo

Zone = datetime.tzinfo | None  # None: this computer's

FIRST, LAST = 1980, 2100  # the years that are believed: a zip knows none before, and no calendar one after 9999
EARLIEST = datetime.datetime(FIRST, 1, 1, tzinfo=datetime.UTC).timestamp()
MONTHS = (
    ("January", "Januar", "Jänner"), ("February", "Februar", "Feber"), ("March", "März"), ("April",), ("May", "Mai"),
    ("June", "Juni"), ("July", "Juli"), ("August",), ("September",), ("October", "Oktober"), ("November",),
    ("December", "Dezember"),
)  # fmt: skip
MONTH = {name.casefold(): number for number, names in enumerate(MONTHS, 1) for name in names}
# All may lack the day of the week: a course can set its own format.
# Thursday, 26 November 2026, 1:12 PM · Thursday, November 26, 2026, 1:12 PM · Donnerstag, 26. November 2026, 13:12
MOODLE = re.compile(
    r"(?:\w+, )?(?:(?P<day>\d{1,2})\.? (?P<month>\w+)|(?P<month_>\w+) (?P<day_>\d{1,2}),) (?P<year>\d{4}), "
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::\d{2})?(?: Uhr| (?P<half>[AaPp])\.?[Mm]\.?)?"
)
NBGRADER = re.compile(r"(\S+(?: \S+)??)(?: ([A-Z]\S*))?")  # 2026-11-26 15:58:23.948203 UTC


def of_moodle(text: str, zone: Zone) -> float | None:
    """Returns a time of Moodle's in English, American or German, which has no zone; None if it is none of these."""
    found = MOODLE.fullmatch(" ".join(text.split()))
    month = MONTH.get((found["month"] or found["month_"]).casefold()) if found else None
    if not found or not month:
        return None
    hour = int(found["hour"])
    if found["half"] and not 1 <= hour <= 12:
        return None
    if found["half"]:
        hour = hour % 12 + 12 * (found["half"] in "Pp")
    return of((int(found["year"]), month, int(found["day"] or found["day_"]), hour, int(found["minute"])), zone)


def of_nbgrader(text: str, zone: Zone) -> float | None:
    """Returns the time in nbgrader's timestamp.txt; None if there is none.

    It may name a zone by what that of the course is called at that time, such as CEST or PST.
    """
    said = NBGRADER.fullmatch(text.strip())
    try:
        time, name = said.groups() if said else ("", "")
        found = datetime.datetime.fromisoformat(time)
        return _believed(found if found.tzinfo else found.replace(tzinfo=_called(name or "UTC", found, zone)))
    except (ValueError, OSError, KeyError, OverflowError):  # no such time, no such zone
        return None


def _called(name: str, time: datetime.datetime, zone: Zone) -> datetime.tzinfo:
    """Returns the zone of a name. Raises KeyError, ValueError or OSError if there is none."""
    return zone if zone and time.replace(tzinfo=zone).tzname() == name else ZoneInfo(name)


def of(parts: Sequence[int], zone: Zone) -> float | None:
    """Returns the time of year, month, day, hour, minute ... in a zone; None if no calendar has it."""
    try:
        return _believed(datetime.datetime(*parts, tzinfo=zone))  # type: ignore[arg-type,misc]
    except (ValueError, TypeError, OverflowError):
        return None


def believed(seconds: float) -> float:
    """Returns a time of a file, or the earliest one if it lies where no course does."""
    return seconds if EARLIEST <= seconds < EARLIEST + (LAST - FIRST) * 365.25 * 86400 else EARLIEST


def shown(seconds: float, zone: Zone) -> str:
    """Returns a time as ISO text, in the time of a zone."""
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).astimezone(zone).isoformat(timespec="seconds")


def _believed(time: datetime.datetime) -> float | None:
    return time.timestamp() if FIRST <= time.year < LAST else None
