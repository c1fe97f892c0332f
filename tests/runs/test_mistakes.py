"""A learner's mistakes end in one line that says what to do instead."""

import datetime
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pytest
from confluent_kafka.admin import AdminClient
from quixstreams import Application
from quixstreams.dataframe import StreamingDataFrame
from quixstreams.dataframe.series import StreamingSeries
from quixstreams.dataframe.windows import Count, Max, Mean

from labkit import Lab, LabError
from labkit.kafka import clients
from labkit.readings import now
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


def field_by_a_dot(readings):
    readings.kelvin = readings["temperature"] + 273.15
    return readings


def field_deleted(readings):
    del readings["humidity"]
    return readings


async def waiting(value):
    return value


def by_attribute(reading, state):
    state.count = (state.get("count") or 0) + 1
    return reading


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
    lambda r: abs(r["temperature"]): 'readings["temperature"].abs()',
    lambda r: r["temperature"] // 2: "A column is not a number",
    field_by_a_dot: 'readings["kelvin"] = ...',
    field_deleted: 'readings.drop("humidity")',
    lambda r: r.__setitem__("label", f"{r['temperature']} degrees"): "A column has no text",
    lambda r: r.__setitem__("label", str(r["temperature"])): "A column has no text",
    lambda r: r.__setitem__("kelvin", lambda reading: reading["temperature"] + 273.15): "readings.apply(function)",
    lambda r: r.filter(r["temperature"] > 30): "readings[condition]",
    lambda r: r.apply(None): ".apply needs a function that it can call for each record, not None",
    lambda r: r.update("print"): ".update needs a function that it can call for each record, not a str",
    lambda r: r["temperature"].apply(1.8): "not a float",
    lambda r: r.group_by(lambda reading: reading["device"]): "or a function and a name",
    lambda r: r.group_by(r["device"]): 'readings.group_by("device")',
    lambda r: r.group_by(["device", "humidity"]): 'readings.group_by("device")',
    lambda r: r.tumbling_window(1000).mean("temperature"): '.agg(mean=Mean("temperature")).final()',
    lambda r: r.tumbling_window(1000).count("temperature"): '.agg(count=Count("temperature")).final()',
    lambda r: r.tumbling_window(1000).agg(Mean("temperature")): "give its results names",
    lambda r: r.tumbling_window(1000).agg(mean="temperature"): "give its results names",
    lambda r: r.tumbling_window(1000).std("temperature"): "give its results names",
    lambda r: r.hopping_window(2000, 1000).final(): "give its results names",
    lambda r: r.tumbling_window(1000).agg(mean=Mean("temperature"))["mean"]: "end with .final()",
    lambda r: r.tumbling_window(1000).agg(mean=Mean("temperature")).to_topic(1): "end with .final()",
    lambda r: r.tumbling_window("10s"): "milliseconds",
    lambda r: r["device", "temperature"]: 'are a list: readings[["device", "temperature"]]',
    lambda r: r[-1]["temperature"]: "A stream has no rows or positions",
    lambda r: r[:10]: "A stream has no rows or positions",
    lambda r: r.drop("humidity", axis=1): "StreamingDataFrame.drop() got an unexpected keyword argument 'axis'.",
    lambda r: r[r["temperature"] > 30 & r["humidity"]]: "each comparison in parentheses",
    lambda r: f"{r['temperature']:.1f}": "A column has no text",
    lambda r: r.hopping_window(1000): "missing 1 required positional argument: 'step_ms'",
    lambda r: r.select("device"): 'a list of fields, as in readings[["device", "temperature"]]',
    lambda r: r.withColumn("kelvin", r["temperature"] + 273.15): "use a new field",
    lambda r: r.withWatermark("timestamp", "10 seconds"): "grace_ms=2_000",
    lambda r: r.writeStream.start(): "lab.run(pipeline",
    lambda r: r.show(): 'lab.peek("sensor")',
    lambda r: r.rename(columns={"temperature": "celsius"}): 'readings.drop("temperature")',
    lambda r: r["device"].str.upper(): ".apply(str.upper)",
    lambda r: r["temperature"].strem: "A column has no .strem: a field is written",
    lambda r: np.sqrt(r["temperature"]): "A column holds no values yet",
    lambda r: np.where(r["temperature"] > 30, "hot", "cold"): "A column holds no values yet",
    lambda r: pd.to_datetime(r["timestamp"], unit="ms"): "A column holds no values yet",
    lambda r: r.to_topic("alert"): 'lab.run(pipeline, reads="sensor", writes="alert")',
    lambda r: r.apply(): "missing 1 required positional argument: 'func'",
    lambda r: r[lambda reading: reading["temperature"] > 30]: "is given to .filter, as in readings.filter(",
    lambda r: r.pop("humidity"): 'A stream has no .pop: use readings.drop("humidity")',
    lambda r: r["temperature"].tumbling_window(1000): "a stream has it: readings.tumbling_window(10_000).agg(mean=",
    lambda r: r["temperature"].group_by("device"): "A column has no .group_by, but a stream has it: readings.group_by(",
    lambda r: r.isnull(): 'but a column has it, as in readings["temperature"].isnull(',
    lambda r: r.set_index("device"): "which pandas has for whole tables: .apply calls a function for each record",
    lambda r: r.tumbling_window(size_ms=1000): "keyword argument 'size_ms'. It takes duration_ms, grace_ms, name, ",
    lambda r: r.hopping_window(9, slide_ms=1): "keyword argument 'slide_ms'. It takes duration_ms, step_ms, grace_ms, ",
    lambda r: r.tumbling_window(9).agg(n=Count()).final(closing="key"): "'closing'. It takes closing_strategy.",
    lambda r: r.tumbling_window(9).agg(mean=Mean(field="temperature")): "'field'. It takes column.",
    lambda r: r.group_by(column="device"): 'readings.group_by("device")',
    lambda r: r[r["device"].isin("kitchen-2")]: ".isin needs a list of values, not 'kitchen-2'",
    lambda r: r[r["temperature"].isin(20.0)]: ".isin needs a list of values, not 20.0",
    lambda r: r[r["humidity"] is None]: 'readings[readings["humidity"].isnull()]',
    lambda r: r[[r["temperature"] > 30, r["humidity"] < 40]]: "Conditions are joined by & and |",
    lambda r: r.tumbling_window(9).agg(mean=Mean(["temperature", "humidity"])).final(): "Mean takes the name of one",
    lambda r: r.tumbling_window(9).agg(top=Max(r["temperature"])).final(): "Max takes the name of one field",
    lambda r: r.tumbling_window(9).agg(n=Count()).final().final(): "what it returns is a stream already",
    lambda r: r.tumbling_count_window("3"): "as in .tumbling_count_window(10), not '3'",
    lambda r: r.tumbling_window(9).mean(column="temperature"): "'column'. It takes nothing.",
    lambda r: r.apply(waiting): ".apply cannot wait for an async function",
    lambda r: r["temperature"].apply(waiting): ".apply cannot wait for an async function",
    lambda r: r.apply(by_attribute, stateful=True): 'state.set("count", value) remembers a value',
    lambda _: Application(broker_address="localhost:9").dataframe(topic="sensor"): "has no attribute 'name'",
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


