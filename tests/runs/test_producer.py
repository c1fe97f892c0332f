"""Producers: of N accepted readings N are in the topic."""

import itertools
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka.admin import NewTopic

from labkit import Lab, LabError
from labkit.kafka import clients
from labkit.live import panel
from labkit.pipelines import alert_filter
from labkit.readings import now, recorded, simulate
from labkit.runs import producer as module
from tests.topics import topics_of
from tests.waiting import eventually


def test_of_n_accepted_readings_n_are_in_the_topic_when_stopped_in_full_flow(lab: Lab) -> None:
    production = lab.produce(per_second=None)
    lab.wait_for("sensor", 5000)
    production.stop()
    assert production.status == "stopped"
    assert production.accepted == production.delivered == len(lab.records("sensor"))
    assert production.failed == 0


def test_a_full_queue_waits(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    real = clients.producer
    monkeypatch.setattr(clients, "producer", lambda address: real(address, **{"queue.buffering.max.messages": 5}))
    production = lab.produce(per_second=None, records=500)
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


def test_in_sensor_data_the_device_is_called_sensor_id(lab: Lab) -> None:
    readings = list(itertools.islice(simulate(devices=2), 4))
    assert lab.produce(readings, writes="sensor-data", per_second=None).wait(10)
    records = lab.records("sensor-data")
    assert [each.value for each in records] == [
        {"sensor_id": each["device"]} | {name: value for name, value in each.items() if name != "device"}
        for each in readings
    ]
    assert [each.key for each in records] == [each["device"] for each in readings]


def test_simulated_readings_are_stamped_when_they_are_sent_at_the_rate_asked_for(lab: Lab) -> None:
    begun = now()
    started = time.monotonic()
    production = lab.produce(devices=2, per_second=20, records=21)
    assert production.wait(10)
    assert time.monotonic() - started >= 20 / 40  # 21 readings, 40 a second: 20 pauses at the least
    times = [each.timestamp for each in lab.records("sensor")]
    assert times == sorted(times)
    assert begun <= times[0]
    assert times[-1] <= now()


def test_what_was_assumed_about_a_table_is_said_beside_all_else(lab: Lab) -> None:
    rows = [next(simulate()) | {"timestamp": 1_700_000_000 + second} for second in range(2)]
    note = lab.produce(rows, factor=3600, per_second=5).note
    assert note.startswith("timestamp: epoch seconds, 2023-11-14 to 2023-11-14; per_second was not used")


def test_a_table_with_an_error_is_refused_before_the_first_record(lab: Lab) -> None:
    good = next(simulate())
    with pytest.raises(LabError, match=r"Row 2: temperature is 'warm', not a number"):
        lab.produce([good, good | {"temperature": "warm"}])
    assert not topics_of(lab).partitions("sensor")


def test_when_the_source_fails_what_was_accepted_arrives(lab: Lab) -> None:
    def breaks() -> Iterator[dict[str, object]]:
        yield from itertools.islice(simulate(), 7)
        raise OSError("the cable came off")

    production = lab.produce(breaks(), per_second=None)
    assert production.wait(10)
    assert production.status == "failed"
    assert production.error is not None
    assert production.error.reason == "OSError: the cable came off"
    assert production.accepted == production.delivered == len(lab.records("sensor")) == 7


def test_readings_that_kafka_refuses_are_counted_and_shown(lab: Lab) -> None:
    narrow = NewTopic(lab.full_name("narrow"), num_partitions=1, config={"max.message.bytes": "200"})
    topics_of(lab).admin.create_topics([narrow])[narrow.topic].result()
    long = next(simulate()) | {"comment": "x" * 500}
    production = lab.produce([long], writes="narrow", per_second=None)
    assert production.wait(10)
    assert (production.accepted, production.delivered, production.failed) == (1, 0, 1)
    assert "Kafka refused a record: Broker: Message size too large" in production.note
    lab.create_topic("narrow")  # so that it is deleted with the others


def test_producing_again_replaces_the_producer(lab: Lab) -> None:
    first = lab.produce(per_second=50)
    second = lab.produce(per_second=50)
    assert (first.status, second.status) == ("stopped", "running")


@pytest.mark.parametrize("wrong", [{"source": [{"device": "a"}]}, {"devices": 0}, {"factor": 2.0}])
def test_a_refused_producer_leaves_the_one_that_it_would_replace(lab: Lab, wrong: dict[str, Any]) -> None:
    first = lab.produce(per_second=50)
    with pytest.raises(LabError):
        lab.produce(**wrong)
    assert (first.status, lab.workers) == ("running", (first,))


@pytest.mark.parametrize("wrong", [{"devices": 0}, {"per_second": 0}, {"per_second": -1}])
def test_impossible_numbers_are_refused_in_one_line(lab: Lab, wrong: dict[str, int]) -> None:
    with pytest.raises(LabError, match="more than 0"):
        lab.produce(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("count", [0, -1])
def test_a_producer_of_no_readings_ends_at_once(lab: Lab, count: int) -> None:
    production = lab.produce(per_second=None, records=count)
    assert production.wait(10)
    assert (production.status, production.accepted) == ("finished", 0)


def test_stopping_does_not_wait_for_a_kafka_that_has_gone(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    real = clients.producer
    monkeypatch.setattr(clients, "producer", lambda _: real("127.0.0.1:1", **{"queue.buffering.max.messages": 5}))
    monkeypatch.setattr(module, "FLUSH_LIMIT", 0.1)
    production = lab.produce(per_second=None)
    eventually(lambda: production.accepted == 5)  # and there is no room for more
    production.stop()
    assert production.status == "stopped"
    assert production.note == "5 records were not acknowledged within 0.1 s"
    assert (production.accepted, production.delivered, production.failed) == (5, 0, 5)


# ------------------------------------------------------------------------ the rate


def test_a_pace_that_is_not_used_is_said(lab: Lab) -> None:
    rows = [*itertools.islice(simulate(), 3)]
    for rate in (5.0, None):
        producer = lab.produce("nyc-weather", per_second=rate)
        assert "per_second was not used" in panel.render(panel.collect(producer))
        assert "per_second was not used" in lab.produce(rows, factor=1.0, per_second=rate).note
    producer = lab.produce(per_second=20)
    producer.stop()
    assert "per_second was not used" in lab.produce(producer.world, per_second=5).note


def test_a_pace_that_is_used_or_was_not_given_is_not_worth_a_word(lab: Lab) -> None:
    producer = lab.produce(per_second=20)
    producer.stop()
    assert [lab.produce(source).note for source in (producer.world, "nyc-weather")] == ["", ""]
    assert [lab.produce(per_second=rate, records=5).note for rate in (None, 5.0)] == ["", ""]


def test_a_new_rate_takes_effect_at_once(lab: Lab) -> None:
    production = lab.produce(devices=1, per_second=0.2)
    eventually(lambda: production.accepted == 1)
    production.per_second = 100
    assert production.per_second == 100
    eventually(lambda: production.delivered >= 20, 10)  # at the old rate it would take 95 s


def test_a_new_rate_does_not_catch_up_with_the_past(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(monotonic=lambda: clock.seconds, seconds=0)
    monkeypatch.setattr(module, "time", clock)
    production = lab.produce(devices=1, per_second=0.001)
    eventually(lambda: production.accepted == 1)
    clock.seconds = 999
    production.per_second = 1
    eventually(lambda: production.accepted == 2)
    clock.seconds = 1000
    eventually(lambda: production.accepted >= 3)
    production.stop()
    assert production.accepted == 3


def test_a_rate_of_nothing_is_refused_and_none_is_all_it_can(lab: Lab) -> None:
    production = lab.produce(per_second=0.001)
    for rate in (0, -1, float("nan")):
        with pytest.raises(LabError, match="more than 0 records per second"):
            production.per_second = rate
    assert production.per_second == 0.001
    production.per_second = None
    eventually(lambda: production.delivered >= 1000)


def test_the_counts_are_up_to_date_while_every_device_is_silent(lab: Lab) -> None:
    production = lab.produce(devices=1, per_second=None)
    lab.wait_for("sensor", 1)
    production.world.silence("sensor-1")
    eventually(lambda: production.accepted == production.delivered)
    assert production.alive


# ------------------------------------------------------------------------- replays


def test_recorded_weather_arrives_as_if_it_were_measured_now(lab: Lab) -> None:
    rows = recorded("nyc-weather", "2013-08-22")[:300]
    begun, started = now(), time.monotonic()
    production = lab.produce("nyc-weather", factor=3.6e6, start="2013-08-22", records=300)
    assert production.wait(10)
    took, ended = time.monotonic() - started, now()
    records = lab.records("sensor")
    times = [each.timestamp for each in records]
    assert [each.value for each in records] == [
        row | {"timestamp": time, "recorded": row["timestamp"]} for row, time in zip(rows, times, strict=True)
    ]
    assert [each.key for each in records] == [row["device"] for row in rows]
    hours = [(row["timestamp"] - rows[0]["timestamp"]) / 3.6e6 for row in rows]
    assert [time - times[0] for time in times] == pytest.approx(hours, abs=1)  # an hour is a millisecond
    assert hours[-1] > 90
    assert took >= (hours[-1] - 1) / 1000
    assert begun <= times[0]
    assert times[-1] <= ended


def test_a_table_with_a_factor_is_replayed(lab: Lab) -> None:
    rows = list(itertools.islice(simulate(2, clock=itertools.count(1_700_000_000_000, 1000).__next__), 20))
    production = lab.produce(rows, factor=1000)
    assert production.wait(10)
    values = [each.value for each in lab.records("sensor")]
    assert [value["recorded"] for value in values] == [row["timestamp"] for row in rows]
    assert [value["timestamp"] - values[0]["timestamp"] for value in values] == list(range(20))


def test_the_rate_of_a_replay_is_refused_in_one_line(lab: Lab) -> None:
    production = lab.produce("nyc-weather")
    assert production.per_second is None
    with pytest.raises(LabError, match=r"^A replay keeps its recorded pace: give another factor to lab\.produce\.$"):
        production.per_second = 5


# ------------------------------------------------------------------------ its world


def in_order_of_measurement(lab: Lab, per_second: float) -> list[int]:
    """Of each record of a topic, how many two devices had measured before it; fails if one is missing or doubled."""
    records = lab.records("sensor")
    turns = {"sensor-1": itertools.count(0, 2), "sensor-2": itertools.count(1, 2)}
    numbers = [next(turns[str(each.key)]) for each in records]
    twin = [each["temperature"] for each in itertools.islice(simulate(2, per_second), 2 * len(records))]
    assert [each.value["temperature"] for each in records] == [twin[number] for number in numbers]
    return numbers


def test_what_a_silent_device_has_kept_arrives_late_whole_and_in_order(lab: Lab) -> None:
    production = lab.produce(devices=2, per_second=50)
    lab.wait_for("sensor", 10)
    production.world.silence("sensor-1")
    eventually(lambda: production.world.backlog("sensor-1") >= 5)
    kept = production.world.wake("sensor-1", backlog_first=True)
    sent = production.accepted
    eventually(lambda: production.accepted >= sent + kept + 5)
    production.stop()
    numbers = in_order_of_measurement(lab, 50)
    assert production.accepted == production.delivered == len(numbers)
    late = [number for place, number in enumerate(numbers) if number < max(numbers[: place + 1])]
    assert kept - 1 <= len(late) <= kept  # the newest of them may be as new as the other device's newest
    assert all(number % 2 == 0 for number in late)


def test_nothing_is_lost_when_a_producer_stopped_with_a_backlog_goes_on_in_the_same_world(lab: Lab) -> None:
    first = lab.produce(devices=2, per_second=100)
    first.world.silence("sensor-2")
    eventually(lambda: first.world.backlog("sensor-2") >= 20)
    first.world.wake("sensor-2", backlog_first=True)
    first.stop()
    assert first.accepted == first.delivered == len(lab.records("sensor"))
    second = lab.produce(first.world)
    eventually(lambda: second.accepted >= 30)
    second.stop()
    assert first.accepted + second.accepted == second.delivered + first.delivered == len(lab.records("sensor"))
    assert len(set(in_order_of_measurement(lab, 100))) == first.accepted + second.accepted


def test_a_damaged_record_goes_through_the_topic_to_the_dead_letters_and_the_pipeline_goes_on(lab: Lab) -> None:
    lab.create_topic("sensor")
    run = lab.run(alert_filter, reads="sensor", writes="alert")
    production = lab.produce(devices=1, per_second=50)
    lab.wait_for("sensor", 5)
    production.world.corrupt("sensor-1")
    lab.wait_for("sensor.dead-letter", 1)
    (letter,) = lab.peek("sensor.dead-letter").to_dict("records")
    seen = run.records_in
    eventually(lambda: run.records_in > seen)
    production.stop()
    run.wait_until_caught_up()
    (damaged,) = [each for each in lab.records("sensor") if isinstance(each.value, bytes)]
    assert letter["value"] == damaged.value
    assert letter["reason"].startswith("not JSON: ")
    assert letter["key"] == damaged.key == "sensor-1"
    assert (run.status, run.dead_letters, run.records_in) == ("running", 1, production.accepted)
    assert production.accepted == production.delivered


def test_a_record_that_is_too_large_is_said_and_all_others_are_sent(lab: Lab) -> None:
    rows = [{"n": n, "text": "x" * (2_000_000 if n == 1 else 1)} for n in range(3)]
    production = lab.produce(rows, writes="notes", key=None, time=None, per_second=None)
    assert production.wait(20)
    assert (production.delivered, production.failed, production.error) == (2, 1, None)
    assert "record 2 has 2,000,017 bytes, more than Kafka takes" in production.note
    assert [each.value["n"] for each in lab.records("notes")] == [0, 2]
