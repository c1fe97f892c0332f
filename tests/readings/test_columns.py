"""Rows of any shape: which columns are their key and their time, and that all else stays as it is."""

import datetime
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from labkit import LabError
from labkit.readings import Columns, Item, Source, now, open_source
from labkit.readings.tables import read

NOON = 1_740_830_400_000  # 2025-03-01 12:00 UTC
HOUR = 3_600_000
ROWS = [
    {"station": "Köln", "level": 3.4, "measured": "2025-03-01 12:00"},
    {"station": "Bonn", "level": None, "measured": "2025-03-01 13:00"},
]
ITEMS = [Item("Köln", NOON, ROWS[0]), Item("Bonn", NOON + HOUR, ROWS[1])]
LEVELS = Columns("station", "measured", of_readings=False)
NO_KEY = "the records have no key, which windows need: pass key= a column, or use group_by"
NO_TIME = "the records have the time at which they are produced: pass time= a column if they have their own"


def rows(**more: Any) -> list[dict[str, Any]]:
    """The second row with other values."""
    return [ROWS[0], ROWS[1] | more]


def own(key: Any = "station", time: Any = "measured") -> Columns:
    return Columns(key, time, of_readings=False)


def refusal(source: Any, columns: Columns = LEVELS, replayed: bool = False) -> str:
    with pytest.raises(LabError) as error:
        list(read(source, columns, replayed))
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)


def opened(source: Any, factor: float | None = None, columns: Columns = LEVELS) -> Source:
    return open_source(source, None, factor, None, columns)


# ------------------------------------------------------------------- as they are


def test_a_row_becomes_an_item_with_its_key_its_time_and_its_fields_as_they_are() -> None:
    for source in (ROWS, pd.DataFrame(ROWS).astype({"level": object}), iter(ROWS)):
        assert [*read(source, LEVELS)] == ITEMS


def test_what_was_taken_for_what_is_said_once(tmp_path: Path) -> None:
    file = tmp_path / "levels.csv"
    file.write_text("station;level;measured\nKöln;3,4;01.03.2025 12:00\nBonn;;01.03.2025 13:00\n;1;01.03.2025 13:00\n")
    table = read(file, LEVELS)
    assert [(item.key, item.time, item.value["level"]) for item in table] == [
        ("Köln", NOON, 3.4),
        ("Bonn", NOON + HOUR, None),
    ]
    assert table.keys == ("Köln", "Bonn")
    assert table.notes == (
        "levels.csv: UTF-8, separated by semicolons",
        "decimal commas in level",
        "key: station",
        "measured: day, month, year (UTC), 2025-03-01 to 2025-03-01",
        "1 missing value is null: in a pipeline, .notnull() leaves such out",
        "1 row was left out, without station or measured",
    )


def test_rows_with_the_columns_of_readings_need_no_word() -> None:
    table = read([{"device": "a", "timestamp": NOON}], Columns(of_readings=False))
    assert ([*table], table.notes) == ([Item("a", NOON, {"device": "a", "timestamp": NOON})], ())


def test_columns_with_names_that_the_lab_uses_are_kept() -> None:
    row = ROWS[0] | {"recorded": 1, "sensor_id": "x", "device": 5, "timestamp": "noon", "temperature": "warm"}
    (item,) = read([row], LEVELS)
    assert item == Item("Köln", NOON, row)
    (replayed,) = opened([row], factor=60).items()
    assert (replayed.key, replayed.value) == ("Köln", row)


@pytest.mark.parametrize(
    ("value", "key"), [("7", "7"), (7, "7"), (1.5, "1.5"), (True, "true"), (np.int64(7), "7"), (np.str_("a"), "a")]
)
def test_a_key_is_a_text_or_a_number_as_text(value: Any, key: str) -> None:
    (item,) = read([ROWS[0] | {"station": value}], LEVELS)
    assert (item.key, item.value["station"]) == (key, value)


