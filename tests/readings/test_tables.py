"""Readings that a user provides: taken as they are, or refused before the first, naming row and column."""

import datetime
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit import LabError
from labkit.readings import COLUMNS, now, read

TIME = 1763800000000  # long past: nobody sends readings of the future
ONE = {"device": "sensor-1", "temperature": 27.4, "humidity": 48.1, "timestamp": TIME}
TWO = {"device": "sensor-2", "temperature": 21, "humidity": 50, "timestamp": TIME + 1000}
HEADER = "device,temperature,humidity,timestamp\n"


def refusal(source: Any) -> str:
    with pytest.raises(LabError) as error:
        read(source)
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return tmp_path / "readings.csv"


# ------------------------------------------------------------------- the sources


def test_a_csv_file_is_read(csv: Path) -> None:
    csv.write_text(f"{HEADER}sensor-1,27.4,48.1,{TIME}\nsensor-2,21,50,{TIME + 1000}\n")
    assert read(csv) == read(str(csv)) == [ONE, TWO]


def test_a_csv_file_that_pandas_wrote_with_its_index_is_read(csv: Path) -> None:
    pd.DataFrame([ONE, TWO]).to_csv(csv)  # the index's column has no name
    assert [{column: each[column] for column in COLUMNS} for each in read(csv)] == [ONE, TWO]


def test_a_dataframe_is_read() -> None:
    assert read(pd.DataFrame([ONE, TWO])) == [ONE, TWO]


def test_a_list_of_dicts_is_read() -> None:
    assert read([ONE, TWO]) == [ONE, TWO]


def test_a_generator_is_read_as_it_comes() -> None:
    def endless() -> Iterator[dict]:
        while True:
            taken.append(ONE)
            yield ONE

    taken: list[dict] = []
    readings = iter(read(endless()))
    assert not taken
    assert [next(readings), next(readings)] == [ONE, ONE]
    assert len(taken) == 2


def test_a_generators_bad_reading_is_refused_when_it_comes() -> None:
    readings = iter(read(each for each in [ONE, TWO | {"humidity": 101}]))
    assert next(readings) == ONE
    with pytest.raises(LabError, match="Row 2: humidity is 101"):
        next(readings)


@settings(max_examples=25)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "device": st.text("abcdefg-1234567 äß", min_size=1).map(lambda name: f"sensor {name}"),
                "temperature": st.floats(-273, 1000),
                "humidity": st.floats(0, 100),
                "timestamp": st.integers(0, TIME),
            }
        ),
        min_size=1,
    )
)
def test_a_csv_file_that_pandas_wrote_comes_back_as_it_was(tmp_path_factory: Any, rows: list[dict]) -> None:
    path = tmp_path_factory.mktemp("csv") / "readings.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    assert read(path) == rows


@pytest.mark.parametrize("source", [[], (), pd.DataFrame(columns=COLUMNS)], ids=["list", "tuple", "DataFrame"])
def test_nothing_is_no_readings(source: Any) -> None:
    assert read(source) == []


def test_a_csv_file_with_a_header_only_is_no_readings(csv: Path) -> None:
    csv.write_text(HEADER)
    assert read(csv) == []


def test_what_is_no_table_is_refused(csv: Path) -> None:
    assert str(csv) in refusal(csv)  # no such file
    csv.write_text("")
    assert str(csv) in refusal(csv)
    csv.write_bytes(HEADER.encode() + b"\xff\xfe\xfd,1,2,3\n")
    assert str(csv) in refusal(csv)
    assert str(csv.parent) in refusal(csv.parent)  # a directory
    assert "int" in refusal(5)
    assert "Row 1" in refusal(["sensor-1"])
    assert "Row 1" in refusal(ONE)  # one reading, not a list of them


# ------------------------------------------------------------------------- times

MOMENT = datetime.datetime(2025, 11, 22, 12, 30, 15, 250_000, tzinfo=datetime.UTC)
MILLISECONDS = 1763814615250


