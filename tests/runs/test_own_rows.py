"""Rows of any shape in a topic: what is read back from Kafka is what was in the table."""

import itertools
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labkit import Lab, LabError
from labkit.kafka.tap import Record
from labkit.readings import Columns, Replay, World, now
from labkit.readings.tables import read
from labkit.readings.times import milliseconds
from labkit.runs.producer import Producer
from tests.topics import topics_of

BEGIN = 1_740_830_400_000  # 2025-03-01 12:00 UTC
NUMBERS = itertools.count(1)

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip
keys = st.text(min_size=1, max_size=8) | st.integers(-9, 9)
moments = st.integers(0, 36_000)  # milliseconds after the beginning
ways_to_write = st.sampled_from([int, lambda time: time * 1_000_000, lambda time: f"{time // 1000}.{time % 1000:03}"])


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[dict[str, Any]], str, str]:
    """Rows with any columns, and which of them are the key and the time."""
    names = draw(st.lists(st.text(max_size=8), min_size=2, max_size=6, unique=True))
    write = draw(ways_to_write)
    rows = draw(st.lists(st.tuples(keys, moments, *[values] * (len(names) - 2)), min_size=1, max_size=12))
    return [dict(zip(names, (key, write(BEGIN + time), *rest), strict=True)) for key, time, *rest in rows], *names[:2]


def by_key(records: list[Record]) -> dict[str | None, list[tuple[int, Any]]]:
    """Time and value of each record, in the order of its key's partition."""
    found = defaultdict(list)
    for each in records:
        found[each.key].append((each.timestamp, each.value))
    return found


def time_of(written: Any) -> int:
    """An oracle in plain words for each of the ways to write a time."""
    if isinstance(written, str):
        return int(written.replace(".", ""))
    return written if written < 10**14 else written // 1_000_000


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=tables(), factor=st.none() | st.floats(1000, 1e6))
def test_any_table_is_read_back_from_kafka_as_it_is_and_so_is_its_replay(
    lab: Lab, table: tuple[list[dict[str, Any]], str, str], factor: float | None
) -> None:
    rows, key, time = table
    topic = f"rows-{next(NUMBERS)}"
    lab.create_topic(topic, partitions=3)
    if factor is None:
        producer = lab.produce(rows, writes=topic, key=key, time=time, per_second=None)
        expected = [(time_of(row[time]), row) for row in rows]
    else:
        columns = Columns(key, time, of_readings=False)
        replay = Replay(read(rows, columns), factor, clock=lambda: BEGIN, holds_readings=False)
        producer = Producer(topics_of(lab), World(replay), topic, topic)
        producer.start()
        rows = sorted(rows, key=lambda row: time_of(row[time]))
        first = time_of(rows[0][time])
        expected = [(round(BEGIN + (time_of(row[time]) - first) / factor), row) for row in rows]
    assert producer.wait(20)
    assert producer.accepted == producer.delivered == len(rows)
    sent = defaultdict(list)
    for moment, row in expected:
        sent[str(row[key])].append((moment, row))
    assert by_key(lab.records(topic)) == sent


def test_records_without_keys_and_times_are_written_all_the_same(lab: Lab) -> None:
    begun = now()
    production = lab.produce([{"level": 3.4}, {"level": None}], writes="levels", per_second=None)
    assert production.wait(10)
    records = lab.records("levels")
    assert [(each.key, each.value) for each in records] == [(None, {"level": 3.4}), (None, {"level": None})]
    assert all(begun <= each.timestamp <= now() for each in records)
    assert "no key" in production.note
    assert "the time at which they are produced" in production.note


def test_what_a_generator_leaves_out_is_said_as_it_comes(lab: Lab) -> None:
    rows = ({"station": "Köln", "measured": time} for time in ("01.03.25 12:00", "n/a", "01.03.25 12:01"))
    production = lab.produce(rows, writes="levels", key="station", time="measured", per_second=None)
    assert production.wait(10)
    assert [each.timestamp for each in lab.records("levels")] == [BEGIN, BEGIN + 60_000]
    assert production.note == ("measured: day, month, year (UTC); 1 row was left out, without station or measured")


def test_rows_of_another_shape_are_refused_by_the_labs_topics_with_what_to_pass(lab: Lab) -> None:
    rows = [{"station": "Köln", "level": 3.4, "measured": "2025-03-01"}]
    for topic in ("sensor", "sensor-data"):
        with pytest.raises(LabError, match=r"Row 1: device, .* is missing\. .*pass writes="):
            lab.produce(rows, writes=topic)
        with pytest.raises(LabError, match=r"holds readings, whose key is device.*pass writes="):
            lab.produce(rows, writes=topic, key="station", time="measured")
    levels = lab.produce(rows, writes="levels", key="station", time="measured", per_second=None)
    assert levels.wait(10)
    with pytest.raises(LabError, match="sensor holds readings, which the rows of this world are not"):
        lab.produce(levels.world)


def test_own_rows_can_be_silent_late_and_damaged_but_not_warm(lab: Lab) -> None:
    rows = [{"station": "Köln", "level": number, "measured": BEGIN + number} for number in range(3)]
    production = lab.produce(rows, writes="levels", key="station", time="measured", per_second=0.001)
    world = production.world
    assert world.devices == ("Köln",)
    with pytest.raises(LabError, match="A heat wave warms readings"):
        world.heatwave("Köln")
    lab.wait_for("levels", 1)
    world.silence("Köln")
    world.corrupt("Köln")
    production.per_second = None
    assert production.wait(10)
    assert world.wake("Köln", backlog_first=True) == 2
    assert lab.produce(world, writes="levels").wait(10)
    first, damaged, last = lab.records("levels")
    assert [(each.key, each.timestamp) for each in (first, damaged, last)] == [("Köln", BEGIN + n) for n in range(3)]
    assert (first.value, last.value) == (rows[0], rows[2])
    assert isinstance(damaged.value, bytes)


def test_a_device_that_has_a_sensor_id_too_keeps_both(lab: Lab) -> None:
    row = {"device": "roof", "sensor_id": "A7", "temperature": 21.5, "humidity": 40, "timestamp": BEGIN}
    assert lab.produce([row], writes="sensor-data", per_second=None).wait(10)
    (record,) = lab.records("sensor-data")
    assert (record.key, record.value) == ("roof", row)


def test_text_with_a_time_zone_is_read_as_that_time(lab: Lab) -> None:
    row = {"station": "Köln", "measured": "2025-03-01T13:00:00+01:00"}
    assert lab.produce([row], writes="levels", key="station", time="measured", per_second=None).wait(10)
    assert [each.timestamp for each in lab.records("levels")] == [milliseconds(row["measured"])] == [BEGIN]