async def asynchronous(readings):
    return readings


def generator(readings):
    yield readings


RESULTS = {
    lambda r: r["temperature"] > 30: "a column instead of a stream: readings[condition]",
    asynchronous: "without async and yield",
    generator: "without async and yield",
    lambda _: None: "returned nothing instead of a stream",
}


@pytest.mark.parametrize(("pipeline", "words"), RESULTS.items())
def test_a_function_that_returns_no_stream_says_what_it_returned(
    lab: Lab, pipeline: Callable[[Any], Any], words: str
) -> None:
    with pytest.raises(LabError, match=re.escape(words)):
        lab.run(pipeline, reads="sensor", writes="out")


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


def got_from_bytes(records):
    return records.filter(lambda value: value.get("temperature") > 30)


def a_column_of_bytes(records):
    return records[records["temperature"] > 30]


@pytest.mark.parametrize(
    "pipeline", [bytes_returned, a_field_of_bytes, a_field_of_text, got_from_bytes, a_column_of_bytes]
)
def test_a_value_that_was_not_parsed_is_said(lab: Lab, pipeline: Callable[[Any], Any]) -> None:
    run = lab.run(pipeline, reads="sensor", writes="out", name="wrong", raw=True)
    lab.produce([READING], per_second=None).wait(10)
    assert run.wait(10)
    assert run.error
    assert run.error.reason.endswith("(json.loads makes an object of the JSON in a value)")


