"""Outages of Kafka: which errors of a pipeline another attempt may mend, and when to make that attempt."""

import math
import time
from collections import deque
from collections.abc import Callable
from typing import TypeVar

from confluent_kafka import KafkaError, KafkaException
from quixstreams.checkpointing.exceptions import CheckpointConsumerCommitError, CheckpointProducerTimeout
from quixstreams.exceptions import KafkaPartitionError, PartitionAssignmentError
from quixstreams.internal_producer import KafkaProducerTransactionCommitFailed
from quixstreams.kafka.exceptions import KafkaBrokerUnavailableError, KafkaConsumerException, KafkaProducerDeliveryError

from labkit.errors import NoAnswer
from labkit.kafka import clients
from labkit.kafka.requests import FORBIDDEN
from labkit.kafka.topics import Topics
from labkit.waiting import wait_until

# What Quix Streams raises after a long outage of Kafka, when nothing is wrong with the pipeline.
OUTAGES = (
    CheckpointConsumerCommitError,
    CheckpointProducerTimeout,
    KafkaBrokerUnavailableError,
    KafkaPartitionError,
    KafkaProducerDeliveryError,
    KafkaProducerTransactionCommitFailed,
)

# What Kafka then answers a producer whose transaction it has ended.
ENDED = (KafkaError.INVALID_TXN_STATE, KafkaError.INVALID_PRODUCER_ID_MAPPING, KafkaError.UNKNOWN_PRODUCER_ID)

# What Kafka answers each time that a record is written which it does not take.
REFUSALS = (
    KafkaError.INVALID_RECORD,
    KafkaError.INVALID_TIMESTAMP,
    KafkaError.MSG_SIZE_TOO_LARGE,
    KafkaError.POLICY_VIOLATION,
    KafkaError.RECORD_LIST_TOO_LARGE,
    *FORBIDDEN,
)

# What Kafka answers a static member whose place another one has taken.
FENCED = (KafkaError.FENCED_INSTANCE_ID, KafkaError._FATAL)
MISTAKES = 2  # such answers within PERIOD that may be a mistake: three brokers may die one after the other
PERIOD = 60.0  # seconds

T = TypeVar("T")


def is_outage(error: Exception) -> bool:
    """Whether another attempt, from the committed offsets, may succeed."""
    if isinstance(error, PartitionAssignmentError):  # raised in a callback of the consumer
        cause = error.__cause__
        if said := _said(cause):  # a broker did not answer or is not ready: only a refusal is final
            return said.code() not in FORBIDDEN
        return isinstance(cause, Exception) and is_outage(cause)
    if said := _said(error):
        return bool(said.retriable() or said.txn_requires_abort() or said.code() in ENDED)
    return isinstance(error, OUTAGES) and not is_refusal(error)


def is_refusal(error: BaseException) -> bool:
    """Whether Kafka will never take a record that has been written."""
    return isinstance(error, KafkaProducerDeliveryError) and error.code in REFUSALS


def reason(error: Exception) -> str:
    """Returns after what a run starts again because of an error, in words."""
    said = _said(error.__cause__) if isinstance(error, PartitionAssignmentError) else None
    if said and said.code() == KafkaError._UNKNOWN_PARTITION:
        return "partitions were added"
    return "Kafka was unavailable" if is_outage(error) else "Kafka had taken it for two"


def _said(error: BaseException | None) -> KafkaError | None:
    """What Kafka said; None if it said nothing. An error of Quix Streams' serializers is a KafkaException too."""
    said = error.args[0] if isinstance(error, KafkaException) else None
    return said if isinstance(said, KafkaError) else None


class Fencing:
    """Tells a member that Kafka has mistaken for two from one whose number another process really has.

    Kafka can believe that a second member has replaced the first if a coordinator dies while a static member joins, and
    the next coordinator may die as well. If there really is a second one, Kafka gives that answer each time, and the
    members must not rejoin for ever, or they would go on fencing each other off.
    """

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=MISTAKES)

    def is_mistaken(self, error: Exception) -> bool:
        """Whether Kafka has fenced this member off, and at most MISTAKES times within PERIOD."""
        said = error.error if isinstance(error, KafkaConsumerException) else _said(error)
        if not (said and said.code() in FENCED):
            return False
        now = time.monotonic()
        recent = [each for each in self._times if now - each < PERIOD]
        self._times.append(now)
        return len(recent) < MISTAKES


def once_kafka_answers(make: Callable[[], T], topics: Topics, is_over: Callable[[], bool]) -> T | None:
    """Returns what `make` returns as soon as Kafka answers its requests; None if `is_over` comes first.

    Raises what `make` raises while Kafka does answer.
    """
    while True:
        wait_until(lambda: is_over() or clients.answers(topics.address), math.inf)
        if is_over():
            return None
        try:
            return make()
        except Exception as error:
            if clients.answers(topics.address) and not _is_silence(error):
                raise
            topics.requests.connect_anew()


def _is_silence(error: BaseException | None) -> bool:
    """Whether a request was not answered: its client waits for a dead broker, and a new client may not."""
    if isinstance(error, NoAnswer):
        return True
    while error and not _said(error):
        error = error.__cause__
    said = _said(error)
    return said is not None and said.code() in (KafkaError._TIMED_OUT, KafkaError._TRANSPORT)
