"""Clients of a Kafka whose brokers come and go."""

from collections.abc import Iterator

import pytest
from confluent_kafka import KafkaError
from confluent_kafka.admin import NewTopic

from labkit.broker import OwnBroker
from labkit.broker.installation import KafkaInstallation
from labkit.broker.node import Node, wait_until_ready
from labkit.broker.server import Ports
from labkit.kafka import clients
from labkit.loopback import free_ports
from tests.waiting import eventually


@pytest.fixture
def pair(installation: KafkaInstallation) -> Iterator[tuple[OwnBroker, OwnBroker]]:  # noqa: ARG001
    first, second = OwnBroker(), OwnBroker()
    yield first, second
    first.close()
    second.close()


@pytest.fixture
def flapping(installation: KafkaInstallation) -> Iterator[str]:
    """The address of a Kafka that is fenced for two seconds of every five: it reports to its controller too rarely."""
    rare = "broker.session.timeout.ms=3000\nbroker.heartbeat.interval.ms=5000\n"
    node = Node(installation, 1, [Ports(*free_ports(2))], [], rare)
    assert wait_until_ready(node.process, node.address), node.process.log()
    yield node.address
    node.process.close()


@pytest.mark.slow
def test_clients_that_were_told_that_there_is_no_broker_come_back(flapping: str) -> None:
    """One in twenty may not: a defect of librdkafka 2.12, the reason for the long session of a node alone."""
    admin = clients.admin(flapping)
    admin.create_topics([NewTopic("topic", 1)])["topic"].result(30)
    producers = [clients.producer(flapping) for _ in range(6)]
    acknowledged = [0] * len(producers)

    def count(number: int, error: KafkaError | None) -> None:
        acknowledged[number] += error is None

    def write() -> None:
        for number, each in enumerate(producers):
            each.produce("topic", b"value", on_delivery=lambda error, _, number=number: count(number, error))
            each.poll(0.01)

    def all_write() -> bool:
        write()
        return all(acknowledged)

    def are_told_of_none() -> bool:
        write()
        return not brokers(producers[0])

    def come_back() -> bool:
        write()
        return sum(now > then for now, then in zip(acknowledged, before, strict=True)) > 1

    eventually(all_write, 30)
    eventually(are_told_of_none, 30)
    before = [*acknowledged]
    eventually(come_back, 30)


@pytest.mark.slow
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
