"""Readings that a user provides: taken as they are, or refused before the first, naming row and column."""

import datetime
import gzip
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
from labkit.readings import COLUMNS, now
from labkit.readings import read as read_table

TIME = 1763800000000  # long past: nobody sends readings of the future
ONE = {"device": "sensor-1", "temperature": 27.4, "humidity": 48.1, "timestamp": TIME}
TWO = {"device": "sensor-2", "temperature": 21, "humidity": 50, "timestamp": TIME + 1000}
HEADER = "device,temperature,humidity,timestamp\n"


def read(source: Any) -> Any:
    return [item.value for item in read_table(source)]


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
    readings = (item.value for item in read_table(endless()))
    assert not taken
    assert [next(readings), next(readings)] == [ONE, ONE]
    assert len(taken) == 2


def test_a_generators_bad_reading_is_refused_when_it_comes() -> None:
    readings = (item.value for item in read_table(each for each in [ONE, TWO | {"humidity": 101}]))
    assert next(readings) == ONE
    with pytest.raises(LabError, match="Row 2: humidity is 101"):
        next(readings)


@settings(max_examples=25)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "device": st.text("abcdefg-1234567 äß", min_size=1).map(lambda name: f"sensor {name}".strip()),
                "temperature": st.floats(-273, 1000),
                "humidity": st.floats(0, 100),
                "timestamp": st.integers(10**11, TIME),
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
    csv.write_bytes(HEADER.encode() + b"\x81\xfe\xfd,1,2,3\n")
    assert str(csv) in refusal(csv)
    csv.write_bytes(b"PK\x03\x04 and so on")
    assert "save the table as CSV" in refusal(csv)
    csv.write_bytes(gzip.compress(HEADER.encode())[:-9])
    assert "damaged gzip" in refusal(csv)
    assert str(csv.parent) in refusal(csv.parent)  # a directory
    assert "int" in refusal(5)
    assert "Row 1" in refusal(["sensor-1"])
    assert "[row]" in refusal(ONE)  # one reading, not a list of them


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


SECOND = 1763814615


@pytest.mark.parametrize(
    ("times", "expected", "words"),
    [
        ([SECOND, SECOND + 1], [SECOND * 1000, SECOND * 1000 + 1000], "epoch seconds"),
        ([SECOND + 0.25, SECOND + 0.273], [MILLISECONDS, MILLISECONDS + 23], "epoch seconds"),
        ([str(SECOND), f"{SECOND}.5"], [SECOND * 1000, SECOND * 1000 + 500], "epoch seconds"),
        ([SECOND * 10**6 + 999], [SECOND * 1000], "epoch microseconds"),
        ([SECOND * 10**9 + 1], [SECOND * 1000], "epoch nanoseconds"),
        (["22.11.2025 12:30:15.250"], [MILLISECONDS], "day, month, year (UTC)"),
        (["22.11.2025 12:30"], [MILLISECONDS - 15250], "day, month, year (UTC)"),
        (["1.2.2025"], [1738368000000], "day, month, year (UTC)"),
        (
            ["11/22/2025 12:30:15 pm", "01/02/2025 1:00 AM"],
            [MILLISECONDS - 250, 1735779600000],
            "month, day, year (UTC)",
        ),
        (["2025/11/22 12:30:15.250"], [MILLISECONDS], "ISO 8601 (UTC)"),
        (["22/11/2025 12:30:15", "01/02/2025"], [MILLISECONDS - 250, 1738368000000], "day, month, year (UTC)"),
    ],
    ids=str,
)
@pytest.mark.usefixtures("_in_new_york")
def test_what_was_taken_for_a_time_is_said_once(times: list, expected: list[int], words: str, csv: Path) -> None:
    rows = [ONE | {"timestamp": each} for each in times]
    pd.DataFrame(rows).to_csv(csv, index=False)
    for source in (rows, pd.DataFrame(rows), csv):
        table = read_table(source)
        assert [each.value["timestamp"] for each in table] == [each.time for each in table] == expected
        days = [str(datetime.datetime.fromtimestamp(each / 1000, datetime.UTC).date()) for each in expected]
        assert table.notes[-1] == f"timestamp: {words}, {min(days)} to {max(days)}"


