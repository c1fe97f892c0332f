"""Taps see the newest committed records, and nobody notices them."""

from collections.abc import Iterator

import pytest

from labkit import Lab
from labkit.kafka.tap import Record, Tap
from labkit.readings import simulate
from tests.kafka.transactions import transactional_producer
from tests.topics import topics_of
from tests.waiting import eventually


@pytest.fixture
def closing() -> Iterator[list[Tap]]:
    taps: list[Tap] = []
    yield taps
    for tap in taps:
        tap.close()


def read(tap: Tap, count: int) -> list[Record]:
    records: list[Record] = []
    eventually(lambda: records.extend(tap.read(0.1)) or len(records) >= count)
    return records


def test_a_tap_shows_the_newest_that_was_there_and_all_that_comes(lab: Lab, closing: list[Tap]) -> None:
    assert lab.produce(per_second=None, records=30).wait(10)
    tap = Tap(topics_of(lab), ["sensor"], newest=10)
    closing.append(tap)
    assert [each.offset for each in read(tap, 10)] == list(range(20, 30))
    assert lab.produce(per_second=None, records=5).wait(10)
    assert [each.offset for each in read(tap, 5)] == list(range(30, 35))
    assert tap.skipped == 20


def test_a_tap_that_is_overrun_seeks_to_the_newest_and_counts_what_it_skipped(lab: Lab, closing: list[Tap]) -> None:
    lab.create_topic("sensor")
    tap = Tap(topics_of(lab), ["sensor"], newest=50)
    closing.append(tap)
    assert lab.produce(per_second=None, records=20_000).wait(20)
    records: list[Record] = []
    eventually(lambda: records.extend(tap.read(0.1)) or (records and records[-1].offset == 19_999))
    assert len(records) + tap.skipped == 20_000
    assert tap.skipped > 10_000
    assert [each.offset for each in records[-50:]] == list(range(19_950, 20_000))


def test_a_tap_follows_several_topics_and_joins_no_group(lab: Lab, closing: list[Tap]) -> None:
    lab.create_topic("sensor", "other")
    tap = Tap(topics_of(lab), ["sensor", "other"])
    closing.append(tap)
    assert lab.produce(per_second=None, records=3).wait(10)
    assert lab.produce([next(simulate())], writes="other", per_second=None).wait(10)
    assert sorted(each.topic for each in read(tap, 4)) == ["other", "sensor", "sensor", "sensor"]
    assert lab.groups().empty


def test_a_tap_sees_nothing_of_an_aborted_transaction(lab: Lab, closing: list[Tap]) -> None:
    lab.create_topic("sensor")
    tap = Tap(topics_of(lab), ["sensor"])
    closing.append(tap)
    full = lab.full_name("sensor")
    producer = transactional_producer(lab)
    producer.begin_transaction()
    producer.produce(full, b'"aborted"')
    producer.flush(10)
    producer.abort_transaction(10)
    producer.begin_transaction()
    producer.produce(full, b'"committed"')
    producer.commit_transaction(10)
    assert [each.value for each in read(tap, 1)] == ["committed"]
    assert [each.value for each in lab.records("sensor")] == ["committed"]


def test_peek_shows_where_each_record_lies(lab: Lab) -> None:
    lab.create_topic("sensor", partitions=3)
    assert lab.produce(devices=5, per_second=None, records=50).wait(10)
    table = lab.peek("sensor", 20)
    assert list(table.columns[:4]) == ["partition", "offset", "time", "key"]
    assert len(table) == 20
    assert table["time"].is_monotonic_increasing
    assert (table["key"] == table["device"]).all()
    assert len(lab.records("sensor")) == 50
    assert lab.peek("sensor", 0).empty


def test_peek_shows_as_many_records_as_asked_for_where_transactions_use_up_offsets(lab: Lab) -> None:
    lab.create_topic("sensor")
    full = lab.full_name("sensor")
    producer = transactional_producer(lab)
    for number in range(20):  # each is followed by the marker of its commit, and every second one by an aborted record
        producer.begin_transaction()
        producer.produce(full, str(number).encode())
        producer.commit_transaction(10)
        if number % 2:
            producer.begin_transaction()
            producer.produce(full, b'"aborted"')
            producer.flush(10)
            producer.abort_transaction(10)
    assert [*lab.peek("sensor", 5)["value"]] == [15, 16, 17, 18, 19]
    assert [*lab.peek("sensor", 100)["value"]] == [*range(20)]


def test_a_tap_keeps_up_with_a_thousand_records_a_second(lab: Lab, closing: list[Tap]) -> None:
    """A client that has its queue full must not wait a second before it asks for more: that would be skipped."""
    lab.create_topic("sensor")
    tap = Tap(topics_of(lab), ["sensor"], newest=200)
    closing.append(tap)
    production = lab.produce(devices=10, per_second=100, records=4000)
    records: list[Record] = []
    eventually(lambda: records.extend(tap.read(0.1)) or (records and records[-1].offset == 3999), 30)
    assert production.delivered == 4000
    assert tap.skipped < 1500
