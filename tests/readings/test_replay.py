"""Recorded readings: shipped as they were measured, and played again faster."""

import datetime
import itertools
from collections import Counter
from fractions import Fraction
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit import LabError
from labkit.readings import BadReading, Item, Replay, check, now, parse, recorded

HOUR = 3_600_000  # milliseconds
YEAR = "2013-01-01"
NOW = 1795302397926
STATIONS = ["EWR", "JFK", "LGA"]

rows = st.fixed_dictionaries(
    {
        "device": st.sampled_from(STATIONS),
        "timestamp": st.integers(0, NOW),
        "temperature": st.none() | st.floats(-50, 50),
        "humidity": st.none() | st.floats(0, 100),
    },
    optional={"further": st.text()},
)
recordings = st.lists(rows, max_size=20)
factors = st.floats(0.01, 1e9) | st.integers(1, 10**9)


def replay(rows: list[dict], factor: float, **more: Any) -> Replay:
    return Replay(map(Item.of, rows), factor, **more)


def by_time(rows: list[dict]) -> list[dict]:
    return sorted(rows, key=lambda row: row["timestamp"])


def utc(timestamp: int) -> str:
    return f"{datetime.datetime.fromtimestamp(timestamp / 1000, datetime.UTC):%m-%d %H:%M}"


def refusal(call: Any, *arguments: Any) -> str:
    with pytest.raises(LabError) as error:
        call(*arguments)
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)


@pytest.fixture(scope="module")
def year() -> list[dict]:
    return recorded("nyc-weather", YEAR)


# ----------------------------------------------------------------- the recording


def test_all_readings_of_the_year_are_there_in_order(year: list[dict]) -> None:
    assert len(year) == 26_115
    assert Counter(row["device"] for row in year) == {"EWR": 8703, "JFK": 8706, "LGA": 8706}
    order = [(row["timestamp"], row["device"]) for row in year]
    assert all(earlier < later for earlier, later in itertools.pairwise(order))  # so nothing is there twice
    assert [utc(row["timestamp"]) for row in (year[0], year[-1])] == ["01-01 06:00", "12-30 23:00"]


def test_alerts_are_those_of_the_year(year: list[dict]) -> None:
    hot = [row for row in year if row["temperature"] is not None and row["temperature"] + 273.15 > 303]
    assert len(hot) == 709
    assert utc(hot[0]["timestamp"]) == "05-21 17:00"