@pytest.mark.parametrize("time", [MILLISECONDS + 0.9, f"{MILLISECONDS}.9", str(MILLISECONDS), MOMENT])
def test_milliseconds_and_times_of_a_zone_need_no_word(time: Any) -> None:
    table = read_table([ONE | {"timestamp": time}])
    assert [each.value["timestamp"] for each in table] == [MILLISECONDS]
    assert table.notes == ()


@pytest.mark.parametrize(
    ("times", "why"),
    [
        ([0, 1000, 2000], "add that start"),
        ([-1], "no time after 1973 in any unit"),
        ([SECOND, MILLISECONDS], "cannot have the same unit"),
        (["03/04/2026 10:00"], "which is the day"),
        (["13/04/2026", "04/13/2026"], "which is the day"),
        (["31.2.2026"], "2023-11-14T22:13:20 (ISO 8601)"),
        (["noon"], "2023-11-14T22:13:20 (ISO 8601)"),
        ([True], "timestamp is True"),
    ],
    ids=str,
)
def test_a_time_that_is_implausible_or_ambiguous_is_refused_with_what_to_write(times: list, why: str) -> None:
    assert why in refusal([ONE | {"timestamp": each} for each in times])


def test_a_generators_times_are_written_as_its_first() -> None:
    rows = iter(read_table(ONE | {"timestamp": each} for each in (SECOND, SECOND + 1, MILLISECONDS)))
    assert [next(rows).value["timestamp"], next(rows).value["timestamp"]] == [SECOND * 1000, SECOND * 1000 + 1000]
    with pytest.raises(LabError, match="timestamp is 1763814615250, which has another unit than the first"):
        next(rows)


@pytest.mark.parametrize("name", ["timestamp", None, "when"])
def test_the_index_of_a_dataframe_may_have_the_times(name: str | None) -> None:
    frame = pd.DataFrame([ONE, TWO])
    frame.index = pd.to_datetime(frame.pop("timestamp"), unit="ms", utc=True).rename(name)
    assert read(frame) == [ONE, TWO]


# --------------------------------------------------------- files as people save them

TABLE = f"device,temperature,humidity,timestamp,room\nsensor-1,27.4,48.1,{TIME},Küche\n"


@pytest.mark.parametrize(
    "content",
    [
        TABLE.encode(),
        TABLE.encode("utf-8-sig"),
        TABLE.encode("utf-16"),
        b"\xfe\xff" + TABLE.encode("utf-16-be"),
        gzip.compress(TABLE.encode()),
        TABLE.replace(",", ";").encode(),
        TABLE.replace(",", "\t").encode(),
        TABLE.replace(",", "|").encode(),
        TABLE.replace(",", ";").replace("27.4", "27,4").replace("48.1", "48,1").encode(),
        TABLE.replace(",", " , ").replace("device", "Device").replace("humidity", "HUMIDITY").encode(),
        TABLE.replace("\n", ",,\n").replace("room,,", "room").encode(),
        TABLE.replace("\n", "\r\n").encode() + b"\r\n,,,,\r\n\r\n",
        b"\n\n" + TABLE.encode(),
    ],
    ids=range(13),
)
def test_a_file_is_read_as_it_was_meant(content: bytes, csv: Path) -> None:
    csv.write_bytes(content)
    table = read_table(csv)
    assert [each.value for each in table] == [ONE | {"room": "Küche"}]
    assert table.notes[-1] == "timestamp: epoch milliseconds, 2025-11-22 to 2025-11-22"


def test_a_file_of_an_old_excel_is_read_and_that_is_said(csv: Path) -> None:
    csv.write_bytes(TABLE.encode("cp1252"))
    table = read_table(csv)
    assert [each.value["room"] for each in table] == ["Küche"]
    assert table.notes[0] == "readings.csv: Windows-1252 (it is not UTF-8), separated by commas"


