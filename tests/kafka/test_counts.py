"""Counts of records: what was committed, and neither markers nor what was aborted or is still open."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from confluent_kafka import KafkaException, Producer, TopicPartition
from confluent_kafka.admin import NewTopic

from labkit import Lab
from labkit.errors import NoAnswer
from labkit.kafka import clients, ranges
from labkit.kafka.counts import Count, Counts
from labkit.kafka.groups import Groups
from labkit.kafka.offsets import Partitions
from labkit.kafka.requests import within
from labkit.kafka.topics import Topics, delete_records
from labkit.runs.system import System
from tests.kafka.transactions import transactional_producer
from tests.topics import topics_of
from tests.waiting import eventually


@pytest.fixture
def producer(lab: Lab) -> Iterator[Producer]:
    """A producer with transactions; one that a test leaves open is aborted."""
    lab.create_topic("sensor", partitions=2)
    producer = transactional_producer(lab)
    yield producer
    with contextlib.suppress(KafkaException):  # none is open
        producer.abort_transaction(10)


def write(producer: Producer, lab: Lab, records: int) -> None:
    """Write to a topic, in a transaction that stays open."""
    producer.begin_transaction()
    for number in range(records):
        producer.produce(lab.full_name("sensor"), b"{}", partition=number % 2)
    assert producer.flush(10) == 0


def commit(producer: Producer, lab: Lab) -> None:
    """Kafka writes the markers right after it has answered."""
    producer.commit_transaction(10)
    eventually(lambda: topics_of(lab).end_offsets("sensor", committed=True) == topics_of(lab).end_offsets("sensor"))


def test_markers_aborted_and_open_records_are_none(lab: Lab, producer: Producer) -> None:
    for number in range(3):
        write(producer, lab, 4)
        commit(producer, lab)
        assert topics_of(lab).count("sensor") == 4 * (number + 1)
    write(producer, lab, 10)
    producer.abort_transaction(10)
    assert topics_of(lab).count("sensor") == 12
    write(producer, lab, 6)
    assert topics_of(lab).count("sensor") == 12
    assert len(lab.records("sensor")) == 12
    eventually(lambda: sum(topics_of(lab).end_offsets("sensor").values()) == 36)  # 28 records, 8 markers


def test_what_is_committed_counts_at_once_and_once(lab: Lab, producer: Producer) -> None:
    write(producer, lab, 5)
    assert topics_of(lab).count("sensor") == 0
    producer.commit_transaction(10)
    lab.wait_for("sensor", 5, timeout=5)
    assert [topics_of(lab).count("sensor") for _ in range(3)] == [5, 5, 5]


def test_what_was_removed_is_not_held_but_came(lab: Lab, producer: Producer) -> None:
    write(producer, lab, 4)
    commit(producer, lab)
    assert topics_of(lab).counts.of("sensor") == Count(4, 4)
    topics_of(lab).empty("sensor")
    assert topics_of(lab).counts.of("sensor") == Count(0, 4)
    write(producer, lab, 2)
    commit(producer, lab)
    assert topics_of(lab).counts.of("sensor") == Count(2, 6)


def test_what_was_removed_in_part_is_counted_again(lab: Lab, producer: Producer) -> None:
    write(producer, lab, 6)
    commit(producer, lab)
    assert topics_of(lab).count("sensor") == 6
    remove(lab, before=1)
    write(producer, lab, 2)
    commit(producer, lab)
    assert topics_of(lab).counts.of("sensor") == Count(7, 8)


def test_a_topic_made_anew_is_counted_anew(lab: Lab, producer: Producer) -> None:
    for records in (2, 8):
        write(producer, lab, records)
        commit(producer, lab)
        assert topics_of(lab).count("sensor") == records
        topics_of(lab).delete([lab.full_name("sensor")])
        lab.create_topic("sensor", partitions=2)


def test_the_topology_counts_records(lab: Lab, producer: Producer) -> None:
    worker = lab.produce([])
    system = System(topics_of(lab), lambda: [worker])
    write(producer, lab, 4)
    commit(producer, lab)
    write(producer, lab, 4)
    _, (sensor,) = system.state()
    assert (sensor.name, sensor.records) == ("sensor", 4)


def test_a_topic_that_is_created_between_two_requests_is_counted_as_empty(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a dead-letter topic that a topology looks at while the first letter is written."""
    topics, ask = topics_of(lab), Topics.beginning_offsets

    def ask_and_create(self: Topics, name: str) -> Partitions:
        found = ask(self, name)
        lab.create_topic(name)
        return found

    monkeypatch.setattr(Topics, "beginning_offsets", ask_and_create)
    assert topics.counts.of("late") == Count(0, 0)
    assert topics.counts.of("late") == Count(0, 0)


def remove(lab: Lab, before: int, partition: int = 0) -> None:
    """Remove the records of a partition before an offset."""
    oldest = TopicPartition(lab.full_name("sensor"), partition, before)
    delete_records(topics_of(lab).admin, [oldest], 10)[oldest].result(10)


