"""A topic must be there to be read, and whoever mistypes its name is told."""

import sys
from collections.abc import Callable
from concurrent.futures import Future
from importlib.metadata import version
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from labkit import Lab, LabError
from labkit.kafka import clients
from labkit.kafka.topics import Topics, delete_records
from labkit.pipelines import alert_counter, alert_filter, average_temperature
from labkit.readings import now
from tests.topics import topics_of
from tests.waiting import eventually


def fails(readings: Any) -> Any:
    return readings.apply(lambda reading: reading["nothing"])


READERS: dict[str, Callable[[Lab], object]] = {
    "chart": lambda lab: lab.chart("sensor", "sensr"),
    "tiles": lambda lab: lab.tiles("sensr"),
    "run": lambda lab: lab.run(alert_filter, reads="sensr", writes="alert"),
    "wait_for": lambda lab: lab.wait_for("sensr"),
    "windows": lambda lab: lab.windows("sensor", "sensr", device="sensor-1"),
    "peek": lambda lab: lab.peek("sensr"),
    "records": lambda lab: lab.records("sensr"),
}


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_a_mistyped_topic_is_said_with_the_nearest_and_nothing_is_made(lab: Lab, read: Callable[[Lab], object]) -> None:
    assert lab.produce(per_second=None, records=3).wait(10)
    lab.create_topic("other")
    with pytest.raises(LabError) as error:
        read(lab)
    assert str(error.value) == (
        "There is no topic 'sensr': did you mean 'sensor'? The topics are other, sensor. "
        'To read it before anything is written to it, create it first: lab.create_topic("sensr").'
    )
    assert list(lab.topics()["topic"]) == ["other", "sensor"]
    assert [each.name for each in lab.workers] == ["producer of sensor"]


def test_where_no_name_is_near_none_is_guessed(lab: Lab) -> None:
    with pytest.raises(
        LabError,
        match=r"^There is no topic 'sensor'\. There are none yet: a new Lab\(\) starts empty, so run .*\. To read it",
    ):
        lab.peek("sensor")
    lab.create_topic("kelvin")
    with pytest.raises(LabError, match=r"^There is no topic 'sensor'\. The topics are kelvin\. To read it"):
        lab.peek("sensor")


def test_a_refused_run_leaves_the_one_that_it_would_have_replaced(lab: Lab) -> None:
    lab.create_topic("sensor")
    run = lab.run(alert_filter, reads="sensor", writes="alert")
    with pytest.raises(LabError, match="did you mean 'sensor'"):
        lab.run(alert_filter, reads="sensr", writes="alert")
    assert (run.alive, lab.workers) == (True, (run,))


def test_what_will_be_written_later_can_be_read_already(lab: Lab) -> None:
    lab.create_topic("sensor", partitions=2)
    lab.run(alert_filter, reads="sensor", writes="alert")
    chart = lab.chart("alert")
    lab.produce(per_second=None, records=500)
    lab.wait_for("alert")
    chart.close()


def test_topics_are_listed_with_partitions_and_records_and_without_state(lab: Lab) -> None:
    lab.create_topic("sensor", partitions=3)
    assert lab.produce(per_second=None, records=30).wait(10)
    lab.run(average_temperature, reads="sensor", writes="avg-temp").wait_until_caught_up()
    found = {row["topic"]: (row["partitions"], row["records"]) for row in lab.topics().to_dict("records")}
    assert found["sensor"] == (3, 30)
    assert set(found) == {"sensor", "avg-temp", "sensor.dead-letter"}


def test_a_topic_that_is_there_is_made_once(lab: Lab) -> None:
    lab.create_topic("sensor", partitions=3)
    lab.create_topic("sensor")
    lab.create_topic("sensor", partitions=3)
    with pytest.raises(LabError, match="with 3 partitions"):
        lab.create_topic("sensor", partitions=2)
    with pytest.raises(LabError, match="at least one partition"):
        lab.create_topic("another", partitions=0)


def test_of_a_compacted_topic_kafka_keeps_the_newest_record_of_each_key_until_a_tombstone_deletes_it(lab: Lab) -> None:
    begin, producer = now() - 60_000, clients.producer(lab.broker.address)

    def send(number: int, key: str, value: bytes | None = b"{}") -> None:
        producer.produce(lab.full_name("places"), value, key, timestamp=begin + number)
        assert producer.flush(10) == 0  # a batch of its own: none is in two segments

    def left() -> list[tuple[int, str | None]]:
        return [(each.offset, each.key) for each in lab.records("places") if each.value is not None]

    lab.create_topic("places", compacted=True)
    for number in range(30):
        send(number, "abc"[number % 3])
    send(2000, "b", None)
    eventually(lambda: left() == [(27, "a"), (28, "b"), (29, "c")])
    send(5000, "d")
    eventually(lambda: left() == [(27, "a"), (29, "c"), (31, "d")])