def test_in_a_file_keys_are_texts_even_if_they_look_like_numbers(tmp_path: Path) -> None:
    file = tmp_path / "levels.csv"
    file.write_text("station,level\n1.10,1.10\n")
    (item,) = read(file, own(time=None))
    assert (item.key, item.value) == ("1.10", {"station": "1.10", "level": 1.1})


def test_key_and_time_may_be_what_functions_of_the_row_return() -> None:
    columns = own(lambda row: row["station"].upper(), lambda row: f"{row['measured']}:30")
    assert [(item.key, item.time) for item in read(ROWS, columns)] == [
        ("KÖLN", NOON + 30_000),
        ("BONN", NOON + HOUR + 30_000),
    ]
    assert read(ROWS, columns).notes[0] == "time: ISO 8601 (UTC), 2025-03-01 to 2025-03-01"
    numbers = iter(range(NOON, NOON + 2))
    assert [item.time for item in read(ROWS, own(time=lambda _: next(numbers)))] == [NOON, NOON + 1]


@pytest.mark.parametrize("names", [["station"], ["measured"], ["station", "measured"]])
def test_the_index_of_a_dataframe_may_have_key_and_time(names: list[str]) -> None:
    frame = pd.DataFrame(ROWS).astype({"level": object}).set_index(names)
    assert [*read(frame, LEVELS)] == ITEMS


def test_a_column_is_found_whatever_its_case_and_keeps_its_name() -> None:
    (item,) = read([{"Station ": "Köln", "MEASURED": NOON}], LEVELS)
    assert item == Item("Köln", NOON, {"Station ": "Köln", "MEASURED": NOON})


def test_columns_whose_names_are_alike_are_said_and_never_chosen_silently() -> None:
    row = {"Station": "Köln", "station": "Bonn", "Temp": 1, "temp ": 2, "measured": NOON}
    table = read([row], LEVELS)
    assert [each.key for each in table] == ["Bonn"]
    assert table.notes[0].startswith("Station and station and Temp and temp  are different columns, though their names")
    assert refusal([row], own("STATION")).startswith("Which column is 'STATION': 'Station' or 'station'?")


@pytest.mark.parametrize("name", ["Höhe NN", "Ho\u0308he\u00a0NN", " HÖHE  NN"])
def test_a_column_is_found_however_its_characters_are_composed(name: str) -> None:
    assert [each.key for each in read([{name: "Köln"}], own("höhe nn", None))] == ["Köln"]


# ------------------------------------------------------------- without key or time


@pytest.mark.parametrize("columns", [own(None, None), Columns(of_readings=False)])
def test_without_key_and_time_records_have_none_and_the_time_of_producing_and_that_is_said(columns: Columns) -> None:
    before = now()
    source = opened(ROWS, columns=columns)
    assert (source.devices, source.notes[:2]) == ((), (NO_KEY, NO_TIME))
    items = source.items()
    first = next(items)
    assert (first.key, first.value) == (None, ROWS[0])
    asked = now()
    assert before <= first.time <= asked <= next(items).time


def test_a_generator_says_what_it_is_told_to_lack_and_must_have_the_rest() -> None:
    assert read(iter(ROWS), own(None, None)).notes == (NO_KEY, NO_TIME)
    assert refusal(iter(ROWS), Columns(of_readings=False)) == (
        "Row 1: device and timestamp is missing: pass key= or time= of all rows, or None."
    )


def test_what_has_no_times_can_be_neither_replayed_nor_started_later() -> None:
    for factor, start in ((60, None), (None, "2025-03-01")):
        with pytest.raises(LabError, match="pass time= the column of times"):
            open_source(ROWS, None, factor, start, own(time=None))


# -------------------------------------------------------------------------- gaps


