"""Times as people write them: each is read as what it says, or refused with what to write."""

import datetime
from typing import Any

import pytest

from labkit import LabError
from labkit.readings.times import Times

DAY = 1_699_920_000_000  # 2023-11-14 UTC
MINUTE = 60_000
EVENING = DAY + (22 * 60 + 13) * MINUTE


def read(*values: Any) -> tuple[list[Any], str]:
    times = Times(values, "measured")
    return [times.read(each) for each in values], times.words


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (20231114, DAY),
        (2023111422, EVENING - 13 * MINUTE),
        (202311142213, EVENING),
        (202311142213.0, EVENING),
        (20231114221305, EVENING + 5000),
        (20231114221305123, EVENING + 5123),
    ],
)
def test_the_digits_of_a_date_are_that_date_and_no_number_of_milliseconds(written: float, expected: int) -> None:
    for value in (written, str(int(written)), f" {int(written)} "):
        found, words = read(value)
        assert found == [expected]
        assert words.startswith(f"{int(written)} is 2023-11-14 ")
        assert words.endswith(" (UTC)")


def test_a_number_among_them_that_is_no_date_is_refused() -> None:
    with pytest.raises(LabError, match="202313142213, which is no date, while 202311142213 is 2023-11-14 22:13:00"):
        read(202311142213, 202311142214, 202313142213)


def test_seconds_and_milliseconds_are_no_dates_though_they_may_have_as_many_digits() -> None:
    assert read(1_700_000_000, 1_700_000_001) == ([1_700_000_000_000, 1_700_000_001_000], "epoch seconds")
    assert read(199_900_000_000, 199_999_999_999)[1] == "epoch milliseconds"


@pytest.mark.parametrize(
    ("written", "expected", "words"),
    [
        ("14.11.23 22:13", EVENING, "day, month, year (UTC)"),
        ("14.11.2023, 22:13 Uhr", EVENING, "day, month, year (UTC)"),
        ("14.11.2023 um 22.13 Uhr", EVENING, "day, month, year (UTC)"),
        ("Di, 14.11.2023", DAY, "day, month, year (UTC)"),
        ("14.11.2023 22:13 +0100", EVENING - 60 * MINUTE, "day, month, year"),
        ("14. November 2023", DAY, "months by name (UTC)"),
        ("14. Nov. 2023, 22:13", EVENING, "months by name (UTC)"),
        ("Dienstag, 14. November 2023, 22:13 Uhr", EVENING, "months by name (UTC)"),
        ("14. März 2023", 1_678_752_000_000, "months by name (UTC)"),
        ("14. Ma\u0308rz 2023", 1_678_752_000_000, "months by name (UTC)"),
        ("14 décembre 2023", DAY + 30 * 86_400_000, "months by name (UTC)"),
        ("November 14, 2023 10:13 PM", EVENING, "months by name (UTC)"),
        ("14-Nov-2023", DAY, "months by name (UTC)"),
        ("14/Nov/2023:22:13:00 +0000", EVENING, "months by name"),
        ("Tue, 14 Nov 2023 22:13:00 GMT", EVENING, "months by name"),
        ("11/14/23 10:13 pm", EVENING, "month, day, year (UTC)"),
        ("2023.11.14 22:13", EVENING, "ISO 8601 (UTC)"),
        ("2023-11-14 22:13:00 UTC", EVENING, "ISO 8601"),
        ("2023-11-14 22:13:00,5", EVENING + 500, "ISO 8601 (UTC)"),
        ("2023-11-14T22:13:00.123456789Z", EVENING + 123, "ISO 8601"),
        (datetime.datetime(2023, 11, 14), DAY, "datetimes (UTC)"),
        (datetime.date(2023, 11, 14), DAY, "dates (UTC)"),
    ],
)
def test_a_date_is_read_as_it_was_meant_and_said(written: Any, expected: int, words: str) -> None:
    assert read(written) == ([expected], words)


def test_dates_of_several_forms_may_stand_in_one_column() -> None:
    found, words = read("14.11.2023 22:13", "2023-11-14T22:13", "14. November 2023")
    assert found == [EVENING, EVENING, DAY]
    assert words == "day, month, year (UTC) or ISO 8601 (UTC) or months by name (UTC)"


@pytest.mark.parametrize("written", ["14/11/23", "23/11/14", "14-11-23", "03/04/2023"])
def test_a_date_that_can_be_read_in_two_ways_is_refused(written: str) -> None:
    with pytest.raises(LabError, match=r"which is the day, .* Write times such as 2023-11-14T22:13:20 \(ISO 8601\)\.$"):
        read(written)


@pytest.mark.parametrize(
    "text", ["31.2.2023", "14. Novembre-ish 2023", "14. Foo 2023", "14.11.2023 25:00", "22:13", ""]
)
def test_what_is_no_time_stays_as_it_is(text: str) -> None:
    assert read(text) == ([text], "")


@pytest.mark.parametrize("text", ["14.11.2023 13:00 PM", "14.11.2023 22:13 o'clock", "99.99.9999"])
def test_nor_is_a_date_with_another_hour(text: str) -> None:
    assert read(text) == ([text], "")
