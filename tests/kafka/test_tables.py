"""Records as a table."""

from typing import Any

import pandas as pd
import pytest

from labkit import tables
from labkit.kafka.tap import Record


def record(value: Any, headers: dict[str, str] | None = None) -> Record:
    return Record("sensor", 2, 7, 1_700_000_000_000, "sensor-1", value, headers or {})


@pytest.mark.parametrize("name", ["partition", "offset", "time", "key"])
def test_a_field_does_not_hide_kafkas_own_column(name: str) -> None:
    (row,) = tables.of([record({name: "mine", "temperature": 20.5})]).to_dict("records")
    assert (row["partition"], row["offset"], row["key"]) == (2, 7, "sensor-1")
    assert row["time"] == pd.Timestamp("2023-11-14 22:13:20")
    assert (row[f"value.{name}"], row["temperature"]) == ("mine", 20.5)


def test_a_header_hides_neither_kafkas_columns_nor_fields() -> None:
    headers = {"offset": "of the header", "temperature": "of the header", "reason": "too hot"}
    rows = tables.of([record({"temperature": 20.5}, headers), record({"humidity": 40}, {"temperature": "alone"})])
    assert list(rows["offset"]) == [7, 7]
    assert rows["header.offset"][0] == "of the header"
    assert list(rows["header.temperature"]) == ["of the header", "alone"]
    assert (rows["temperature"][0], rows["reason"][0]) == (20.5, "too hot")


def test_what_is_no_object_stands_in_the_column_value() -> None:
    (row,) = tables.of([record([1, 2])]).to_dict("records")
    assert row["value"] == [1, 2]


@pytest.mark.parametrize("timestamp", [-1, 1_790_000_000_000_000_000, 2**63 - 1])
def test_a_time_that_pandas_does_not_have_is_missing(timestamp: int) -> None:
    table = tables.of([record({"temperature": 20.5}), record({"temperature": 1})._replace(timestamp=timestamp)])
    assert list(table["time"].isna()) == [False, True]
    assert list(table["temperature"]) == [20.5, 1]
