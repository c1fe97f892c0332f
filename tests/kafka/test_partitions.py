"""One key goes to one partition, whoever writes it."""

import subprocess
from collections.abc import Callable

import pytest
from quixstreams import Application

from labkit import Lab
from labkit.broker import server
from labkit.broker.installation import KafkaInstallation
from labkit.kafka import clients

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


def test_records_without_a_key_are_spread(lab: Lab) -> None:
    lab.create_topic("keyless", partitions=5)
    producer = clients.producer(lab.broker.address, **{"sticky.partitioning.linger.ms": 0})
    for _ in range(200):
        producer.produce(lab.full_name("keyless"), b"{}")
    assert producer.flush(10) == 0
    assert {record.partition for record in lab.records("keyless")} == set(range(5))
