"""Records that do not arrive are an error: without them a right answer would be wrong."""

import socket
from collections.abc import Iterator

import pytest

from labkit import Lab
from labkit.errors import NoAnswer
from labkit.exercises import catalogue, harness
from labkit.exercises.delivery import Outgoing, deliver
from labkit.exercises.records import BASE, Sent

RECORDS = [Outgoing("sensor", b"{}", None, BASE)] * 2


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of something that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def test_records_that_nobody_acknowledges_are_an_error(silent: str) -> None:
    with pytest.raises(NoAnswer, match=r"Kafka has not taken 2 of the records \(no answer within 0\.2 s\)"):
        deliver(silent, RECORDS, 0.2)


def test_records_that_are_given_up_are_an_error(silent: str) -> None:
    settings = {"message.timeout.ms": 200}
    with pytest.raises(NoAnswer, match=r"Kafka has not taken 2 of the records \(.*timed out"):
        deliver(silent, RECORDS, 30.0, **settings)


def test_a_harness_says_that_its_records_have_not_arrived(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harness, "FLUSH_LIMIT", 0.0)
    used = lab.checks.harness(catalogue.find("damp-rooms")[1])
    used.clear()
    with pytest.raises(NoAnswer, match="Kafka has not taken"):
        used.write("in", [Sent("kitchen", {"humidity": 1.0}, BASE)])