def test_temperatures_are_in_celsius_and_warmest_in_the_afternoon(year: list[dict]) -> None:
    values = [row["temperature"] for row in year if row["temperature"] is not None]
    assert (min(values), max(values)) == (-11.7, 37.8)
    hours = {hour: [] for hour in range(24)}
    for row in year:
        if row["temperature"] is not None:
            hours[row["timestamp"] // HOUR % 24].append(row["temperature"])
    warmest = max(hours, key=lambda hour: sum(hours[hour]) / len(hours[hour]))
    assert warmest in (18, 19, 20)  # in UTC: from one to four on New York's clocks


def test_the_one_reading_without_values_is_kept_and_is_no_reading(year: list[dict]) -> None:
    def is_none(row: dict) -> bool:
        try:
            check(row)
        except BadReading:
            return True
        return False

    (missing,) = [row for row in year if is_none(row)]
    assert (missing["device"], utc(missing["timestamp"])) == ("EWR", "08-22 13:00")
    assert missing["temperature"] is missing["humidity"] is None
    with pytest.raises(BadReading, match="temperature is None, not a number"):
        parse(orjson.dumps(missing))  # as it comes out of a topic


@pytest.mark.parametrize(("station", "gaps", "hours"), [("EWR", 17, 27), ("JFK", 14, 24), ("LGA", 14, 24)])
def test_gaps_are_left_as_they_were(year: list[dict], station: str, gaps: int, hours: int) -> None:
    times = [row["timestamp"] for row in year if row["device"] == station]
    lacking = {utc(a): (b - a) // HOUR - 1 for a, b in itertools.pairwise(times) if b - a > HOUR}
    assert (len(lacking), sum(lacking.values())) == (gaps, hours)
    assert {time: hours for time, hours in lacking.items() if hours > 2} == {"10-25 23:00": 5, "11-02 23:00": 5}


# --------------------------------------------------------------------- its start


def test_a_recording_starts_where_there_are_alerts() -> None:
    summer = recorded("nyc-weather")
    assert utc(summer[0]["timestamp"]) == "07-01 00:00"
    assert len(summer) == 13_113


MOMENT = datetime.datetime(2013, 8, 22, 13, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    "start",
    [
        "2013-08-22T13:00:00Z",
        "2013-08-22 13:00",
        "2013-08-22T09:00:00-04:00",
        "2013-08-22T12:00:00.001Z",  # later than the readings of that hour
        MOMENT,
        MOMENT.replace(tzinfo=None),
        MOMENT.astimezone(datetime.timezone(datetime.timedelta(hours=-4))),
    ],
    ids=str,
)
def test_a_start_in_any_form_leaves_out_what_was_before(start: str | datetime.datetime, year: list[dict]) -> None:
    expected = [row for row in year if row["timestamp"] >= MOMENT.timestamp() * 1000]
    assert recorded("nyc-weather", start) == expected
    assert expected[0]["temperature"] is None


def test_the_last_reading_is_a_start_and_anything_later_is_refused() -> None:
    assert [row["device"] for row in recorded("nyc-weather", "2013-12-30T23:00:00Z")] == STATIONS
    message = refusal(recorded, "nyc-weather", "2013-12-30T23:00:00.001Z")
    assert "2013-12-30T23:00:00.001Z" in message
    assert "2013-12-30T23:00:00Z" in message  # what there is


@pytest.mark.parametrize("start", ["yesterday", "", "2013-13-01", "1\n2"])
def test_a_start_that_is_no_time_is_refused(start: Any) -> None:
    assert refusal(recorded, "nyc-weather", start).startswith(f"start is {start!r}, not a time")


def test_a_start_may_be_a_date() -> None:
    of_july = recorded("nyc-weather", datetime.date(2013, 7, 1))
    assert [*of_july] == [*recorded("nyc-weather", "2013-07-01")]


def test_an_unknown_recording_is_refused_naming_what_there_is() -> None:
    message = refusal(recorded, "london")
    assert "'london'" in message
    assert "nyc-weather" in message


# -------------------------------------------------------------------- the replay


@given(recordings, factors)
def test_time_passes_factor_times_as_fast_from_the_clocks_time_on(rows: list[dict], factor: float) -> None:
    played = list(replay(rows, factor, clock=lambda: NOW).items())
    for item, row in zip(played, by_time(rows), strict=True):
        exact = NOW + Fraction(row["timestamp"] - by_time(rows)[0]["timestamp"]) / Fraction(factor)
        assert type(item.time) is int
        assert abs(item.time - exact) < 0.6  # half a millisecond, and a little for floats
        assert (item.key, item.value["timestamp"]) == (row["device"], item.time)


@given(recordings, factors)
def test_everything_else_is_as_it_was_recorded(rows: list[dict], factor: float) -> None:
    before = [dict(row) for row in rows]
    back = [
        {column: value for column, value in item.value.items() if column != "recorded"}
        | {"timestamp": item.value["recorded"]}
        for item in replay(rows, factor).items()
    ]
    assert back == by_time(rows)  # sorted is stable: rows of one time stay in their order
    assert rows == before  # the caller's rows are left alone


@given(recordings, factors)
def test_pauses_lie_between_the_items_and_add_up(rows: list[dict], factor: float) -> None:
    source = replay(rows, factor, clock=lambda: NOW)
    assert source.pause() == 0.0
    pauses = [source.pause() for _ in source.items()]
    times = [row["timestamp"] for row in by_time(rows)]
    assert pauses == pytest.approx([(b - a) / factor / 1000 for a, b in itertools.pairwise(times)] + [0.0] * bool(rows))
    assert sum(pauses) == pytest.approx((times[-1] - times[0]) / factor / 1000 if times else 0.0)
    assert source.pause() == 0.0


TWO = [{"device": "EWR", "timestamp": 1000}, {"device": "EWR", "timestamp": 3000}]


def test_the_clock_starts_with_the_first_item() -> None:
    asked = iter([NOW])  # a second time it would raise
    items = replay(TWO, 2, clock=lambda: next(asked)).items()
    asked = iter([NOW + 500])  # nobody has asked yet
    assert [item.time for item in items] == [NOW + 500, NOW + 1500]


def test_without_a_clock_it_is_the_time_of_day() -> None:
    before = now()
    assert before <= next(replay(TWO, 2).items()).time <= now()


def test_a_replay_that_was_stopped_goes_on_as_if_no_time_had_passed() -> None:
    times = iter([NOW, NOW + 5000])
    source = replay(TWO, 2, clock=lambda: next(times))
    assert next(source.items()).time == NOW
    assert [(item.time, item.value["recorded"]) for item in source.items()] == [(NOW + 5000, TWO[1]["timestamp"])]


def test_a_column_that_is_called_recorded_is_kept() -> None:
    (item,) = replay([TWO[0] | {"recorded": "on tape"}], 2, clock=lambda: NOW).items()
    assert item == Item("EWR", NOW, {"device": "EWR", "timestamp": NOW, "recorded": "on tape"})


def test_what_is_no_reading_keeps_its_fields_as_they_are() -> None:
    rows = [Item("Bonn", 1000, {"measured": 1000}), Item(None, 3000, {"measured": 3000})]
    source = Replay(rows, 2, clock=lambda: NOW, holds_readings=False)
    assert source.devices == ("Bonn",)
    assert list(source.items()) == [rows[0]._replace(time=NOW), rows[1]._replace(time=NOW + 1000)]


def test_the_recording_plays_an_hour_in_a_second() -> None:
    source = replay(recorded("nyc-weather"), 3600)
    played = [(item.key, source.pause()) for item in itertools.islice(source.items(), 6)]
    assert played == list(zip(STATIONS, [0.0, 0.0, 1.0], strict=True)) * 2  # the stations report at the same time
    for item in replay(recorded("nyc-weather", "2013-12-01"), 3600).items():
        check(item.value)


@pytest.mark.parametrize("factor", [0, -1, 0.0, float("nan"), float("-inf")])
def test_a_factor_that_is_not_above_0_is_refused(factor: float) -> None:
    message = refusal(Replay, [], factor)
    assert message.startswith(f"factor is {factor}: ")
    assert "above 0" in message
