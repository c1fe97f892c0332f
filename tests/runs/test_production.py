"""Producers: of N accepted readings N are in the topic."""

import itertools
import time
from collections.abc import Iterator

import pytest
from confluent_kafka.admin import NewTopic

from labkit import Lab, LabError
from labkit.broker import clients
from labkit.readings import now, simulate


def test_of_n_accepted_readings_n_are_in_the_topic_when_stopped_in_full_flow(lab: Lab) -> None:
    production = lab.produce(per_second=None)
    lab.wait_for("sensor", 5000)
    production.stop()
    assert production.state == "stopped"
    assert production.accepted == production.delivered == len(lab.records("sensor"))
    assert production.failed == 0


def test_a_full_queue_waits(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    real = clients.producer
    monkeypatch.setattr(clients, "producer", lambda address: real(address, **{"queue.buffering.max.messages": 5}))
    production = lab.produce(per_second=None, count=500)
    assert production.wait(20)
    assert production.accepted == production.delivered == 500


def test_readings_keep_their_order_key_and_event_time(lab: Lab) -> None:
    readings = list(itertools.islice(simulate(devices=2, clock=itertools.count(1_700_000_000_000, 250).__next__), 40))
    production = lab.produce(readings, per_second=None)
    assert production.wait(10)
    records = lab.records("sensor")
    assert [each.value for each in records] == readings
    assert [(each.key, each.timestamp) for each in records] == [
        (each["device"], each["timestamp"]) for each in readings
    ]


def test_simulated_readings_are_stamped_when_they_are_sent_at_the_rate_asked_for(lab: Lab) -> None:
    begun = now()
    started = time.monotonic()
    production = lab.produce(devices=2, per_second=20, count=21)
    assert production.wait(10)
    assert time.monotonic() - started >= 20 / 40  # 21 readings, 40 a second: 20 pauses at the least
    times = [each.timestamp for each in lab.records("sensor")]
    assert times == sorted(times)
    assert begun <= times[0]
    assert times[-1] <= now()


def test_a_table_with_an_error_is_refused_before_the_first_record(lab: Lab) -> None:
    good = next(simulate())
    with pytest.raises(LabError, match=r"Row 2: temperature is 'warm', not a number"):
        lab.produce([good, good | {"temperature": "warm"}])
    assert not lab._topics.partitions("sensor")


def test_when_the_source_fails_what_was_accepted_arrives(lab: Lab) -> None:
    def breaks() -> Iterator[dict[str, object]]:
        yield from itertools.islice(simulate(), 7)
        raise OSError("the cable came off")

    production = lab.produce(breaks(), per_second=None)
    assert production.wait(10)
    assert production.state == "failed"
    assert production.error is not None
    assert production.error.reason == "OSError: the cable came off"
    assert production.accepted == production.delivered == len(lab.records("sensor")) == 7


def test_readings_that_kafka_refuses_are_counted_and_shown(lab: Lab) -> None:
    narrow = NewTopic(lab._topics.full("narrow"), num_partitions=1, config={"max.message.bytes": "200"})
    lab._topics.admin.create_topics([narrow])[narrow.topic].result()
    long = next(simulate()) | {"comment": "x" * 500}
    production = lab.produce([long], to="narrow", per_second=None)
    assert production.wait(10)
    assert (production.accepted, production.delivered, production.failed) == (1, 0, 1)
    assert "Kafka refused a reading: Broker: Message size too large" in production.note
    lab._topics.used.add("narrow")


def test_producing_again_replaces_the_producer(lab: Lab) -> None:
    first = lab.produce(per_second=50)
    second = lab.produce(per_second=50)
    assert (first.state, second.state) == ("stopped", "running")


@pytest.mark.parametrize("wrong", [{"devices": 0}, {"per_second": 0}, {"per_second": -1}])
def test_impossible_numbers_are_refused_in_one_line(lab: Lab, wrong: dict[str, int]) -> None:
    with pytest.raises(LabError, match="more than 0"):
        lab.produce(**wrong)  # type: ignore[arg-type]
