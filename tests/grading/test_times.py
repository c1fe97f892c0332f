"""Times as Moodle and nbgrader write them."""

import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.grading import times

BERLIN = ZoneInfo("Europe/Berlin")
LATE_EVENING = datetime.datetime(2026, 12, 1, 23, 10, tzinfo=BERLIN).timestamp()
NOON = datetime.datetime(2026, 12, 1, 12, 5, tzinfo=BERLIN).timestamp()

# strftimedaydatetime of Moodle's language packs en, en_us and de
MOODLE = {
    "Tuesday, 1 December 2026, 11:10 PM": LATE_EVENING,
    "Tuesday, 1 December 2026, 11:10\u202fPM": LATE_EVENING,
    "Tuesday, December 1, 2026, 11:10 PM": LATE_EVENING,
    "Dienstag, 1. Dezember 2026, 23:10": LATE_EVENING,
    "Dienstag, 1. Dezember 2026, 23:10:00": LATE_EVENING,
    "Tuesday, 1 December 2026, 12:05 PM": NOON,
    "Tuesday, 1 December 2026, 12:05 AM": NOON - 12 * 3600,
    "Sonntag, 1. März 2026, 01:00": datetime.datetime(2026, 3, 1, 1, tzinfo=BERLIN).timestamp(),
    "1 December 2026, 11:10 PM": LATE_EVENING,
    "December 1, 2026, 11:10 PM": LATE_EVENING,
    "Dienstag, 1. Dezember 2026, 23:10 Uhr": LATE_EVENING,
    "Tuesday, 1 December 2026, 23:10 PM": None,
    "Tuesday, 1 December 2026, 0:10 PM": None,
    "-": None,
    "": None,
    "mardi 1 décembre 2026, 23:10": None,
    "Tuesday, 31 February 2026, 11:10 PM": None,
    "Tuesday, 1 December 9999, 11:10 PM": None,
    "Tuesday, 1 December 2026, 25:10": None,
}


@pytest.mark.parametrize("text", MOODLE)
def test_moodle_writes_times_in_several_languages_and_without_a_zone(text: str) -> None:
    assert times.of_moodle(text, BERLIN) == MOODLE[text]


@given(st.text(max_size=60) | st.dates().map(str) | st.datetimes(timezones=st.timezones()).map(str))
def test_whatever_stands_there_is_a_time_of_a_course_or_none(text: str) -> None:
    for found in (times.of_moodle(text, BERLIN), times.of_nbgrader(text, BERLIN)):
        assert found is None or times.shown(found, BERLIN).startswith(("19", "20"))


@given(st.floats(allow_nan=False))
def test_the_time_of_a_file_can_always_be_shown(seconds: float) -> None:
    assert times.shown(times.believed(seconds), BERLIN)


@pytest.mark.parametrize(
    ("text", "zone", "utc"),
    [
        ("2026-11-26 15:58:23.948203 UTC", BERLIN, "2026-11-26T15:58:23.948203"),
        ("2026-11-26 15:58:23.948203", BERLIN, "2026-11-26T15:58:23.948203"),
        ("2026-11-26 15:58:23 CET", BERLIN, "2026-11-26T14:58:23"),
        ("2026-07-26 15:58:23 CEST", BERLIN, "2026-07-26T13:58:23"),
        ("2026-11-26 15:58:23 PST", ZoneInfo("America/Los_Angeles"), "2026-11-26T23:58:23"),
        ("2026-11-26 15:58:23 Europe/Berlin", None, "2026-11-26T14:58:23"),
        ("2026-11-26 15:58:23+01:00", None, "2026-11-26T14:58:23"),
        ("2026-11-26 15:58:23 PST", BERLIN, None),  # nobody there calls it so
        ("2026-11-26 15:58:23 CEST", BERLIN, None),  # not in winter
    ],
)
def test_nbgraders_stamps_name_their_zone(text: str, zone: datetime.tzinfo | None, utc: str | None) -> None:
    wanted = datetime.datetime.fromisoformat(f"{utc}+00:00").timestamp() if utc else None
    assert times.of_nbgrader(text, zone) == wanted