PRINTED: list[Callable[[Any], Any]] = [
    lambda r: r[r["temperature"] > 30],
    lambda r: r.filter(lambda value: value["temperature"] > 30),
    lambda r: r.tumbling_window(1000).agg(mean=Mean("temperature")).final(),
]


def test_a_value_that_another_pipeline_has_printed_is_said(lab: Lab) -> None:
    lab.produce([READING], per_second=None).wait(10)
    lab.run(lambda r: r.apply(str), reads="sensor", writes="printed", name="prints").wait_until_caught_up()
    for pipeline in PRINTED:
        run = lab.run(pipeline, reads="printed", name="wrong")
        assert run.wait(10)
        assert "str(reading) made this text: let the pipeline that writes it return the reading itself" in str(
            run.error
        )


def test_a_record_that_kafka_refuses_for_its_time_ends_the_run_and_is_said(lab: Lab) -> None:
    def later(readings):
        return readings.set_timestamp(lambda value, key, timestamp, headers: now() + 86_400_000)  # noqa: ARG005

    lab.produce([READING], per_second=None).wait(10)
    run = lab.run(later, reads="sensor", writes="out")
    assert run.wait(20)
    assert "a record whose time is more than an hour ahead: .set_timestamp gives it another (" in str(run.error)
    assert "return readings.set_timestamp(" in str(run.error)


def in_a_function_of_a_step(readings):
    def stamp(reading):
        reading["when"] = datetime.datetime(2026, 3, 1)

    return readings.update(stamp)


def in_a_literal_of_a_stateful_function(readings):
    def stamp(reading, state):
        state.set("n", 1)
        when = datetime.datetime(2026, 3, 1)
        return reading | {"when": when}

    return readings.apply(stamp, stateful=True)


SET = {in_a_function_of_a_step: "stamp, line ", in_a_literal_of_a_stateful_function: 'return reading | {"when": when}'}


@pytest.mark.parametrize(("pipeline", "words"), SET.items())
def test_the_line_of_a_function_that_sets_what_cannot_be_written_is_named(
    lab: Lab, pipeline: Callable[[Any], Any], words: str
) -> None:
    run = lab.run(pipeline, reads="sensor", writes="out", name="wrong")
    lab.produce([READING], per_second=None).wait(10)
    assert run.wait(10)
    assert words in str(run.error.line if run.error else None)


def with_a_time(readings):
    readings["when"] = readings["timestamp"].apply(lambda ms: datetime.datetime.fromtimestamp(ms / 1000, datetime.UTC))
    return readings[readings["temperature"] > 0]


def with_a_time_in_its_state(readings):
    def remember(reading, state):
        state.set("last", datetime.datetime(2026, 3, 1))
        return reading

    return readings.apply(remember, stateful=True)


UNWRITABLE = {
    lambda r: r.apply(lambda _: {1}): "the value is a set, which JSON does not have: write sorted(value)",
    lambda r: r.apply(lambda reading: reading | {"a": {"b": [1, Decimal(2)]}}): "a.b[1] is a Decimal",
    with_a_time: "when is a datetime, which JSON does not have: write when.isoformat()",
    with_a_time_in_its_state: "the value is a datetime, which JSON does not have: write value.isoformat()",
    lambda r: r.group_by("humidity"): "the key of a record is 40.0, of type float, and a key must be text",
}


@pytest.mark.parametrize(("pipeline", "words"), UNWRITABLE.items())
def test_what_cannot_be_written_is_named_by_its_field(lab: Lab, pipeline: Callable[[Any], Any], words: str) -> None:
    run = lab.run(pipeline, reads="sensor", writes="out", name="wrong")
    lab.produce([READING], per_second=None).wait(10)
    assert run.wait(10)
    assert run.error
    assert words in run.error.reason
    if pipeline is with_a_time:  # not the last line, which was running
        assert 'readings["when"] = ' in str(run.error.line)


def in_a_named_function(readings):
    def up(humidity):
        return humidity + 1

    readings["more"] = readings["humidity"].apply(up)
    return readings


def against_a_state_that_holds_nothing(readings):
    def rise(reading, state):
        return {"rise": reading["temperature"] - state.get("last")}

    return readings.apply(rise, stateful=True)


def state_without_being_asked_for(readings):
    return readings.apply(lambda reading, state: reading)  # noqa: ARG005


def state_like_a_dict(readings):
    def remember(reading, state):
        state["last"] = reading["temperature"]

    return readings.update(remember, stateful=True)


