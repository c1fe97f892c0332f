"""Kafka is killed under a producer and pipelines, and started again: nothing that was accepted is lost."""

import concurrent.futures
import contextlib
import socket
import time
from typing import Any

import psutil
import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from quixstreams.checkpointing.exceptions import CheckpointConsumerCommitError
from quixstreams.exceptions import PartitionAssignmentError
from quixstreams.kafka.exceptions import KafkaProducerDeliveryError
from quixstreams.models import Topic, TopicType
from quixstreams.models.serializers import SerializationError

from labkit import Lab, LabError
from labkit.broker import OwnBroker
from labkit.errors import NoAnswer
from labkit.kafka import ranges, requests
from labkit.kafka.requests import within
from labkit.pipelines import alert_filter
from labkit.runs import own_topics
from labkit.runs import producer as module
from labkit.runs.application import LabApplication
from labkit.runs.outages import is_outage, reason
from labkit.runs.own_topics import PromptAdmin
from labkit.runs.replicas import Replicas
from tests.broker.lives import jvm
from tests.topics import topics_of
from tests.waiting import eventually, never

FORGOTTEN = CheckpointConsumerCommitError(KafkaError(KafkaError.UNKNOWN_MEMBER_ID))  # type: ignore[no-untyped-call]


@pytest.mark.slow
@pytest.mark.usefixtures("installation")
def test_a_kafka_that_falls_silent_when_it_has_created_a_topic_is_not_waited_for_for_ever(
    own: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(own.broker, OwnBroker)
    kafka, create = jvm(own.broker), AdminClient.create_topics
    monkeypatch.setattr(requests, "REQUEST_LIMIT", 2.0)
    monkeypatch.setattr(own_topics, "REQUEST_LIMIT", 2.0)

    def create_and_freeze(*given: Any, **options: Any) -> Any:
        futures = create(*given, **options)
        concurrent.futures.wait(futures.values())
        kafka.suspend()
        return futures

    monkeypatch.setattr(AdminClient, "create_topics", create_and_freeze)
    try:
        with pytest.raises(LabError, match="did not finish in 2 s"):
            PromptAdmin(topics_of(own)).create_topics([Topic("new", TopicType.REGULAR)])
    finally:
        kafka.resume()


@pytest.mark.slow
@pytest.mark.usefixtures("installation")
def test_producer_and_pipeline_outlive_kafka(own: Lab) -> None:
    assert isinstance(own.broker, OwnBroker)
    producer = own.produce(per_second=50)
    run = own.run(alert_filter, reads="sensor", writes="alert")
    own.wait_for("alert", new=20)
    address = own.broker.address

    own.broker.kill()
    assert not own.broker.alive
    before = producer.total()
    own.broker.start()
    own.broker.start()  # does nothing
    assert own.broker.address == address
    eventually(lambda: producer.total() > before + 200, 30)

    producer.stop()
    run.wait_until_caught_up()
    assert (run.status, producer.error, run.error) == ("running", None, None)
    assert len(own.records("sensor")) == producer.total()  # what was accepted is there once
    hot = {key(each.value) for each in own.records("sensor") if each.value["temperature"] > 303 - 273.15}
    assert {key(each.value) for each in own.records("alert")} == hot


@pytest.mark.slow
@pytest.mark.usefixtures("installation")
def test_a_producer_ends_only_when_kafka_has_everything(own: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(own.broker, OwnBroker)
    monkeypatch.setattr(module, "FLUSH_LIMIT", 0.1)
    producer = own.produce(per_second=100, records=600)  # more than are sent before the kill
    own.wait_for("sensor", 1)
    own.broker.kill()
    eventually(lambda: producer.accepted == 600)
    eventually(lambda: "waiting: Kafka has acknowledged none for" in producer.summary())
    assert producer.status == "running"
    own.broker.start()
    assert producer.wait(60)
    assert (producer.status, producer.delivered, producer.failed, producer.note) == ("finished", 600, 0, "")
    assert len(own.records("sensor")) == 600


def hang_up_on(process: int, server: socket.socket) -> None:
    """Wait until a process connects to what listens where Kafka did, and hang up."""
    connected = False
    while not connected:
        connection, (_, port) = server.accept()
        with connection:
            connected = port in {each.laddr.port for each in psutil.Process(process).net_connections()}


@pytest.mark.slow
@pytest.mark.usefixtures("installation")
def test_a_process_that_is_started_while_kafka_is_away_waits_for_it(own: Lab) -> None:
    assert isinstance(own.broker, OwnBroker)
    own.create_topic("sensor", partitions=2)
    run = own.run(alert_filter, reads="sensor", writes="alert", replicas=2)
    assert isinstance(run, Replicas)
    first, second = run.members
    eventually(lambda: first.status == second.status == "running", 20)
    run.kill(1)
    own.broker.kill()
    run.start()
    host, port = own.broker.address.split(":")
    with socket.create_server((host, int(port))) as server:
        server.settimeout(30)
        never(lambda: first.status != "starting", lambda: hang_up_on(first.pid, server), steps=3)
    own.broker.start()
    eventually(lambda: first.status == "running", 30)
    assert (run.status, run.error) == ("running", None)


@pytest.mark.parametrize(
    ("code", "options", "expected"),
    [
        (KafkaError.UNKNOWN_MEMBER_ID, {"txn_requires_abort": True}, True),
        (KafkaError._TIMED_OUT, {"retriable": True}, True),
        (KafkaError.INVALID_TXN_STATE, {"fatal": True}, True),  # Kafka has ended a transaction that was open for long
        (KafkaError._FENCED, {"fatal": True}, False),  # another run has taken this one's place
        (KafkaError.MSG_SIZE_TOO_LARGE, {}, False),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, {"fatal": True}, False),
    ],
)
def test_another_attempt_is_made_only_where_it_may_succeed(code: int, options: Any, expected: bool) -> None:
    assert is_outage(KafkaException(KafkaError(code, **options))) is expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (KafkaError._MSG_TIMED_OUT, True),
        (KafkaError.NOT_LEADER_FOR_PARTITION, True),
        (KafkaError.INVALID_TIMESTAMP, False),
        (KafkaError.MSG_SIZE_TOO_LARGE, False),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, False),
    ],
)
def test_nor_is_a_record_written_again_that_kafka_will_never_take(code: int, expected: bool) -> None:
    assert is_outage(KafkaProducerDeliveryError(KafkaError(code))) is expected


