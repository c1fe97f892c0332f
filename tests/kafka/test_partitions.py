"""One key goes to one partition, whoever writes it."""

import subprocess
from collections.abc import Callable

import pytest
from confluent_kafka.admin import NewPartitions
from quixstreams import Application
from quixstreams.dataframe.windows import Count

from labkit import Lab
from labkit.broker import server
from labkit.broker.installation import KafkaInstallation
from labkit.kafka import clients
from labkit.kafka.tap import Record, Tap
from tests.topics import topics_of
from tests.waiting import eventually

KEYS = [*(f"sensor-{number}" for number in range(1, 41)), "EWR", "JFK", "LGA", "Kühlraum", "x" * 300]
CONSOLE_PRODUCER = "org.apache.kafka.tools.ConsoleProducer"


@pytest.fixture
def places(lab: Lab) -> Callable[[str], dict[str | None, int]]:
    return lambda topic: {record.key: record.partition for record in lab.records(topic)}


def write_as_the_lab(lab: Lab, topic: str) -> None:
    producer = clients.producer(lab.broker.address)
    for key in KEYS:
        producer.produce(lab.full_name(topic), b"{}", key.encode())
    assert producer.flush(10) == 0


def test_a_key_goes_where_quix_streams_and_java_put_it(
    lab: Lab, installation: KafkaInstallation, places: Callable[[str], dict[str | None, int]]
) -> None:
    topics = ("by-the-lab", "by-quix-streams", "by-java")
    lab.create_topic(*topics, partitions=5)
    write_as_the_lab(lab, "by-the-lab")
    with Application(lab.broker.address).get_producer() as producer:
        for key in KEYS:
            producer.produce(lab.full_name("by-quix-streams"), b"{}", key.encode())
    arguments = [CONSOLE_PRODUCER, "--bootstrap-server", lab.broker.address, "--topic", lab.full_name("by-java")]
    properties = [each for text in ("parse.key=true", "key.separator==") for each in ("--reader-property", text)]
    subprocess.run(
        server.java(installation.classpath, [*arguments, *properties], *installation.aot_options()),
        input="".join(f"{key}={{}}\n" for key in KEYS),
        text=True,
        capture_output=True,
        timeout=60,
        check=True,
    )
    ours = places("by-the-lab")
    assert set(ours) == set(KEYS)
    assert set(ours.values()) == set(range(5))
    assert places("by-quix-streams") == ours
    assert places("by-java") == ours


def add_partitions(lab: Lab, topic: str, number: int) -> None:
    for future in topics_of(lab).admin.create_partitions([NewPartitions(lab.full_name(topic), number)]).values():
        future.result(10)


def test_partitions_that_are_added_are_read_by_taps_and_pipelines(lab: Lab) -> None:
    def counted(stream):
        return stream.tumbling_window(1000).agg(n=Count()).final()

    lab.create_topic("sensor")
    tap, passing = Tap(topics_of(lab), ["sensor"]), lab.run(lambda r: r, reads="sensor", writes="copy", name="passing")
    counting = lab.run(counted, reads="sensor", writes="counts")
    try:
        for run in (passing, counting):
            eventually(lambda run=run: run.status == "running")
        add_partitions(lab, "sensor", 3)
        producer = clients.producer(lab.broker.address)
        reading = b'{"device": "b", "temperature": 20, "humidity": 40, "timestamp": 1700000000000}'
        producer.produce(lab.full_name("sensor"), reading, b"b", partition=2, timestamp=1_700_000_000_000)
        assert producer.flush(10) == 0
        seen: list[Record] = []
        eventually(lambda: tap.emptied() or seen.extend(tap.read(0.1)) or seen)
        assert [(each.partition, each.key) for each in seen] == [(2, "b")]
        passing.wait_until_caught_up()
        assert passing.records_out == 1
        assert counting.wait(30)
        assert str(counting.error) == (
            "LabError: Partitions have been added to sensor, and counted keeps a state for each that there was: "
            "run its cell again."
        )
    finally:
        tap.close()
    again = lab.run(counted, reads="sensor", writes="counts")
    again.wait_until_caught_up()
    assert again.records_in == 1


def test_records_without_a_key_are_spread(lab: Lab) -> None:
    lab.create_topic("keyless", partitions=5)
    producer = clients.producer(lab.broker.address, **{"sticky.partitioning.linger.ms": 0})
    for _ in range(200):
        producer.produce(lab.full_name("keyless"), b"{}")
    assert producer.flush(10) == 0
    assert {record.partition for record in lab.records("keyless")} == set(range(5))
