"""What a producer can be given: a recording by its name, or a table, which is sent steadily or replayed."""

import csv as csv_module
import io
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from labkit import LabError
from labkit.readings import Source, now, open_source, recorded, simulate

ONE = {"device": "roof", "temperature": 21.5, "humidity": 40, "timestamp": 1_700_000_000_000}
TWO = {"device": "cellar", "temperature": 13.0, "humidity": 71, "timestamp": 1_700_000_060_000}


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    path = tmp_path / "readings.csv"
    pd.DataFrame([ONE, TWO]).to_csv(path, index=False)
    return path


def generator() -> Iterator[dict[str, Any]]:
    yield from (ONE, TWO)


def sent(source: Source) -> list[dict[str, Any]]:
    return [item.value for item in source.items()]


def refusal(source: Any, factor: float | None = None, start: Any = None) -> str:
    with pytest.raises(LabError) as error:
        open_source(source, 1.0, factor, start)
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)


# ---------------------------------------------------------------------- recordings


def test_a_recording_is_replayed_by_its_name_an_hour_a_second() -> None:
    source = open_source("nyc-weather", 1.0, None, None)
    rows = recorded("nyc-weather")[:6]
    before = now()
    items = [(item.value, source.pause()) for item in itertools.islice(source.items(), 6)]
    assert source.devices == ("EWR", "JFK", "LGA")
    assert [pause for _, pause in items] == [0, 0, 1, 0, 0, 1]
    for (item, _), row in zip(items, rows, strict=True):
        assert item == row | {"timestamp": item["timestamp"], "recorded": row["timestamp"]}
    assert before <= items[0][0]["timestamp"] <= now()


def test_a_recording_is_replayed_from_a_start_and_with_a_factor() -> None:
    source = open_source("nyc-weather", 1.0, 7200, "2013-12-24")
    (first, *_, fourth) = itertools.islice(source.items(), 4)
    assert first.value["recorded"] == recorded("nyc-weather", "2013-12-24")[0]["timestamp"]
    assert fourth.time - first.time == 500


def test_a_name_that_is_neither_a_file_nor_a_recording_is_refused_naming_the_recordings() -> None:
    assert refusal("nyc-wether") == "There is no file or recording 'nyc-wether': the recordings are nyc-weather."


def test_a_path_is_taken_with_the_quotes_and_spaces_with_which_it_was_copied(csv: Path) -> None:
    assert sent(open_source(f'"{csv}"', None, None, None)) == [ONE, TWO]
    assert sent(open_source(f" {csv}\n", None, None, None)) == [ONE, TWO]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("device,temperature\n" * 999, "This is the text of a table, not the path of a file"),
        ('[{"device": "a"}]', "This is the text of a table"),
        ("https://example.org/levels.csv", "is an address: download the file"),
        (ONE, "A dict is one row, or has columns: give the list [row]"),
        (io.StringIO("device"), "give the path of the file itself"),
        (csv_module.DictReader(["device", "a"]), "give the path of the file itself"),
        (b"device", "Cannot read rows from an object of type bytes"),
        (simulate, "or call the function, rows()"),
        (
            ["a.csv", "b.csv"],
            "Row 1 is the text 'a.csv', not a dict with the names of columns: to read a file, give its",
        ),
        ([Path("a.csv")], "to read a file, give its path alone"),
        ([("a", 1)], "give the DataFrame of pd.DataFrame(rows, columns=[...])"),
        ([[1, 2]], "give the DataFrame of pd.DataFrame(rows, columns=[...])"),
        ([*pd.DataFrame([ONE]).itertuples()], "dict(zip(row._fields, row)) makes one"),
        ([pd.DataFrame([ONE])], "give pd.concat(...) of the DataFrames"),
    ],
    ids=lambda each: each[:30] if isinstance(each, str) else type(each).__name__,
)
def test_what_is_no_table_is_refused_with_what_to_do(given: Any, words: str) -> None:
    assert words in refusal(given)


# -------------------------------------------------------------------------- tables