def test_a_run_says_after_what_it_has_started_again() -> None:
    added = PartitionAssignmentError()
    added.__cause__ = KafkaException(KafkaError(KafkaError._UNKNOWN_PARTITION))
    assert reason(added) == "partitions were added"
    assert reason(KafkaProducerDeliveryError(KafkaError(KafkaError._MSG_TIMED_OUT))) == "Kafka was unavailable"
    assert reason(KafkaException(KafkaError(KafkaError.FENCED_INSTANCE_ID))) == "Kafka had taken it for two"


def key(reading: Any) -> tuple[str, int]:
    return reading["device"], reading["timestamp"]


def test_a_pipeline_that_kafka_has_forgotten_starts_again(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    run, raised = LabApplication.run, []

    def forgotten_once(application: LabApplication) -> None:
        if not raised:
            raised.append(CheckpointConsumerCommitError("unknown member"))  # type: ignore[no-untyped-call]
            raise raised[0]
        run(application)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(LabApplication, "run", forgotten_once)
    lab.produce(records=300, per_second=None).wait(20)
    started = lab.run(alert_filter, reads="sensor", writes="alert")
    started.wait_until_caught_up()
    assert (started.status, started.records_in) == ("running", 300)
    assert started.note == "started again after Kafka was unavailable"
    started.stop()
    assert started.status == "stopped"


@pytest.mark.slow
def test_a_pipeline_that_kafka_has_forgotten_can_be_stopped_while_kafka_is_away(
    own: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(own.broker, OwnBroker)

    def loses_kafka(_: LabApplication) -> None:
        own.broker.kill()
        raise FORGOTTEN

    own.create_topic("sensor")
    monkeypatch.setattr(LabApplication, "run", loses_kafka)
    run = own.run(alert_filter, reads="sensor", writes="alert")
    eventually(lambda: not own.broker.alive)
    run.stop()
    assert (run.alive, run.note) == (False, "")


def test_a_member_that_kafka_has_taken_for_two_joins_once_more_but_not_a_third_time(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, raised = LabApplication.run, []

    def fenced(application: LabApplication) -> None:
        if len(raised) < limit:
            raised.append(KafkaException(KafkaError(KafkaError.FENCED_INSTANCE_ID, fatal=True)))
            raise raised[-1]
        run(application)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(LabApplication, "run", fenced)
    lab.produce(records=30, per_second=None).wait(20)
    limit = 2  # the coordinator that it then asked died as well
    started = lab.run(alert_filter, reads="sensor", writes="alert")
    started.wait_until_caught_up()
    assert (started.status, started.records_in) == ("running", 30)
    started.stop()
    raised.clear()
    limit = 3
    again = lab.run(alert_filter, reads="sensor", writes="alert")
    assert again.wait(20)
    assert again.status == "failed"
    assert len(raised) == 3


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (KafkaException(KafkaError(KafkaError._TIMED_OUT)), True),  # the coordinator has died meanwhile
        (KafkaException(KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED)), False),
        (ValueError("a fault in the state"), False),
        (None, False),
    ],
)
def test_an_assignment_that_failed_for_lack_of_an_answer_is_tried_again(
    cause: Exception | None, expected: bool
) -> None:
    error = PartitionAssignmentError("Error during partition assignment")
    error.__cause__ = cause
    assert is_outage(error) is expected