def waiting(lab: Lab, at: int) -> int:
    """The records that wait for a group which has committed this offset in the first partition, and all the rest."""
    groups, ends = Groups(topics_of(lab)), topics_of(lab).end_offsets("sensor")
    groups.commit("late", {"sensor": ends | {0: at}})
    found = groups.uncommitted("late", {"sensor": ends})
    groups.close()
    return found


def test_only_what_has_not_been_removed_waits_for_a_group(lab: Lab, producer: Producer) -> None:
    write(producer, lab, 20)
    commit(producer, lab)
    assert waiting(lab, at=2) == 8
    remove(lab, before=5)
    assert waiting(lab, at=2) == 5


def test_nothing_waits_for_a_group_far_behind_once_all_is_removed(lab: Lab, producer: Producer) -> None:
    write(producer, lab, 4000)
    commit(producer, lab)
    assert waiting(lab, at=0) == 2001  # a marker among them, as in Kafka's own tools
    topics_of(lab).empty("sensor")
    assert waiting(lab, at=0) == 0


def test_no_number_of_aborted_records_waits_for_a_group(lab: Lab, producer: Producer) -> None:
    write(producer, lab, 20)
    commit(producer, lab)
    write(producer, lab, 4000)
    producer.abort_transaction(10)
    eventually(lambda: topics_of(lab).end_offsets("sensor", committed=True) == topics_of(lab).end_offsets("sensor"))
    assert waiting(lab, at=10) == 0
    assert waiting(lab, at=9) == 2003  # far from the end it only tells whether any waits


def test_a_count_that_fails_midway_counts_nothing_twice(
    lab: Lab, producer: Producer, monkeypatch: pytest.MonkeyPatch
) -> None:
    topics, read = topics_of(lab), Counts._read
    failing = [False, True]

    def read_once(self: Counts, *args: Any) -> Partitions:
        if failing and failing.pop(0):
            raise NoAnswer("no answer")
        return read(self, *args)

    write(producer, lab, 20)
    commit(producer, lab)
    assert topics.count("sensor") == 20
    write(producer, lab, 20)
    commit(producer, lab)
    remove(lab, before=5, partition=1)
    monkeypatch.setattr(Counts, "_read", read_once)
    with pytest.raises(NoAnswer):
        topics.count("sensor")
    assert topics.counts.of("sensor") == Count(35, 40)


def test_a_count_waits_no_longer_for_another_than_it_may(lab: Lab, producer: Producer) -> None:
    counts = topics_of(lab).counts
    write(producer, lab, 4)
    commit(producer, lab)
    with counts._lock, within(0.5), pytest.raises(NoAnswer):
        counts.of("sensor")
    assert counts.of("sensor") == Count(4, 4)


def test_reading_ends_with_a_topic_that_is_deleted_meanwhile(lab: Lab) -> None:
    assert lab.produce(per_second=None, records=10).wait(10)
    topics = topics_of(lab)
    consumer = ranges.consumer(topics)
    topics.delete([topics.full("sensor")])
    with contextlib.closing(consumer), within(20):
        assert list(ranges.read(consumer, topics, "sensor", {0: (0, 10)})) == []


def created(lab: Lab, name: str, **settings: str) -> None:
    """Create a topic with settings of its own, as another program would."""
    config = {key.replace("_", "."): value for key, value in settings.items()}
    futures = topics_of(lab).admin.create_topics([NewTopic(lab.full_name(name), 1, config=config)])
    futures[lab.full_name(name)].result(10)


def test_a_compacted_topic_holds_what_kafka_has_left_of_it(lab: Lab) -> None:
    created(lab, "newest", cleanup_policy="compact", segment_ms="100", min_cleanable_dirty_ratio="0.01")
    producer, sent = clients.producer(lab.broker.address), 0

    def is_compacted() -> bool:
        nonlocal sent
        producer.produce(lab.full_name("newest"), b"{}", f"key-{sent % 4}")
        assert producer.flush(10) == 0
        sent += 1
        return len(lab.records("newest")) < sent

    eventually(is_compacted, 90)
    topics = topics_of(lab)

    def agrees() -> bool:  # Kafka may compact further between two answers
        (lag,) = topics.counts.waiting("newest", {0: 0}, {0: sent}).values()
        return topics.count("newest") == lag == len(lab.records("newest"))

    eventually(agrees)
    assert topics.counts.of("newest").came == sent


def test_a_topic_with_the_time_of_arrival_is_said_by_producer_and_run(lab: Lab) -> None:
    created(lab, "sensor", message_timestamp_type="LogAppendTime")
    said = "sensor keeps the time at which each record arrives, not that of the reading"
    production = lab.produce(records=1, per_second=None)
    run = lab.run(lambda readings: readings, reads="sensor", writes="copy", name="copy")
    assert production.note.startswith(said)
    assert run.note.startswith(said)
    assert lab.run(lambda readings: readings, reads="copy", writes="again", name="again").note == ""
