"""Quix Streams, Flink and plain Python on the same readings: the same windows, and where not, why not."""

import json
import random
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from quixstreams.dataframe import StreamingDataFrame
from quixstreams.dataframe.windows import Count, Max, Mean, Min

from labkit import Lab
from labkit.kafka import clients
from labkit.pipelines.windows import GRACE_MS, with_device
from labkit.readings import recorded
from tests.flink import oracle, results
from tests.flink.oracle import Window
from tests.pipelines import oracle as quix_oracle
from tests.pipelines.oracle import Reading

BEGIN = 1_700_000_000_000  # a full second
TOGETHER = ("first", "second", "third")  # sensors on one clock
ALONE = "fourth"  # was cut off, and sends its backlog when its time has passed for the others
COUNT = 20_000
FACTOR = 3600  # of the replay: an hour in a second


def statistics_of_windows(readings: StreamingDataFrame) -> StreamingDataFrame:
    windows = readings.hopping_window(duration_ms=10_000, step_ms=1_000, grace_ms=GRACE_MS)
    numbers = {"average": Mean, "minimum": Min, "maximum": Max}
    each = windows.agg(count=Count(), **{name: kind("temperature") for name, kind in numbers.items()})
    return each.final(closing_strategy="key").apply(with_device, metadata=True)


def simulated(seed: int) -> list[Reading]:
    """A round of readings each 40 ms; some come out of order or late, always at the end of a round, where all sensors
    on the common clock have sent the present time. The third is silent for a while, the fourth as its name says.
    """
    dice, arrivals, backlog = random.Random(seed), [], []
    number = 0
    while len(arrivals) < COUNT:
        now = BEGIN + 40 * number
        if number == 1600:
            arrivals += backlog
        for sensor in (*TOGETHER, ALONE):
            reading = Reading(sensor, now, round(dice.uniform(25, 33), 2))
            if sensor == ALONE and 800 < number < 1600:
                backlog.append(reading)
            elif sensor != TOGETHER[2] or not 2000 < number < 3000:
                arrivals.append(reading)
        for sensor in TOGETHER[:2]:
            if dice.random() < 0.1:
                delay = dice.choice([dice.randrange(40, 2000, 10), dice.randrange(2000, 15_000, 10)])
                arrivals.append(Reading(sensor, max(now - delay, BEGIN), round(dice.uniform(25, 33), 2)))
        number += 1
    return arrivals[:COUNT]


def replayed() -> list[Reading]:
    """The weather of 2013, an hour in a second; its one missing value is no reading."""
    rows = recorded("nyc-weather", start="2013-01-01")
    begin, past = rows[0]["timestamp"], round(time.time()) * 1000 - 4 * 3_600_000
    shift = past - past % 1000
    return [
        Reading(row["device"], shift + (row["timestamp"] - begin) // FACTOR, row["temperature"])
        for row in rows
        if row["temperature"] is not None
    ]


def send(lab: Lab, readings: Sequence[Reading]) -> None:
    """Send readings to the topics of both engines, each with its name for the device; and some invalid records."""
    lab.create_topic("sensor", "sensor-data")
    producer = clients.producer(lab.broker.address)
    for number, (device, timestamp, temperature) in enumerate(readings):
        fields = {"temperature": temperature, "humidity": 40, "timestamp": timestamp}
        for topic, name in ("sensor", "device"), ("sensor-data", "sensor_id"):
            value = json.dumps({name: device, **fields})
            producer.produce(lab.full_name(topic), value, device, timestamp=timestamp)
            if number % 1000 == 0:
                producer.produce(lab.full_name(topic), "no reading", device, timestamp=timestamp)
        producer.poll(0)
    assert producer.flush(30) == 0


def through_quix_streams(lab: Lab) -> list[Window]:
    run = lab.run(statistics_of_windows, reads="sensor", writes="windows")
    run.wait_until_caught_up(120)
    run.stop()
    names = ("device", *Window._fields[1:])
    return sorted(Window(*(each.value[name] for name in names)) for each in lab.records("windows"))


def closed_by_quix_streams(readings: Sequence[Reading]) -> list[Window]:
    found = quix_oracle.closed(readings, oracle.DURATION)
    return sorted(Window(d, s, e, quix_oracle.mean(v), min(v), max(v), len(v)) for d, s, e, v in found)


def of(sensors: Sequence[str], windows: Sequence[Window]) -> list[Window]:
    return [each for each in windows if each.sensor_id in sensors]


@pytest.mark.parametrize(
    "recording", [False, pytest.param(True, marks=pytest.mark.soak)], ids=["simulated", "nyc-weather"]
)
def test_three_engines_agree(lab: Lab, tmp_path: Path, recording: bool) -> None:
    readings = replayed() if recording else simulated(seed=1)
    send(lab, readings)

    job = lab.flink(into=tmp_path, bounded=True)
    in_quix_streams = through_quix_streams(lab)
    assert job.wait(120)
    assert not job.error

    wanted, late = oracle.results(readings)
    in_flink = results.windows(tmp_path)
    results.assert_equal(in_flink, wanted)
    results.assert_equal(in_quix_streams, closed_by_quix_streams(readings))
    lines = results.objects(tmp_path, "readings")
    assert [(each["sensor_id"], each["timestamp"], each["temperature"], each["late"]) for each in lines] == [
        (*reading[:2], reading.temperature, is_late) for reading, is_late in zip(readings, late, strict=True)
    ]
    alerts = [each for each in readings if each.temperature + 273.15 > 303]
    assert [(each["sensor_id"], each["timestamp"]) for each in results.objects(tmp_path, "alerts")] == [
        reading[:2] for reading in alerts
    ]
    assert job.progress.unreadable == len(readings[::1000])
    assert (job.progress.readings, job.progress.late) == (len(readings), sum(late))

    # The engines among themselves. Flink has closed all windows at the end of the topic; Quix Streams has not.
    sensors = sorted({each.device for each in readings} - {ALONE})
    newest = {each: max(reading.timestamp for reading in readings if reading.device == each) for each in sensors}
    ended = [each for each in of(sensors, in_flink) if each.end + GRACE_MS <= newest[each.sensor_id]]
    results.assert_equal(of(sensors, in_quix_streams), ended)
    if not recording:
        assert sum(late) > 1000
        # A sensor that was cut off: in Flink the others' time went on without it, and its backlog is late.
        counts = [sum(each.count for each in of([ALONE], several)) for several in (in_flink, in_quix_streams)]
        assert counts[0] < counts[1] - 4000