def test_a_csv_file_a_dataframe_and_a_list_are_sent_steadily_and_once(csv: Path) -> None:
    for given in (csv, str(csv), pd.DataFrame([ONE, TWO]), [ONE, TWO]):
        source = open_source(given, 4.0, None, None)
        assert (sent(source), source.pause(), source.devices) == ([ONE, TWO], 0.25, ("roof", "cellar"))
        assert sent(source) == []


def test_a_file_needs_no_suffix(csv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    csv.rename(csv.with_name("readings"))
    monkeypatch.chdir(csv.parent)
    assert sent(open_source("readings", None, None, None)) == [ONE, TWO]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert refusal("nowhere.csv") == "There is no file nowhere.csv."
    assert refusal(tmp_path / "nowhere") == f"There is no file {tmp_path / 'nowhere'}."


def test_without_a_rate_rows_come_as_fast_as_they_are_asked_for() -> None:
    assert open_source([ONE, TWO], None, None, None).pause() == 0


def test_a_table_with_a_factor_is_replayed_in_the_order_of_time(csv: Path) -> None:
    for given in (csv, pd.DataFrame([TWO, ONE]), [TWO, ONE]):
        source = open_source(given, 1.0, 60, None)
        (first, pause), (second, _) = [(item.value, source.pause()) for item in source.items()]
        assert (first["device"], second["device"]) == ("roof", "cellar")
        assert (first["recorded"], second["recorded"]) == (ONE["timestamp"], TWO["timestamp"])
        assert (second["timestamp"] - first["timestamp"], pause) == (1000, 1.0)


def test_a_generator_is_sent_as_it_comes_and_its_devices_are_not_known_before() -> None:
    source = open_source(generator(), 2.0, None, None)
    assert (source.devices, source.pause(), sent(source)) == ((), 0.5, [ONE, TWO])


def test_a_table_of_no_rows_is_a_source_of_none() -> None:
    for factor in (None, 60):
        source = open_source([], 1.0, factor, None)
        assert (sent(source), source.devices) == ([], ())


# ------------------------------------------------------------------ what is refused


def test_a_generator_cannot_be_replayed_and_none_of_it_is_taken() -> None:
    source = generator()
    assert "make a list of it, or give no factor" in refusal(source, factor=60)
    assert list(source) == [ONE, TWO]


def test_a_start_leaves_out_what_is_earlier_in_a_table_too(csv: Path) -> None:
    for given in (csv, pd.DataFrame([ONE, TWO]), [ONE, TWO]):
        for factor in (None, 60):
            (item,) = open_source(given, 1.0, factor, "2023-11-14T22:13:21").items()
            assert item.key == "cellar"
    for start in (1_700_000_050, 1_700_000_050_000, "1700000050", 20231114221410, "14.11.2023 22:14:10"):
        source = open_source([ONE, TWO], 1.0, 60, start)
        assert [item.key for item in source.items()] == ["cellar"]
        assert source.notes[-1].startswith("start: ")
        assert source.notes[-1].endswith(", 2023-11-14T22:14:10Z")
    assert open_source("nyc-weather", 1.0, None, 1_387_843_200).notes == ("start: epoch seconds, 2013-12-24T00:00:00Z",)
    assert refusal([ONE, TWO], start=1.5).startswith("start is 1.5, which is no time after 1973")
    assert "nothing from 1900000000 (2030-03-17T17:46:40Z) on" in refusal([ONE, TWO], start=1_900_000_000)
    assert "nothing from 2030-01-01 on" in refusal([ONE, TWO], start="2030-01-01")
    assert "start is 'noon', not a time" in refusal([ONE, TWO], start="noon")
    assert "make a list of it" in refusal(generator(), start="2023-11-14")


@pytest.mark.parametrize("factor", [float("nan"), -1, 0, float("-inf")])
def test_a_factor_that_is_not_above_0_is_refused(factor: float) -> None:
    for source in ("nyc-weather", [ONE, TWO]):
        assert refusal(source, factor).startswith(f"factor is {factor}: give a number above 0")


def test_rows_that_are_no_readings_are_refused_with_row_and_column() -> None:
    for factor in (None, 60):
        assert refusal([ONE, TWO | {"humidity": 101}], factor).startswith("Row 2: humidity is 101")
