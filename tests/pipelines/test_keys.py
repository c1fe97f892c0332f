"""The name of a window's device, whatever kind of key Quix Streams hands over."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from quixstreams.dataframe.windows import Count, Mean

from labkit import Lab
from labkit.kafka import clients
from labkit.pipelines import average_temperature
from tests.topics import topics_of
from tests.waiting import eventually

NOTEBOOK = Path(__file__).parents[2] / "notebooks/03_windows.ipynb"
BEGIN = 1_700_000_000_000


def taught() -> Any:
    """What notebook 03 writes in its cell on the two windows of the lab."""
    (cell,) = [each for each in nbformat.read(NOTEBOOK, as_version=4).cells if "def with_device" in each.source]
    names: dict[str, Any] = {"Count": Count, "Mean": Mean}
    exec(cell.source, names)
    return names["average_temperature"]


def readings(devices: int) -> list[dict[str, object]]:
    return [
        {"device": f"sensor-{each % devices}", "temperature": 20.0, "humidity": 40, "timestamp": BEGIN + 500 * each}
        for each in range(60)
    ]


@pytest.mark.parametrize("pipeline", [average_temperature, taught()], ids=["shipped", "taught"])
@pytest.mark.parametrize("partitions", [1, 3])
def test_after_group_by_the_windows_and_their_keys_are_the_same(
    lab: Lab, pipeline: Callable[[Any], Any], partitions: int
) -> None:
    lab.create_topic("sensor", "plain", "grouped", partitions=partitions)
    assert lab.produce(readings(devices=3), per_second=None).wait(10)
    lab.run(pipeline, reads="sensor", writes="plain").wait_until_caught_up()
    run = lab.run(lambda stream: pipeline(stream.group_by("device")), reads="sensor", writes="grouped", name="grouped")
    windows = topics_of(lab).count("plain")
    assert windows > 3
    eventually(lambda: run.error or topics_of(lab).count("grouped") == windows)
    assert run.error is None
    plain, grouped = (
        sorted((each.key, each.timestamp, str(each.value)) for each in lab.records(topic))
        for topic in ("plain", "grouped")
    )
    assert plain == grouped
    assert {each.key for each in lab.records("grouped")} == {f"sensor-{each}" for each in range(3)}


def test_a_key_that_is_no_text_does_not_end_the_pipeline_and_is_written_on_as_it_was(lab: Lab) -> None:
    lab.create_topic("sensor")
    producer = clients.producer(lab.broker.address)
    for second in (0, 30):
        value = b'{"device": "a", "temperature": 1, "humidity": 1, "timestamp": %d}' % (BEGIN + 1000 * second)
        producer.produce(lab.full_name("sensor"), value, b"\xff", timestamp=BEGIN + 1000 * second)
    assert producer.flush(10) == 0
    lab.run(average_temperature, reads="sensor", writes="avg-temp").wait_until_caught_up()
    assert {(each.key, each.value["device"]) for each in lab.records("avg-temp")} == {("\\xff", "\\xff")}
