"""Where consumer groups stand."""

import contextlib
import socket
import subprocess
import sys

import pytest
from confluent_kafka import Consumer, TopicPartition

from labkit import Lab
from labkit.broker import OwnBroker
from labkit.errors import NoAnswer
from labkit.kafka import clients
from labkit.kafka.committed import CommittedOffsets
from labkit.kafka.groups import Groups
from labkit.kafka.requests import Requests, within
from labkit.kafka.topics import Topics
from tests.topics import topics_of
from tests.waiting import eventually


def member(lab: Lab, group: str, **more: str) -> Consumer:
    settings = {"group.id": lab.full_name(group), "auto.offset.reset": "earliest"}
    return clients.consumer(lab.broker.address, **settings, **more)


def test_a_partition_without_a_committed_offset_has_all_its_records_for_lag(lab: Lab) -> None:
    lab.create_topic("sensor", partitions=3)
    assert lab.produce(devices=20, per_second=None, records=100).wait(10)
    ends = topics_of(lab).end_offsets("sensor")
    assert all(ends.values())
    with contextlib.closing(member(lab, "half")) as consumer:
        consumer.commit(offsets=[TopicPartition(lab.full_name("sensor"), 1, 1)], asynchronous=False)
    table = lab.groups()
    assert list(table["partition"]) == [0, 1, 2]
    assert list(table["committed"].isna()) == [True, False, True]
    assert list(table["lag"]) == [ends[0], ends[1] - 1, ends[2]]
    assert table["lag"].sum() == 99


def test_groups_may_have_any_name(lab: Lab) -> None:
    names = {"my first group", "a/b:c", "user@host", "Übung", "repartition__x", "x" * 300}
    assert lab.produce(devices=1, per_second=None, records=5).wait(10)
    for name in names:
        settings = {"group.id": topics_of(lab).namespace + name}
        with contextlib.closing(clients.consumer(lab.broker.address, **settings)) as consumer:
            consumer.commit(offsets=[TopicPartition(lab.full_name("sensor"), 0, 3)], asynchronous=False)
    table = lab.groups()
    assert {*table["group"]} == names
    assert {*table["lag"]} == {2}
    for name in names:
        Groups(topics_of(lab)).forget(name)
    assert lab.groups().empty


@pytest.mark.parametrize("protocol", ["classic", "consumer"])  # the newer one is KIP-848
def test_a_group_that_has_committed_nothing_yet_is_shown_with_its_lag(lab: Lab, protocol: str) -> None:
    assert lab.produce(per_second=None, records=100).wait(10)
    with contextlib.closing(member(lab, "new", **{"group.protocol": protocol})) as consumer:
        consumer.subscribe([lab.full_name("sensor")])
        eventually(lambda: consumer.poll(0.1))
        (row,) = lab.groups().to_dict("records")
    assert (row["group"], row["topic"], row["partition"], row["lag"]) == ("new", "sensor", 0, 100)


def test_removed_records_are_no_lag(lab: Lab) -> None:
    assert lab.produce(per_second=None, records=10).wait(10)
    with contextlib.closing(member(lab, "late")) as consumer:
        consumer.commit(offsets=[TopicPartition(lab.full_name("sensor"), 0, 3)], asynchronous=False)
    assert list(lab.groups()["lag"]) == [7]
    topics_of(lab).empty("sensor")
    assert list(lab.groups()["lag"]) == [0]


ASK_A_NEW_KAFKA = """
from labkit.broker import OwnBroker
from labkit.broker.installation import kafka_installation
from labkit.jvm import store
from labkit.kafka.groups import Groups
from labkit.kafka.requests import Requests, within
from labkit.kafka.topics import Topics

for _ in range(2):
    broker = OwnBroker(store.prepare(kafka_installation()))
    topics = Topics(broker.address)
    topics.create("sensor")
    groups = Groups(topics)
    assert not any(groups.committed(f"group-{number}", ["sensor"])["sensor"] for number in range(50))
    broker.close()
"""


@pytest.mark.slow
@pytest.mark.usefixtures("installation")
def test_a_kafka_that_has_just_started_may_be_asked_for_committed_offsets() -> None:
    """It coordinates no group yet, and librdkafka ends the process in two starts of three if an admin client asks."""
    assert subprocess.run([sys.executable, "-c", ASK_A_NEW_KAFKA], timeout=120).returncode == 0


def test_the_newest_group_of_a_name_is_the_one_with_the_highest_number(lab: Lab) -> None:
    lab.create_topic("sensor")
    groups = Groups(topics_of(lab))
    assert groups.latest_number("walk") == 0
    for name in ("walk-2", "walk-10", "walk-9", "walk-x", "walker-11"):
        groups.commit(name, {"sensor": {0: 0}})
    assert groups.latest_number("walk") == 10
    groups.forget_used()
    assert groups.latest_number("walk") == 0


@pytest.mark.slow
@pytest.mark.usefixtures("installation")
def test_the_number_and_the_offsets_of_a_group_outlive_kafka() -> None:
    """While Kafka loads its groups it lists none, and then answers with an error."""
    broker = OwnBroker()
    with contextlib.closing(broker):
        groups = Groups(Topics(broker.address))
        groups.topics.create("sensor", partitions=50)
        offsets = {"sensor": dict.fromkeys(range(50), 5)}
        for number in range(30):
            groups.commit(f"walk{number}-2", offsets)
        for _ in range(3):
            broker.kill()
            broker.start()
            groups.topics.requests.connect_anew()
            assert [groups.latest_number(f"walk{number}") for number in range(30)] == [2] * 30
            assert groups.committed("walk0-2", ["sensor"]) == offsets
        groups.close()


def test_a_consumer_that_is_not_answered_makes_way_for_a_new_one_and_no_other_does(lab: Lab) -> None:
    """Even if each request may take only a few seconds, as the sampler's may."""
    lab.create_topic("sensor")
    offsets = CommittedOffsets(topics_of(lab).requests)
    wanted = [TopicPartition(lab.full_name("sensor"), 0)]
    assert offsets.of("other", wanted)
    other = offsets._consumer_of("other")
    with socket.create_server(("127.0.0.1", 0)) as silent:  # connects, and answers nothing
        silence = Requests(f"127.0.0.1:{silent.getsockname()[1]}", lambda: None)
        offsets._requests = silence
        asked = offsets._consumer_of("group")
        with within(5), pytest.raises(NoAnswer):
            offsets.of("group", wanted)
        assert offsets._consumer_of("group") is not asked
        assert offsets._consumer_of("other") is other
        offsets.close()