@pytest.mark.parametrize("gap", [None, float("nan"), float("inf"), np.nan, pd.NA, pd.NaT], ids=str)
def test_a_gap_is_null_and_counted(gap: Any) -> None:
    table = read([ROWS[0], ROWS[0] | {"level": gap}], LEVELS)
    assert [item.value["level"] for item in table] == [3.4, None]
    assert table.notes[-1].startswith("1 missing value is null")


@pytest.mark.parametrize("gap", ["NA", "na", "n.a.", "-", "--", "?", "NaN", "null", "#N/A", ""])
def test_a_gap_in_a_file_is_null_among_numbers_and_a_word_among_words(gap: str, tmp_path: Path) -> None:
    file = tmp_path / "levels.csv"
    file.write_text(f"station;level;flow;country\nKöln;3,4;5;DE\nNA;{gap};{gap};NA\nBonn;7;{gap};-\n")
    found = [item.value for item in read(file, own(time=None))]
    assert [(row["station"], row["level"], row["flow"]) for row in found] == [
        *(("Köln", 3.4, 5), ("NA", None, None), ("Bonn", 7, None)),
    ]
    assert [row["country"] for row in found] == ["DE", "NA", "-"]


@pytest.mark.parametrize("gap", [{"station": None}, {"station": ""}, {"measured": None}, {"measured": pd.NaT}])
def test_a_row_without_key_or_time_is_left_out_and_counted(gap: dict[str, Any]) -> None:
    for source in (rows(**gap), pd.DataFrame(rows(**gap))):
        table = read(source, LEVELS)
        assert [item.key for item in table] == ["Köln"]
        assert table.notes[-1] == "1 row was left out, without station or measured"


@pytest.mark.parametrize("gap", [{"station": None}, {"measured": None}, {"measured": "-"}, {"measured": "n/a"}])
def test_so_is_one_that_a_generator_yields_even_as_its_first(gap: dict[str, Any]) -> None:
    table = read((each for each in (ROWS[0] | gap, *ROWS, {"level": 1})), LEVELS)
    assert table.notes == ()
    assert [*table] == ITEMS
    assert table.notes == ("measured: ISO 8601 (UTC)", "2 rows were left out, without station or measured")


def test_rows_may_have_different_columns() -> None:
    table = read([{"station": "Köln", "measured": NOON}, {"level": 1}, {"station": "Bonn", "measured": NOON}], LEVELS)
    assert [item.key for item in table] == ["Köln", "Bonn"]


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        (own("statoin"), "There is no column 'statoin' for the key: did you mean 'station'? The columns are station, "),
        (own(time="when"), "There is no column 'when' for the time. The columns are station, level, measured."),
        (own(lambda row: row["place"]), "Row 1: key failed: KeyError: 'place'"),
        (own(lambda row: [row["station"]]), "Row 1: key is a list, but a key is a text or a number."),
        (own(lambda _: "\ud800"), "Row 1: key is a str, but a key is a text or a number."),
        (own(time="station"), "Row 1: station is 'Köln', not a time. Write times such as "),
    ],
)
def test_a_wrong_column_is_refused_with_what_to_do(columns: Columns, why: str) -> None:
    assert refusal(ROWS, columns).startswith(why)


@pytest.mark.parametrize("wrong", [0, 1.5, ["station"], ("station", "level"), {"station"}], ids=str)
@pytest.mark.parametrize("use", ["key", "time"])
def test_what_names_no_column_is_refused_before_anything_is_read(use: str, wrong: Any) -> None:
    with pytest.raises(LabError, match=rf"^{use} is .*, of type {type(wrong).__name__}: give the name of one column"):
        Columns.of_topic("levels", **({"key": "station", "time": "measured"} | {use: wrong}))


@pytest.mark.parametrize("time", ["1970-01-01", "1970-01-01T00:00:00Z", "1880-05-01"])
def test_a_time_that_kafka_would_take_for_now_or_for_none_is_refused_unless_it_is_replayed(time: str) -> None:
    assert refusal(rows(measured=time)).startswith(f"Row 2: measured is {time!r}: only a replay")
    assert len([*read(rows(measured=time), LEVELS, replayed=True)]) == 2