def test_a_topic_that_is_there_and_keeps_everything_does_not_pass_for_a_compacted_one(lab: Lab) -> None:
    lab.create_topic("places")
    with pytest.raises(LabError, match=r"^Topic 'places' already exists, and is not compacted: choose another name\.$"):
        lab.create_topic("places", compacted=True)
    lab.create_topic("table", compacted=True)
    lab.create_topic("table", compacted=True)
    lab.create_topic("table")


def test_waiting_blames_only_those_on_whom_it_depends(lab: Lab) -> None:
    lab.create_topic("sensor")
    lab.create_topic("elsewhere")
    lab.produce(per_second=None, records=1, writes="other").wait(10)
    assert lab.run(fails, reads="other", writes="elsewhere", name="unrelated").wait(10)
    lab.run(alert_filter, reads="sensor", writes="alert")
    lab.run(alert_counter, reads="alert", writes="alert-count")
    for topic in ("sensor", "alert-count", "alert.dead-letter"):
        with pytest.raises(LabError, match=rf"^{topic} holds 0 records.*Is something writing to it\?$"):
            lab.wait_for(topic, timeout=0.1)
    with pytest.raises(LabError, match="unrelated failed: KeyError"):
        lab.wait_for("elsewhere", timeout=0.1)


def test_waiting_blames_a_run_two_stages_before(lab: Lab) -> None:
    assert lab.produce(per_second=None, records=3).wait(10)
    assert lab.run(fails, reads="sensor", writes="alert", name="first").wait(10)
    lab.run(alert_counter, reads="alert", writes="alert-count")
    for topic in ("alert-count", "alert.dead-letter"):
        with pytest.raises(LabError, match="first failed: KeyError"):
            lab.wait_for(topic, timeout=0.1)


def test_emptying_a_topic_releases_no_reference_that_others_hold(lab: Lab) -> None:
    """Supervised once too few, the memory of the list would be used twice: a path has become `/` that way."""
    lab.create_topic("full")
    topics = topics_of(lab)
    ends = [TopicPartition(topics.full("full"), 0, 0)]
    before = sys.getrefcount(ends)
    for _ in range(5):
        delete_records(topics.admin, ends, 10)[ends[0]].result(10)
    assert sys.getrefcount(ends) == before, (
        f"confluent-kafka {version('confluent-kafka')} releases no foreign reference in delete_records any more: "
        "labkit.kafka.topics.delete_records can go"
    )


def test_a_reset_deletes_what_the_lab_has_created_and_nothing_that_was_there(lab: Lab) -> None:
    earlier = Topics(lab.broker.address, topics_of(lab).namespace)
    earlier.create("orders", "sensor", "alert")
    lab.create_topic("orders", "mine")
    assert lab.produce(per_second=None, records=3).wait(10)
    lab.run(alert_filter, reads="sensor", writes="alert").wait_until_caught_up()
    lab.run(alert_filter, reads="orders", writes="copied")
    lab.reset()
    assert earlier.names() == ["alert", "orders", "sensor"]
    assert len(lab.records("sensor")) == 3
    earlier.delete([earlier.full(name) for name in ("orders", "sensor", "alert")])


def test_what_was_created_although_another_was_refused_is_deleted_too(lab: Lab) -> None:
    lab.create_topic("a.b")
    with pytest.raises(LabError, match="collides"):
        lab.create_topic("good", "a_b")
    eventually(lambda: topics_of(lab).names() == ["a.b", "good"])  # a broker hears of a new topic a moment later
    lab.reset()
    assert topics_of(lab).names() == []


@pytest.mark.parametrize(
    "code",
    [
        KafkaError.NOT_CONTROLLER,
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.NETWORK_EXCEPTION,
        KafkaError.BROKER_NOT_AVAILABLE,
        KafkaError.KAFKA_STORAGE_ERROR,
    ],
)
def test_what_a_kafka_answers_that_elects_a_controller_is_not_its_last_word(lab: Lab, code: int) -> None:
    answers: list[Future[int]] = [Future(), Future()]
    answers[0].set_exception(KafkaException(KafkaError(code)))
    answers[1].set_result(1)
    assert topics_of(lab).requests.settle(lambda *_: {"topic": answers.pop(0)}) == {"topic": 1}
