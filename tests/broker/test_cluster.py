"""Three Kafka nodes: what is acknowledged outlives any one of them."""

import itertools
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from confluent_kafka.admin import ConfigResource

from labkit import Lab, LabError
from labkit.broker import OwnBroker, find_or_start
from labkit.errors import Away
from labkit.kafka import clients
from labkit.kafka.topics import Topics
from labkit.pipelines import average_temperature
from labkit.readings import Reading, now
from tests.pipelines import oracle
from tests.topics import topics_of
from tests.waiting import eventually

LIMIT = 120  # seconds until everything goes on, on a busy machine


@pytest.fixture(scope="module")
def cluster(installation: Any) -> Iterator[OwnBroker]:  # noqa: ARG001
    broker = OwnBroker(nodes=3)
    yield broker
    broker.close()


@pytest.fixture
def lab(cluster: OwnBroker, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """A lab whose own Kafka is the module's cluster."""
    monkeypatch.setattr("labkit.broker.find_or_start", lambda *_: cluster)
    monkeypatch.setattr(cluster, "close", lambda: None)
    monkeypatch.setenv("LAB_NAMESPACE", f"{request.node.name[:20]}-")
    with Lab(brokers=3) as lab:
        yield lab
        cluster.start()
        lab.reset()


class Made:
    """Readings of 30 devices in turn, one a second by their timestamps, and a list of them."""

    def __init__(self) -> None:
        self.readings: list[Reading] = []

    def __iter__(self) -> Iterator[Reading]:
        begin = now() // 1000 * 1000 - 3_600_000
        for number in itertools.count():
            second, device = divmod(number, 30)
            time = begin + 1000 * second
            self.readings.append(Reading(device=f"sensor-{device}", temperature=20.0, humidity=50.0, timestamp=time))
            yield self.readings[-1]


def leader(cluster: OwnBroker, topic: str, partition: int = 0) -> int:
    return clients.admin(cluster.address).list_topics(timeout=10).topics[topic].partitions[partition].leader


def settings_of(topics: Topics, kind: str, name: str) -> dict[str, Any]:
    asked = [ConfigResource(kind, name)]
    found = topics.requests.settle(lambda admin, limit: admin.describe_configs(asked, request_timeout=limit))
    return found[asked[0]]


def test_three_brokers_keep_three_copies_of_which_two_must_be_written(lab: Lab, cluster: OwnBroker) -> None:
    lab.create_topic("sensor", partitions=3)
    topics, name = topics_of(lab), lab.full_name("sensor")

    def known() -> Any:  # one broker may hear of a topic later than another
        found = topics.admin.list_topics(timeout=10)
        return found if name in found.topics else None

    found = eventually(known)
    assert {each.id for each in found.brokers.values()} == {1, 2, 3}
    assert [sorted(each.replicas) for each in found.topics[name].partitions.values()] == [[1, 2, 3]] * 3
    settings = settings_of(topics, "topic", name) | settings_of(topics, "broker", "1")
    assert settings["min.insync.replicas"].value == settings["transaction.state.log.min.isr"].value == "2"
    assert cluster.address.count(":") == 3
    assert [f"Kafka, node {n}:" in lab.broker.log() for n in (1, 2, 3)] == [True] * 3


@pytest.mark.slow
@pytest.mark.parametrize(
    "exactly_once", [False, pytest.param(True, marks=pytest.mark.soak)], ids=["at least once", "exactly once"]
)
def test_each_broker_in_turn_is_killed_and_no_acknowledged_reading_is_lost(
    lab: Lab, cluster: OwnBroker, exactly_once: bool
) -> None:
    """The leader, the coordinator of the group and the active controller are among them."""
    lab.create_topic("sensor", partitions=3)
    producer = lab.produce(made := Made(), per_second=150)
    run = lab.run(average_temperature, reads="sensor", writes="avg-temp", replicas=2, exactly_once=exactly_once)
    lab.wait_for("avg-temp", records=100, timeout=LIMIT)
    for node in (1, 2, 3):
        cluster.kill(node)
        lab.wait_for("avg-temp", new=150, timeout=LIMIT)
        cluster.start()
    producer.stop()
    assert producer.error is None
    run.wait_until_caught_up(LIMIT)
    assert (run.status, run.error) == ("running", None)

    # A reading may be in Kafka although its acknowledgement was lost with a broker: it then counts as failed.
    accepted = made.readings[: producer.accepted]
    assert len(accepted) == producer.accepted == producer.delivered + producer.failed
    records = lab.records("sensor")
    written = {identity(each.value): each.value for each in records}
    assert len(records) == len(written) >= producer.delivered
    sent = [each for each in accepted if identity(each) in written]
    assert written == {identity(each): each for each in sent}
    seen = [oracle.Reading(each["device"], each["timestamp"], each["temperature"]) for each in sent]
    expected = sorted(window(each) for each in oracle.average_temperature(seen))
    found = sorted(window(each.value) for each in lab.records("avg-temp"))
    assert (found if exactly_once else sorted({*found})) == expected


def test_whoever_asks_for_offsets_waits_for_the_successor_of_a_dead_leader_and_not_in_a_busy_loop(
    lab: Lab, cluster: OwnBroker
) -> None:
    lab.create_topic("sensor", partitions=3)
    topics = topics_of(lab)
    eventually(lambda: topics.end_offsets("sensor") == {0: 0, 1: 0, 2: 0})  # some brokers learn of a new topic later
    cluster.kill(leader(cluster, lab.full_name("sensor")))
    begun = time.process_time()
    assert topics.end_offsets("sensor") == {0: 0, 1: 0, 2: 0}
    assert time.process_time() - begun < 0.5  # an admin client would take 0.6 of each of the 3 s and more


@pytest.mark.slow
def test_with_two_of_three_killed_the_producer_waits_says_so_and_loses_nothing(lab: Lab, cluster: OwnBroker) -> None:
    producer = lab.produce(per_second=50)
    lab.wait_for("sensor", records=50, timeout=LIMIT)
    first = leader(cluster, lab.full_name("sensor"))
    second, third = (number for number in (1, 2, 3) if number != first)
    cluster.kill(second)
    cluster.kill(third)
    both = " and ".join(map(str, sorted((second, third))))
    with pytest.raises(Away, match=f"Brokers {both} of 3 have been away since .* starts them with their data"):
        lab.peek("sensor")
    eventually(lambda: "waiting" in producer.summary(), LIMIT)
    before = producer.total()
    cluster.start()
    eventually(lambda: producer.total() > before + 100, LIMIT)
    eventually(lambda: "waiting" not in producer.summary(), LIMIT)
    producer.stop()
    assert producer.error is None
    assert producer.delivered <= len(lab.records("sensor")) <= producer.accepted


@pytest.mark.slow
def test_a_node_that_ends_by_itself_is_missed_by_nobody_as_long_as_two_are_left(lab: Lab, cluster: OwnBroker) -> None:
    producer = lab.produce(per_second=50)
    lab.wait_for("sensor", records=50, timeout=LIMIT)
    cluster.nodes[2].process.kill()
    eventually(lambda: not cluster.nodes[2].alive)
    before = producer.total()
    eventually(lambda: producer.total() > before + 100, LIMIT)
    assert (producer.status, producer.error) == ("running", None)
    said = r"Broker 3 of 3 has been away since [\d:]+ UTC: `lab\.broker\.start\(\)` starts it again with its data"
    assert re.fullmatch(said, cluster.notice())
    cluster.start()
    assert cluster.notice() == ""


def test_a_lab_has_one_broker_or_three(lab: Lab) -> None:
    with pytest.raises(LabError, match="has 1 or 3 brokers"):
        find_or_start(nodes=2)
    with pytest.raises(LabError, match="numbered from 1 to 3"):
        lab.broker.kill(4)


def identity(reading: Any) -> tuple[str, int]:
    return reading["device"], reading["timestamp"]


def window(value: Any) -> tuple[str, int, float]:
    return value["device"], value["start"], value["temperature"]
