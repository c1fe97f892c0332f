"""Clients of a Kafka whose brokers come and go."""

from collections.abc import Iterator

import pytest

from labkit.broker import OwnBroker
from labkit.broker.installation import KafkaInstallation
from labkit.kafka import clients
from tests.waiting import eventually


@pytest.fixture
def pair(installation: KafkaInstallation) -> Iterator[tuple[OwnBroker, OwnBroker]]:  # noqa: ARG001
    first, second = OwnBroker(), OwnBroker()
    yield first, second
    first.close()
    second.close()


def test_a_client_that_loses_all_brokers_it_knows_asks_the_other_addresses(pair: tuple[OwnBroker, OwnBroker]) -> None:
    """As one that asked a cluster for its brokers before the others were ready."""
    first, second = pair
    second.kill()
    client = clients.admin(f"{first.address},{second.address}")
    assert brokers(client) == {first.address}
    first.kill()
    second.start()
    eventually(lambda: brokers(client) == {second.address}, 30)


def brokers(client: clients.AdminClient) -> set[str]:
    try:
        found = client.list_topics(timeout=1).brokers.values()
    except clients.KafkaException:
        return set()
    return {f"{each.host}:{each.port}" for each in found}