def test_numbers_that_are_names_stay_text(csv: Path) -> None:
    names = ("0042", "89490200001234567890", "1e", "+49", "1_000", "٣", "0x10", "Infinity", "1.2.3", "-")
    head = ",".join(f"c{n}" for n in range(len(names)))
    csv.write_text(f"{HEADER.strip()},{head}\nsensor-1,27.4,48.1,{TIME},{','.join(names)}\n")
    (found,) = read(csv)
    assert [found[f"c{n}"] for n in range(len(names))] == [*names]


def test_thousands_and_decimal_commas_are_those_of_a_whole_column(csv: Path) -> None:
    head = HEADER.strip().replace(",", ";")
    csv.write_text(f"{head};paid;codes\na;27,4;48;{TIME};1.234,5;1,2\na;27;48;{TIME};2;1-2\n")
    assert [(each["temperature"], each["paid"], each["codes"]) for each in read(csv)] == [
        (27.4, 1234.5, "1,2"),
        (27, 2, "1-2"),
    ]


def test_two_columns_of_one_name_are_refused(csv: Path) -> None:
    csv.write_text(f"{HEADER.strip()},temperature\nsensor-1,27.4,48.1,{TIME},28\n")
    assert refusal(csv) == "Two columns are called 'temperature': rename one of them."


def test_columns_that_the_lab_uses_elsewhere_are_kept(csv: Path) -> None:
    csv.write_text(f"{HEADER.strip()},recorded,sensor_id\nsensor-1,27.4,48.1,{TIME},5,x\n")
    assert read(csv) == [ONE | {"recorded": 5, "sensor_id": "x"}]


def test_the_home_folder_may_be_written_as_a_tilde(csv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    csv.write_text(TABLE)
    monkeypatch.setenv("HOME", str(csv.parent))
    assert len(read("~/readings.csv")) == 1


@pytest.mark.parametrize("gap", [None, float("nan"), np.nan, pd.NA, ""], ids=str)
def test_a_gap_is_null_and_counted(gap: Any, csv: Path) -> None:
    rows = [ONE, ONE | {"temperature": gap}, ONE | {"temperature": gap, "humidity": gap}]
    pd.DataFrame(rows).to_csv(csv, index=False)
    for source in (csv, *([rows, pd.DataFrame(rows)] if gap != "" else [])) if gap is not pd.NA else (csv,):
        table = read_table(source)
        found = [(each.value["temperature"], each.value["humidity"]) for each in table]
        assert found == [(27.4, 48.1), (None, 48.1), (None, None)]
        assert table.notes[-1] == "3 missing values are null"


def test_rows_without_device_or_time_are_left_out_and_counted(csv: Path) -> None:
    rows = [ONE, ONE | {"device": None}, ONE | {"timestamp": None}, ONE | {"device": ""}, TWO]
    pd.DataFrame(rows).to_csv(csv, index=False)
    for source in (rows, pd.DataFrame(rows), csv):
        table = read_table(source)
        assert [each.value for each in table] == [ONE, TWO]
        assert table.notes[-1] == "3 rows were left out, without device or timestamp"


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize("column", COLUMNS)
def test_a_missing_column_is_named(column: str, csv: Path) -> None:
    frame = pd.DataFrame([ONE, TWO]).drop(columns=column)
    frame.to_csv(csv, index=False)
    assert column in refusal(frame)
    assert column in refusal(csv)
    assert refusal(frame.to_dict("records")).startswith(f"Row 1: {column} is missing. ")
    for source in (frame, csv, frame.to_dict("records")):
        assert "pass writes=" in refusal(source)


BAD = [
    ("device", 5),
    ("temperature", "warm"),
    ("temperature", -300),
    ("humidity", 100.5),
    ("humidity", True),
    ("timestamp", "yesterday"),
]


@pytest.mark.parametrize(("column", "value"), BAD)
def test_a_bad_value_is_refused_naming_row_and_column_before_anything_is_returned(
    column: str, value: Any, csv: Path
) -> None:
    rows = [ONE, TWO, ONE | {column: value}, TWO]
    frame = pd.DataFrame(rows)
    frame.to_csv(csv, index=False)
    for source in (rows, frame, *([csv] if column != "device" else [])):  # in a file it is text
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