def counted_outside(readings):
    count = 0

    def add(reading):
        count += 1  # noqa: F823, F841
        return reading

    return readings.apply(add)


ROW = {"station": "a", "temperature": 20.0, "humidity": None, "room no": None, "floor": "3", "level": "low"}
NULL = (
    'humidity is null in this record: leave out records without it, readings[readings["humidity"].notnull()], or fill '
    "it in, readings.fill(humidity=0), before this line"
)
UNUSABLE = {
    lambda r: r[r["humidity"] > 30]: NULL,
    lambda r: r[(r["humidity"] > 30) & (r["temperature"] > 3)]: NULL,
    lambda r: r.__setitem__("sum", r["temperature"] + r["humidity"]) or r: NULL,
    lambda r: r.filter(lambda row: 30 < row["humidity"] < 40): NULL,
    lambda r: r.__setitem__("up", r["humidity"].apply(lambda h: h.upper())) or r: NULL,
    lambda r: r[r["humidity"].abs() > 1]: NULL,
    lambda r: r[r["humidity"]["inner"] > 1]: NULL,
    in_a_named_function: NULL,
    lambda r: r[r["room no"] > 30]: 'or fill it in, readings.fill(**{"room no": 0}), before this line',
    lambda r: r[r["room no"] + r["humidity"] > 30]: "humidity and room no are null in this record",
    lambda r: r.filter(lambda row: row.get("wind") > 3): "wind is not a field of this record: give .get a default",
    against_a_state_that_holds_nothing: 'give it a default, as in state.get("last", 0)',
    lambda r: r[
        r["floor"] > 2
    ]: 'floor is text in this record, \'3\': readings["floor"] = readings["floor"].apply(float)',
    lambda r: r[r["level"] > 2]: "level is text in this record, 'low'",
    lambda r: r.tumbling_window(1000).sum().final(): 'name a field, as in .agg(sum=Sum("temperature"))',
    lambda r: r.tumbling_window(1000).agg(mean=Mean()).final(): 'name a field, as in .agg(sum=Sum("temperature"))',
    lambda r: r.filter(lambda row: row > 3): 'this is a whole record: name a field, as in reading["temperature"]',
    lambda r: r[r["temperature"] > "30"]: "a number meets text here: is it written in quotes",
    lambda r: r.apply(lambda value, _: value): "with metadata=True value, key, timestamp and headers",
    lambda r: r.apply(lambda row: row.temperature): 'a field of a record is written ["temperature"]',
    state_without_being_asked_for: "with stateful=True value and state",
    state_like_a_dict: 'state is written by state.set("last", value)',
    counted_outside: "remembers from record to record by its state",
    lambda r: r.apply(lambda row: row["temperature"] > None): "'>' not supported between instances of 'float' and",
}


@pytest.mark.parametrize(("pipeline", "words"), UNUSABLE.items())
def test_what_cannot_be_computed_with_is_named_by_its_field_with_the_line_and_the_record(
    lab: Lab, pipeline: Callable[[Any], Any], words: str
) -> None:
    lab.produce([ROW], writes="rows", key="station", time=None, per_second=None).wait(10)
    run = lab.run(pipeline, reads="rows", writes="out", name="wrong")
    assert run.wait(10)
    assert run.error
    assert words in run.error.reason
    assert "\n" not in str(run.error)
    assert run.error.line
    assert run.error.record.startswith("rows, partition 0, offset 0, key a: {")


def test_a_function_that_returns_nothing_is_said(lab: Lab) -> None:
    def forgotten(reading):
        reading["kelvin"] = reading["temperature"] + 273.15

    lab.produce([READING], per_second=None).wait(10)
    run = lab.run(lambda r: r.apply(forgotten), reads="sensor", writes="out", name="nothing")
    run.wait_until_caught_up()
    assert "if a function in .apply returns nothing, use .update" in run.note
    run = lab.run(lambda r: r.apply(forgotten).filter(lambda r: r["kelvin"]), reads="sensor", name="less")
    assert run.wait(10)
    assert "has a function in .apply returned nothing?" in str(run.error)


