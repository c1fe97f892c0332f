"""docs/cluster.md makes a class: students work in their namespaces, and in no other; quotas slow down, not others."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit import Lab, LabError
from labkit.broker.installation import KafkaInstallation
from labkit.kafka import clients, properties
from labkit.pipelines import average_temperature
from labkit.readings import now
from tests.kafka.secured import Secured, secured

PAGE = Path(__file__).parents[2] / "docs" / "cluster.md"
STUDENTS = {"anna": "secret-of-anna", "ben": "secret-of-ben"}


def commands() -> str:
    """The scripts on the page, for whoever runs the Kafka."""
    return "\n".join(re.findall(r"```sh\n(kafka.*?)```", PAGE.read_text(), flags=re.DOTALL))


@pytest.fixture(scope="module")
def kafka(installation: KafkaInstallation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    directory = tmp_path_factory.mktemp("class")
    (directory / "students.csv").write_text("".join(f"{name},{secret}\n" for name, secret in STUDENTS.items()))
    with secured(installation, directory) as found:
        found.for_javas_tools().rename(directory / "admin.properties")
        environment = os.environ | {
            "PATH": f"{found.scripts()}:{os.environ['PATH']}",
            "BOOTSTRAP": found.address,
        }
        script = ["bash", "-euc", commands()]
        done = subprocess.run(script, cwd=directory, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        yield found


def logs_in(kafka: Secured, monkeypatch: pytest.MonkeyPatch, name: str, namespace: str = "") -> Lab:
    monkeypatch.setenv("LAB_BROKER", kafka.address)
    monkeypatch.setenv("LAB_KAFKA_CONFIG", str(kafka.properties(name, STUDENTS[name])))
    monkeypatch.setenv("LAB_NAMESPACE", namespace or f"{name}-")
    return Lab()


@pytest.mark.slow
def test_two_students_work_side_by_side_and_reach_nothing_of_each_other(
    kafka: Secured, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = now() // 1000 * 1000 - 60_000
    common = {"device": "sensor-1", "temperature": 40.0, "humidity": 50.0}
    for name in STUDENTS:
        with logs_in(kafka, monkeypatch, name) as lab:
            lab.produce([common | {"timestamp": begin + 1000 * n} for n in range(60)], per_second=None).wait(20)
            for options in ({}, {"exactly_once": True}):
                writes = f"avg-{len(options)}"
                run = lab.run(average_temperature, reads="sensor", writes=writes, name=writes, **options)
                run.wait_until_caught_up(30)
            assert [each.value for each in lab.records("avg-0")] == [each.value for each in lab.records("avg-1")] != []
            assert {*lab.topics()["topic"]} == {"sensor", "avg-0", "avg-1", "sensor.dead-letter"}
            assert {*lab.groups()["group"]} == {"avg-0.sensor.avg-0-1", "avg-1.sensor.avg-1-1"}
    with logs_in(kafka, monkeypatch, "ben", namespace="anna-") as lab:
        assert lab.topics().empty
        with pytest.raises(LabError, match="There is no topic 'sensor'"):
            lab.records("sensor")
        with pytest.raises(LabError, match="does not allow this user to do this with the topic anna-sensor: see"):
            lab.produce(records=1)
        refused = []
        producer = clients.producer(kafka.address)
        producer.produce("anna-sensor", b"from ben", on_delivery=lambda error, _: refused.append(error))
        producer.flush(10)
        assert refused[0].name() == "TOPIC_AUTHORIZATION_FAILED"
    with logs_in(kafka, monkeypatch, "ben") as lab:
        lab.reset()
    with logs_in(kafka, monkeypatch, "anna") as lab:
        assert len(lab.records("sensor")) == 60
        assert lab.topics().shape[0] == 4


@pytest.mark.slow
def test_a_quota_slows_a_greedy_producer_down(kafka: Secured, monkeypatch: pytest.MonkeyPatch) -> None:
    """8 MB at 1 MB a second: Kafka says by how much it delays each answer."""
    with logs_in(kafka, monkeypatch, "anna") as lab:
        lab.create_topic("bulk")
        assert properties.of(kafka.address)["sasl.username"] == "anna"
        throttles: list[int] = []
        producer = clients.producer(kafka.address, throttle_cb=lambda event: throttles.append(event.throttle_time))
        for _ in range(800):
            producer.produce(lab.full_name("bulk"), os.urandom(10_000))
            producer.poll(0)
        assert producer.flush(60) == 0
        assert sum(throttles) > 1  # seconds