@pytest.fixture
def _in_new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A computer whose own time is not UTC."""
    with monkeypatch.context() as there:
        there.setenv("TZ", "America/New_York")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    "time",
    [
        MILLISECONDS,
        np.int64(MILLISECONDS),
        "2025-11-22T12:30:15.250Z",
        "2025-11-22 12:30:15.250",
        "2025-11-22T13:30:15.250+01:00",
        MOMENT,
        MOMENT.replace(tzinfo=None),
        MOMENT.astimezone(datetime.timezone(datetime.timedelta(hours=-5))),
        pd.Timestamp(MOMENT),
        pd.Timestamp("2025-11-22 12:30:15.250999999"),
        np.datetime64("2025-11-22T12:30:15.250"),
        np.datetime64("2025-11-22T12:30:15.250", "ns"),
    ],
    ids=lambda time: f"{type(time).__name__} {time}",
)
@pytest.mark.usefixtures("_in_new_york")
def test_a_time_in_any_form_becomes_epoch_milliseconds(time: Any) -> None:
    (reading,) = read([ONE | {"timestamp": time}])
    assert reading["timestamp"] == MILLISECONDS
    assert type(reading["timestamp"]) is int


def test_a_column_of_times_becomes_epoch_milliseconds(csv: Path) -> None:
    times = pd.date_range(MOMENT, periods=3, freq="1s")
    frame = pd.DataFrame([ONE] * 3).assign(timestamp=times)
    frame.to_csv(csv, index=False)
    expected = [MILLISECONDS, MILLISECONDS + 1000, MILLISECONDS + 2000]
    assert [each["timestamp"] for each in read(frame)] == expected
    assert [each["timestamp"] for each in read(csv)] == expected


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize("column", COLUMNS)
def test_a_missing_column_is_named(column: str, csv: Path) -> None:
    frame = pd.DataFrame([ONE, TWO]).drop(columns=column)
    frame.to_csv(csv, index=False)
    assert column in refusal(frame)
    assert column in refusal(csv)
    assert refusal(frame.to_dict("records")) == f"Row 1: {column} is missing."


BAD = [
    ("device", ""),
    ("device", None),
    ("temperature", "warm"),
    ("temperature", None),
    ("temperature", -300),
    ("humidity", 100.5),
    ("humidity", True),
    ("timestamp", "yesterday"),
    ("timestamp", None),
    ("timestamp", -1),
]


@pytest.mark.parametrize(("column", "value"), BAD)
def test_a_bad_value_is_refused_naming_row_and_column_before_anything_is_returned(
    column: str, value: Any, csv: Path
) -> None:
    rows = [ONE, TWO, ONE | {column: value}, TWO]
    frame = pd.DataFrame(rows)
    frame.to_csv(csv, index=False)
    for source in (rows, frame, csv):
        assert refusal(source).startswith(f"Row 3: {column} is ")


def test_a_csv_row_with_a_cell_too_many_is_refused_naming_the_row(csv: Path) -> None:
    csv.write_text(f"{HEADER}sensor-1,27.4,48.1,{TIME}\nsensor-2,21,50,{TIME},9\n")
    assert "2" in refusal(csv)
    csv.write_text(f"{HEADER}sensor-1,27.4,48.1,{TIME},9\n")
    assert "temperature is" not in refusal(csv)  # the columns have not moved by one
    assert "humidity is" not in refusal(csv)


def test_a_time_more_than_an_hour_ahead_is_refused_as_kafka_would() -> None:
    soon, later = now() + 3_000_000, now() + 4_000_000
    assert read([ONE | {"timestamp": soon}])
    assert refusal([ONE, ONE | {"timestamp": later}]).startswith("Row 2: timestamp ")


def test_a_device_may_have_a_name_that_pandas_takes_for_nothing(csv: Path) -> None:
    csv.write_text(f"{HEADER}NA,27.4,48.1,{TIME}\n007,27.4,48.1,{TIME}\n")
    assert [each["device"] for each in read(csv)] == ["NA", "007"]


# ------------------------------------------------------------------ what is sent


def test_numpy_numbers_become_plain_ones() -> None:
    (reading,) = read(
        [
            {"device": np.str_("a"), "temperature": np.float32(0.5), "humidity": np.int8(50)}
            | {"timestamp": np.uint64(TIME)}
        ]
    )
    assert reading == {"device": "a", "temperature": 0.5, "humidity": 50, "timestamp": TIME}
    assert [type(value) for value in reading.values()] == [str, float, int, int]


def test_further_columns_are_kept(csv: Path) -> None:
    frame = pd.DataFrame([ONE | {"room": "kitchen", "floor": 2}])
    frame.to_csv(csv, index=False)
    assert read(frame) == read(csv) == [ONE | {"room": "kitchen", "floor": 2}]


@pytest.mark.parametrize(
    "further",
    [pd.Timestamp(MOMENT), MOMENT, MOMENT.date(), np.float64(0.5), float("nan"), [1, {"a": None}]],
    ids=lambda value: type(value).__name__,
)
def test_whatever_is_accepted_can_be_sent(further: Any) -> None:
    (reading,) = read(pd.DataFrame({column: [value] for column, value in (ONE | {"further": further}).items()}))
    assert orjson.loads(orjson.dumps(reading))["device"] == "sensor-1"


@pytest.mark.parametrize(
    "bad",
    [
        {"further": {1, 2}},
        {"further": object()},
        {"further": np.array([1, 2])},
        {"device": "\ud800"},
        {"temperature": 10**400},
    ],
)
def test_what_cannot_be_sent_is_refused_naming_row_and_column(bad: dict) -> None:
    (column,) = bad
    message = refusal([ONE, ONE | bad])
    assert "Row 2" in message
    assert column in message


def test_the_callers_rows_are_left_alone() -> None:
    row = ONE | {"timestamp": MOMENT}
    read([row])
    assert row["timestamp"] is MOMENT