def test_windows_say_what_they_leave_out(lab: Lab) -> None:
    def windows(readings):
        return readings.tumbling_window(1000).agg(mean=Mean("temprature"), n=Count(), top=Max("humidity")).final()

    run = lab.run(windows, reads="sensor", writes="out")
    producer = clients.producer(lab.broker.address)
    for second, key in enumerate([b"a", b"a", None]):
        stamp = READING["timestamp"] + 1000 * second
        producer.produce(lab.full_name("sensor"), orjson.dumps(READING | {"timestamp": stamp}), key, timestamp=stamp)
    assert producer.flush(10) == 0
    run.wait_until_caught_up()
    aggregation, keys = run.note.split("; ")
    assert aggregation.startswith('Mean("temprature") has nothing to compute: no record so far has the field')
    assert "did you mean 'temperature'? (windows, line " in aggregation
    assert keys.startswith("windows leave out records without a key, 1 so far")
    late = READING | {"temprature": 1, "timestamp": READING["timestamp"] + 3000}
    lab.produce([late], per_second=None).wait(10)
    run.wait_until_caught_up()
    assert "temprature" not in run.note


UNKNOWN = {
    lambda r: r[r.contains("temprature")]: '.contains("temprature") is never true: no record so far has the field',
    lambda r: r[r.contains(["device", "temprature"])]: '.contains("temprature") is never true',
    lambda r: r.fill(temprature=0): ".fill(temprature=0) adds a new field: no record so far has the field 'temprature'",
    lambda r: r.fill("temprature"): '.fill("temprature") adds a new field',
}


@pytest.mark.parametrize(("pipeline", "words"), UNKNOWN.items())
def test_a_field_that_no_record_has_so_far_is_said(lab: Lab, pipeline: Callable[[Any], Any], words: str) -> None:
    lab.produce([READING], per_second=None).wait(10)
    run = lab.run(pipeline, reads="sensor", writes="out", name="wrong")
    run.wait_until_caught_up()
    assert run.note.startswith(words)
    assert "did you mean 'temperature'? (line " in run.note


def test_fields_that_records_have_and_new_ones_need_no_word(lab: Lab) -> None:
    lab.produce([READING], per_second=None).wait(10)
    run = lab.run(
        lambda r: r[r.contains("humidity")].fill(humidity=0, wind=0), reads="sensor", writes="out", name="well"
    )
    run.wait_until_caught_up()
    assert run.note == ""
    assert [each.value["wind"] for each in lab.records("out")] == [0]


def test_a_window_whose_length_was_meant_in_seconds_says_that_it_is_in_milliseconds(lab: Lab) -> None:
    def seconds(readings):
        return readings.hopping_window(10, 1).agg(mean=Mean("temperature")).final()

    run = lab.run(seconds, reads="sensor", writes="out")
    assert run.note == "a hopping window of 10 ms: lengths are in milliseconds, so 10 s are 10_000"
    run = lab.run(lambda r: r.sliding_window(1000).agg(n=Count()).final(), reads="sensor", name="right")
    assert run.note == ""


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


def test_a_topic_can_be_read_only_once(lab: Lab) -> None:
    with pytest.raises(LabError, match="sensor is named twice in reads: name it once"):
        lab.run(lambda left, right: left.concat(right), reads=["sensor", "sensor"], writes="out")
    with pytest.raises(LabError, match="sensor is named twice in reads"):
        lab.step(lambda left, right: left.concat(right), reads=["sensor", "sensor"])


def test_a_class_is_no_pipeline_but_what_it_makes_may_be(lab: Lab) -> None:
    class Pipeline:
        def __call__(self, readings):
            return readings

    with pytest.raises(LabError, match="Pipeline is a class, and a pipeline is a function"):
        lab.run(Pipeline, reads="sensor", writes="out")
    assert lab.run(Pipeline(), reads="sensor", writes="out").note == ""


def test_a_topic_that_is_deleted_and_made_anew_is_read_again(lab: Lab) -> None:
    lab.produce([READING], per_second=None).wait(10)
    run = lab.run(lambda r: r, reads="sensor", writes="out", name="same")
    run.wait_until_caught_up()
    admin = AdminClient({"bootstrap.servers": lab.broker.address})
    admin.delete_topics([lab.full_name("sensor")])[lab.full_name("sensor")].result(10)
    assert run.wait(60)
    assert "a topic that it reads has been deleted: run.start() continues" in str(run.error)
    lab.create_topic("sensor")
    lab.produce([READING], per_second=None).wait(10)
    run.start()
    run.wait_until_caught_up()
    assert len(lab.records("out")) == 2
