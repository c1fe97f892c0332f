"""A lab on a computer that others use too: its own Kafka asks for a login, which the lab and its processes know."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, NewTopic
from quixstreams import Application

from labkit import Lab
from labkit.broker import OwnBroker, login
from labkit.broker.installation import KafkaInstallation
from labkit.kafka import properties
from labkit.pipelines import alert_filter

LAB = Path(sys.executable).with_name("lab")


@pytest.fixture(scope="module")
def lab(installation: KafkaInstallation) -> Iterator[Lab]:  # noqa: ARG001
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAB_LOGIN", "1")
        with Lab() as lab:
            yield lab


@pytest.fixture(autouse=True)
def _nothing_of_the_developers_own_lab() -> None:
    """Leave the environment alone: the module's lab has put its login there."""


def stranger(address: str, **login: str) -> AdminClient:
    return AdminClient({"bootstrap.servers": address, "log_level": 0, "error_cb": lambda _: None, **login})


@pytest.mark.slow
def test_pipelines_run_in_a_thread_and_in_a_process_and_so_do_programs_of_a_students_own(lab: Lab) -> None:
    lab.produce(devices=2, records=20, per_second=None).wait(20)
    for name, options in (("thread", {}), ("process", {"in_process": True})):
        run = lab.run(lambda readings: readings, reads="sensor", writes=name, name=name, **options)
        run.wait_until_caught_up(60)
        assert len(lab.records(name)) == 20
    with Application(broker_address=lab.connection, loglevel=None).get_producer() as producer:
        producer.produce(topic="letters", key=b"a", value=b"1")
    assert [each.value for each in lab.records("letters")] == [1]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "PLAIN",
            "sasl.username": "lab",
            "sasl.password": "lab",
        },
    ],
    ids=["no login", "a guess"],
)
def test_whoever_does_not_know_the_login_neither_reads_nor_writes(lab: Lab, given: dict[str, str]) -> None:
    other = stranger(lab.broker.address, **given)
    with pytest.raises(KafkaException):
        other.list_topics(timeout=2)
    with pytest.raises(KafkaException):
        other.create_topics([NewTopic("theirs")], operation_timeout=2, request_timeout=2)["theirs"].result(5)
    assert "theirs" not in [*lab.topics()["topic"]]


def test_the_password_is_in_one_file_that_only_its_owner_may_read_and_nowhere_else(lab: Lab) -> None:
    assert isinstance(lab.broker, OwnBroker)
    file = lab.broker.client_properties
    assert file
    password = properties.of(lab.broker.address)["sasl.password"]
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    lab.create_topic("sensor")
    run = lab.run(alert_filter, reads="sensor", writes="alert", in_process=True)
    run.wait_until_caught_up(60)
    commands = [Path(f"/proc/{each}/cmdline").read_bytes() for each in os.listdir("/proc") if each.isdigit()]
    assert not [each for each in commands if password.encode() in each]
    assert password not in f"{lab} {lab.broker.log(5000)} {lab.workers} {run.summary()} {lab.connection}"


@pytest.mark.slow
def test_a_kafka_in_a_terminal_says_where_its_login_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_LOGIN", "1")
    monkeypatch.delenv("LAB_BROKER", raising=False)
    with subprocess.Popen([LAB, "broker"], stdout=subprocess.PIPE, text=True) as broker:
        try:
            assert broker.stdout
            name, _, file = broker.stdout.readline().removeprefix("export ").strip().partition("=")
            done = subprocess.run(
                [LAB, "produce", "--records", "3", "--per-second", "max"],
                env=os.environ | {name: file},
                capture_output=True,
                text=True,
                timeout=60,
            )
            assert "3 records written to sensor" in done.stdout + done.stderr
        finally:
            broker.terminate()


@pytest.mark.parametrize(
    ("environment", "asks"),
    [
        ({}, False),
        ({"LAB_LOGIN": "1"}, True),
        ({"JUPYTERHUB_USER": "anna"}, True),
        ({"JUPYTERHUB_USER": "anna", "LAB_LOGIN": "0"}, False),
    ],
)
def test_who_is_alone_needs_no_login(environment: dict[str, str], asks: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (login.WANTED, *login.SHARED):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert bool(login.new()) == asks
