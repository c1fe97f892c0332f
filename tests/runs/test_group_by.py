"""Streams with new keys: through a repartition topic if there are several partitions, whatever their names."""

import pytest
from quixstreams.dataframe.windows import Count

from labkit import Lab
from labkit.kafka import clients
from tests.topics import topics_of

START = 1_700_000_000_000


def readings(count: int, **more: object) -> list[dict[str, object]]:
    one = {"temperature": 20.0, "humidity": 40.0}
    return [
        one | {"device": f"sensor-{number % 7}", "timestamp": START + 1000 * number} | more for number in range(count)
    ]


def test_caught_up_means_that_repartition_topics_are_read_too(lab: Lab) -> None:
    lab.create_topic("sensor", partitions=3)
    assert lab.produce(readings(3000), per_second=None).wait(20)
    run = lab.run(lambda stream: stream.group_by("device"), reads="sensor", writes="grouped", name="grouped")
    run.wait_until_caught_up()
    assert len(lab.records("grouped")) == 3000
    assert run.lag() == 0


def test_the_lag_counts_what_waits_in_a_repartition_topic(lab: Lab) -> None:
    lab.create_topic("sensor", partitions=3)
    run = lab.run(lambda stream: stream.group_by("device"), reads="sensor", writes="grouped", name="grouped")
    assert lab.produce(readings(100), per_second=None).wait(20)
    run.wait_until_caught_up()
    run.stop()
    (between,) = (name for name in topics_of(lab).requests.metadata() if name.startswith("repartition__"))
    producer = clients.producer(lab.broker.address)
    for partition in (0, 0, 2):  # as if it had been stopped before it had read what it sent to itself
        producer.produce(between, b"{}", b'"sensor-1"', partition=partition)
    assert producer.flush(10) == 0
    assert run.lag() == 3
    run.start()
    run.wait_until_caught_up()
    assert run.lag() == 0
    assert len(lab.records("grouped")) == 103


@pytest.mark.parametrize("partitions", [1, 3])
def test_a_field_with_a_space_and_a_topic_with_200_characters_make_names_that_kafka_allows(
    lab: Lab, partitions: int
) -> None:
    room, long = "name of the room, as the spreadsheet calls it", "x" * 200
    lab.create_topic(long, partitions=partitions)
    assert lab.produce(readings(60, device="sensor-1", **{room: "Room 1"}), writes=long, per_second=None).wait(20)

    def rooms(stream):
        return stream.group_by(room).tumbling_window(10_000).agg(n=Count()).final()

    run = lab.run(rooms, reads=long, writes="y" * 200, name="z" * 200)
    run.wait_until_caught_up()
    counts = [record.value["n"] for record in lab.records("y" * 200)]
    assert counts == [10] * 5
    run = lab.run(rooms, reads=long, writes="y" * 200, name="z" * 200)  # finds its predecessor, and removes its topics
    run.wait_until_caught_up()
    assert (
        len([name for name in topics_of(lab).requests.metadata() if f"__{lab.full_name(run.group)}--" in name])
        == (partitions > 1) + 1
    )