@pytest.mark.parametrize("time", [0, 1000, -5])
def test_a_time_that_counts_from_a_start_is_refused_with_what_to_do(time: int) -> None:
    for source in (rows(measured=time), iter([ROWS[0] | {"measured": time}])):
        assert "To times that count from a start, add that start." in refusal(source)


def test_a_forecast_is_refused_unless_it_is_replayed() -> None:
    later = datetime.datetime.fromtimestamp(now() / 1000 + 7200, datetime.UTC)
    assert "Kafka rejects such records: give a factor to replay them" in refusal(rows(measured=later))
    first, second = opened(rows(measured=later), factor=1e12).items()
    assert first.time <= second.time <= now() + 1000


@pytest.mark.parametrize("topic", ["sensor", "sensor-data", "alert"])
@pytest.mark.parametrize("wrong", [{"key": "station"}, {"time": None}])
def test_the_labs_own_topics_keep_their_key_and_time(topic: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(LabError, match=f"^{topic} holds readings, .* pass writes="):
        Columns.of_topic(topic, **({"key": "device", "time": "timestamp"} | wrong))
    assert not Columns.of_topic("levels", "station", None).of_readings


def test_two_columns_of_one_name_are_refused_in_a_dataframe_too() -> None:
    frame = pd.DataFrame([["Köln", 1, 2]], columns=["station", "level", "level"])
    assert refusal(frame, own(time=None)) == "Two columns are called 'level': rename one of them."


def test_what_json_cannot_hold_is_refused_with_row_and_column() -> None:
    assert refusal(rows(level={1, 2})) == "Row 2: level is a set, which JSON does not have: write sorted(level)."


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (datetime.timedelta(days=1), "level is a timedelta, which JSON does not have: write level.total_seconds()"),
        (Decimal("1.5"), "level is a Decimal, which JSON does not have: write float(level)"),
        (Path("a"), "write str(level)"),
        ({1: "a"}, "level has the key 1, and in JSON each key is text: write str(1)"),
        ({"a": [1, {2}]}, "level['a'][1] is a set"),
        (2**70, "level is 1.18e+21, and a whole number in JSON has 64 bits at most: write str(level)"),
        ("a\ud800", "level is 'a\\ud800', which is no text in UTF-8"),
        (1j, "level is a complex, which JSON does not have: write a number or text made of it"),
    ],
    ids=repr,
)
def test_what_to_write_in_its_place_is_said(value: Any, words: str) -> None:
    assert words in refusal(rows(level=value))


def test_a_time_of_day_alone_is_no_time() -> None:
    assert "It has no date: join the two" in refusal(rows(measured="12:00:00"))


def test_whole_keys_that_pandas_has_made_floats_are_whole() -> None:
    frame = pd.DataFrame([{"station": 1, "level": 3.4}, {"station": None, "level": 2}, {"station": 7, "level": 1}])
    found = [*read(frame, own(time=None))]
    assert [each.key for each in found] == ["1", "7"]
    assert [each.value["station"] for each in found] == [1, 7]
    assert [each.key for each in read(frame.assign(station=[1.5, 2, None]), own(time=None))] == ["1.5", "2.0"]


def test_columns_of_several_levels_are_refused() -> None:
    frame = pd.DataFrame([{"station": "K", "level": 3.4}]).groupby("station").agg({"level": ["mean", "max"]})
    assert "join them first, as in frame.columns = [" in refusal(frame.reset_index(), own(time=None))


def test_rows_of_none_are_a_source_of_none() -> None:
    nothing: Iterator[dict[str, Any]] = iter(())
    for source in ([], nothing, pd.DataFrame(columns=["station", "measured"])):
        assert [*read(source, LEVELS)] == []
