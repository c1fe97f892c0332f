"""A lost replica: on the lab's own three brokers."""

from collections.abc import Iterator

import pytest

from labkit import Lab
from labkit.broker import OwnBroker
from labkit.broker.installation import KafkaInstallation
from labkit.incidents import faults, outcome
from tests.incidents.test_incidents import seed_of
from tests.waiting import eventually


@pytest.fixture
def three(installation: KafkaInstallation, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    cluster = OwnBroker(installation, nodes=3)
    monkeypatch.setattr("labkit.broker.find_or_start", lambda *_: cluster)
    with Lab(brokers=3) as lab:
        yield lab


@pytest.mark.slow  # starts three brokers
def test_a_lost_replica_is_found_and_repaired(three: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    incident = three.incident(seed_of(faults.LostReplica, brokers=3))
    topic = incident.topics["sensor"]
    eventually(lambda: {len(each.split(", ")) for each in three.partitions(topic)["in sync"]} == {2})

    monkeypatch.setattr(outcome, "PATIENCE", 8.0)
    incident.report("lost replica", **incident._secret().evidence(incident._system))
    assert incident.verdict().held == ("cause", "evidence")

    monkeypatch.setattr(outcome, "PATIENCE", 120.0)
    three.broker.start()
    verdict = incident.verdict()
    assert verdict.passed, verdict
