"""A learner's mistakes end in one line that says what to do instead."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from quixstreams.dataframe import StreamingDataFrame
from quixstreams.dataframe.series import StreamingSeries

from labkit import Lab, LabError
from labkit.runs.mistakes import INSTEAD
from tests.waiting import eventually

READING = {"device": "a", "temperature": 20.0, "humidity": 40.0, "timestamp": 1_700_000_000_000}


@pytest.fixture
def lab(lab: Lab) -> Lab:
    lab.create_topic("sensor")
    return lab


def looped(readings):
    for _ in readings:
        break
    return readings


def looped_over_a_column(readings):
    return [each * 2 for each in readings["temperature"]]


def asked_if(readings):
    return readings if readings["temperature"] > 30 else None


def asked_if_it_has(readings):
    return readings if "humidity" in readings else None


MISTAKES = {
    looped: ".apply and .update call",
    looped_over_a_column: ".apply and .update call",
    asked_if: "readings[condition] keeps matches (02_filter)",
    asked_if_it_has: 'readings.contains("humidity")',
    lambda r: r[(r["temperature"] > 30) and (r["humidity"] < 40)]: "& for and",
    lambda r: r[(r["temperature"] > 30) or (r["humidity"] < 40)]: "| for or",
    lambda r: r[not r["temperature"]]: "~ for not",
    lambda r: r[r.contains("temperature") and r["humidity"]]: "& for and",
    lambda r: r.groupby("device"): 'A stream has no .groupby: use group_by("device")',
    lambda r: r["temperature"].mean(): "A column has no .mean: use a window",
    lambda r: r.head(): 'lab.peek("sensor")',
    lambda r: r["temperature"].round(1): ".apply(lambda t: round(t, 1))",
    lambda r: round(r["temperature"], 1): ".apply(lambda t: round(t, 1))",
    lambda r: 273.15 + r["temperature"]: 'readings["temperature"] + 273.15',
    lambda r: 1 / r["temperature"]: "A column is not a number",
    lambda r: len(r): "has no length",
    lambda r: r.temperature: 'a field is written ["temperature"]',
    lambda r: r.aply(len): "did you mean .apply?",
}


@pytest.mark.parametrize(("pipeline", "words"), MISTAKES.items())
def test_what_a_stream_cannot_do_is_said_in_one_line_with_the_students_own(
    lab: Lab, pipeline: Callable[[Any], Any], words: str
) -> None:
    with pytest.raises(LabError) as caught:
        lab.run(pipeline, reads="sensor", writes="out", name="wrong")
    assert words in str(caught.value)
    assert " The mistake is in " in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not lab.workers


def test_other_errors_of_attributes_are_the_students_own(lab: Lab) -> None:
    with pytest.raises(AttributeError, match="'NoneType' object has no attribute 'groupby'"):
        lab.run(lambda _: None.groupby, reads="sensor")


def test_what_is_advised_against_exists_in_pandas_and_not_in_quix_streams() -> None:
    names = [name for names in INSTEAD for name in names.split()]
    assert len(names) == len(set(names))
    tables = [pd.DataFrame, pd.Series, pd]
    assert [name for name in names if not any(hasattr(each, name) for each in tables)] == []
    assert [name for name in names if hasattr(StreamingDataFrame, name) or hasattr(StreamingSeries, name)] == []


def test_columns_compute_as_quix_streams_own(lab: Lab) -> None:
    def pipeline(readings):
        readings["sum"] = readings["temperature"] + readings["humidity"] * 2
        readings["nested"] = readings.apply(lambda reading: {"inner": reading["sum"]})
        readings["inner"] = readings["nested"]["inner"] - 1
        return readings[readings.contains("sum") & (readings["sum"] > 90) & ~readings["inner"].isnull()]

    assert lab.produce([READING, READING | {"temperature": 1.0}], per_second=None).wait(10)
    lab.run(pipeline, reads="sensor", writes="out").wait_until_caught_up()
    assert [each.value for each in lab.records("out")] == [
        READING | {"sum": 100.0, "nested": {"inner": 100.0}, "inner": 99.0}
    ]


def in_a_column(readings):
    readings["kelvin"] = readings["temprature"] + 273.15
    return readings


def in_a_function(readings):
    return readings.apply(lambda reading: reading["temprature"])


def nowhere_near(readings):
    return readings.apply(lambda reading: reading["x"])


def in_a_table_of_the_students(readings):
    limits = {"b": 30.0}
    return readings.apply(lambda reading: limits[reading["device"]])


def in_something_nested(readings):
    return readings.apply(lambda reading: {"inner": reading}["inner"]["temprature"])


def by_no_field(readings):
    return readings.group_by("devise")


FIELDS = "which has device, temperature, humidity and timestamp"
MISSING = {
    in_a_column: "ColumnDoesNotExist: 'temprature' is not a field of the record, "
    f"{FIELDS}: did you mean 'temperature'?",
    in_a_function: f"KeyError: 'temprature' is not a field of reading, {FIELDS}: did you mean 'temperature'?",
    nowhere_near: f"KeyError: 'x' is not a field of reading, {FIELDS}",
    in_a_table_of_the_students: "KeyError: 'a' is not a field of limits, which has b",
    in_something_nested: "KeyError: 'temprature'",
    by_no_field: f"KeyError: 'devise' is not a field of the record, {FIELDS}: did you mean 'device'?",
}


@pytest.mark.parametrize(("pipeline", "words"), MISSING.items())
def test_a_field_that_is_not_there_is_said_with_the_nearest_and_those_there_are(
    lab: Lab, pipeline: Callable[[Any], Any], words: str
) -> None:
    run = lab.run(pipeline, reads="sensor", writes="out", name="wrong")
    lab.produce([READING], per_second=None).wait(10)
    assert run.wait(10)
    assert run.error
    assert run.error.reason == words


def test_decoding_a_key_that_is_text_says_so(lab: Lab) -> None:
    def decode(_, key, *rest):  # noqa: ARG001
        key.decode()

    run = lab.run(lambda r: r.group_by("device").update(decode, metadata=True), reads="sensor", name="decode")
    lab.produce([READING], per_second=None).wait(10)
    assert run.wait(10)
    assert "after group_by a key is already text (03_windows)" in str(run.error)


def bytes_returned(records):
    return records


def a_field_of_bytes(records):
    return records.filter(lambda value: value["temperature"] > 30)


def a_field_of_text(records):
    return records.apply(bytes.decode).filter(lambda value: value["temperature"] > 30)


@pytest.mark.parametrize("pipeline", [bytes_returned, a_field_of_bytes, a_field_of_text])
def test_a_value_that_was_not_parsed_is_said(lab: Lab, pipeline: Callable[[Any], Any]) -> None:
    run = lab.run(pipeline, reads="sensor", writes="out", name="wrong", raw=True)
    lab.produce([READING], per_second=None).wait(10)
    assert run.wait(10)
    assert run.error
    assert run.error.reason.endswith("(json.loads makes an object of the JSON in a value)")


def test_other_values_that_cannot_be_written_are_named_by_their_type(lab: Lab) -> None:
    run = lab.run(lambda r: r.apply(lambda _: {1}), reads="sensor", writes="out", name="wrong")
    lab.produce([READING], per_second=None).wait(10)
    assert run.wait(10)
    assert run.error
    assert run.error.reason == "SerializationError: Type is not JSON serializable: set"


def test_streams_columns_and_workers_say_what_they_are(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    def shown(left, right):
        print(left)
        print(left.concat(right))
        print(left["temperature"] + 1)
        return left

    assert repr(lab.workers).startswith("no workers")
    for topic in ("a", "b"):
        lab.create_topic(topic)
    run = lab.run(shown, reads=["a", "b"], writes="out")
    assert capsys.readouterr().out.splitlines() == [
        "a stream of the records of a (a StreamingDataFrame): nothing is computed yet; see 02_filter",
        "a stream of the records of a and b (a StreamingDataFrame): nothing is computed yet; see 02_filter",
        "a column of a stream (a StreamingSeries): nothing is computed yet; see 02_filter",
    ]
    producer = lab.produce(records=1)
    assert producer.wait(10)
    eventually(lambda: run.status == "running")
    assert repr(run) == "shown is running: a and b → out"
    assert repr(producer) == "producer of sensor is finished: readings → sensor"
    assert repr(lab.workers).splitlines() == [
        "shown               running   a and b → out",
        "producer of sensor  finished  readings → sensor",
    ]
