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
    for found in (times.of_moodle(text, BERLIN), times.of_nbgrader(text)):
        assert found is None or times.shown(found, BERLIN).startswith(("19", "20"))


@given(st.floats(allow_nan=False))
def test_the_time_of_a_file_can_always_be_shown(seconds: float) -> None:
    assert times.shown(times.believed(seconds), BERLIN)