def test_a_value_that_cannot_be_written_is_no_outage() -> None:
    assert is_outage(SerializationError("Type is not JSON serializable: bytes")) is False


@pytest.mark.slow
@pytest.mark.usefixtures("installation")
def test_reading_takes_no_longer_than_it_may(own: Lab) -> None:
    assert isinstance(own.broker, OwnBroker)
    assert own.produce(per_second=None, records=10).wait(10)
    topics = topics_of(own)
    consumer = ranges.consumer(topics)
    own.broker.kill()
    begun = time.monotonic()
    with contextlib.closing(consumer), within(1), pytest.raises(NoAnswer):
        list(ranges.read(consumer, topics, "sensor", {0: (0, 10)}))
    assert time.monotonic() - begun < 10


@pytest.mark.slow
@pytest.mark.usefixtures("installation")
def test_what_a_stopped_producer_gave_up_does_not_arrive_once_it_goes_on(
    own: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(own.broker, OwnBroker)
    monkeypatch.setattr(module, "FLUSH_LIMIT", 0.1)
    producer = own.produce(per_second=100)
    own.wait_for("sensor", 10)
    own.broker.kill()
    given_up = producer.accepted - producer.delivered
    eventually(lambda: producer.accepted - producer.delivered > given_up + 10)
    producer.stop()
    assert producer.accepted == producer.delivered + producer.failed
    assert f"{producer.failed} records were not acknowledged within 0.1 s" == producer.note
    own.broker.start()
    before = producer.delivered
    producer.start()
    eventually(lambda: producer.delivered > before + 50, 60)
    monkeypatch.undo()
    producer.stop()
    assert producer.accepted == producer.delivered + producer.failed
    # Those that were on their way when Kafka was killed may be there.
    assert producer.delivered <= len(own.records("sensor")) < producer.accepted
