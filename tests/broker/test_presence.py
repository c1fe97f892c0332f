"""Somebody else's Kafka is missed only if nothing listens at any of its addresses."""

import contextlib
from collections.abc import Iterator

import pytest

from labkit.broker import OwnBroker, presence
from labkit.broker.installation import KafkaInstallation
from labkit.broker.presence import Presence
from labkit.loopback import HOST, free_ports
from tests.broker.lives import jvm
from tests.waiting import eventually

Looks = list[str]


@pytest.fixture
def kafka(installation: KafkaInstallation) -> Iterator[OwnBroker]:
    with contextlib.closing(OwnBroker(installation)) as broker:
        yield broker


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    """The addresses at which somebody has looked, in order; it looks as often as it is asked to."""
    found: Looks = []
    look = presence._is_refused
    monkeypatch.setattr(presence, "_is_refused", lambda address: found.append(address) or look(address))
    monkeypatch.setattr(presence, "LOOK", 0.0)
    return found


@pytest.mark.slow
def test_a_kafka_is_missed_only_if_it_refuses_connections_at_all_its_addresses(kafka: OwnBroker, looks: Looks) -> None:
    nobody = f"{HOST}:{free_ports(1)[0]}"
    there = Presence(f"{nobody},{kafka.address}")  # where nobody listens a client fails, so it looks
    kafka.kill()
    assert eventually(lambda: there.look() or there.away()).startswith("since ")
    assert {nobody, kafka.address} <= {*looks}
    kafka.start()
    eventually(lambda: there.look() or not there.away())


@pytest.mark.slow
def test_a_kafka_that_is_slow_to_answer_is_not_missed(kafka: OwnBroker, looks: Looks) -> None:
    there = Presence(kafka.address)
    kafka.kill()
    eventually(lambda: there.look() or there.away())  # now it looks until Kafka is back
    kafka.start()
    server = jvm(kafka)
    server.suspend()
    before = len(looks)
    try:
        eventually(lambda: there.look() or not there.away())
        assert len(looks) > before
    finally:
        server.resume()


def test_nobody_looks_for_a_kafka_that_has_not_been_lost(kafka: OwnBroker, looks: Looks) -> None:
    there = Presence(kafka.address)
    there.look()
    assert not looks
    assert not there.away()
