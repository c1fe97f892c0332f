"""Requests to Kafka: retried while it is not ready, and abandoned once it has ended."""

import contextlib
import math
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, wait
from contextvars import ContextVar
from typing import Any, TypeVar

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, TopicMetadata

from labkit.errors import LabError, NoAnswer
from labkit.kafka import clients
from labkit.waiting import Deadline, wait_until

REQUEST_LIMIT = 15.0  # seconds that a request may take, unless the caller sets another limit
LEAST = 0.5  # seconds that a request may take even if less time is left
CHECK = 0.2  # seconds between two checks that Kafka is still running

# Seconds before a new client repeats a request, doubled each time. When a broker dies (the controller, a group's
# coordinator), the client that asked it keeps waiting; a new client asks the broker's successor.
FIRST_TRY = 2.0

# The client's own timeout in seconds, which must never expire: if a request about a consumer group has timed out by the
# time the coordinator connects, librdkafka 2.12 aborts the whole process (an assertion in
# rd_kafka_enq_once_del_source_return).
CLIENT_LIMIT = 3600.0

# Errors that a broker returns for a topic or group that has only just been created, and while brokers are elected.
NOT_READY = {
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.UNKNOWN_LEADER_EPOCH,
    KafkaError.FENCED_LEADER_EPOCH,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
    KafkaError.OFFSET_NOT_AVAILABLE,
    KafkaError.NOT_CONTROLLER,
    KafkaError.REQUEST_TIMED_OUT,
    KafkaError.NETWORK_EXCEPTION,
    KafkaError.BROKER_NOT_AVAILABLE,
    KafkaError.KAFKA_STORAGE_ERROR,
    KafkaError._TRANSPORT,
}

# What Kafka refused when the user lacks a permission.
FORBIDDEN = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED: "topic",
    KafkaError.GROUP_AUTHORIZATION_FAILED: "consumer group",
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: "cluster",
}

K = TypeVar("K")
T = TypeVar("T")
_deadline: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Limit the requests in this block to this many seconds in total, but give each at least LEAST."""
    token = _deadline.set(Deadline(seconds))
    try:
        yield
    finally:
        _deadline.reset(token)


def limit(usual: float = REQUEST_LIMIT) -> float:
    """How many seconds a request may take: as many as are left of `within`, or as usual."""
    deadline = _deadline.get()
    return deadline.left(LEAST) if deadline else usual


class Requests:
    """A connected admin client and the requests made through it; a broker that does not answer means a new client.

    `check` raises NoAnswer once Kafka is known to have ended, so that no request goes on waiting.
    """

    def __init__(self, address: str, check: Callable[[], object]) -> None:
        self.address = address
        self.check = check
        self.admin = clients.admin(address)

    def settle(self, ask: Callable[[AdminClient, float], Mapping[K, "Future[Any]"]], *fine: int) -> dict[K, Any]:
        """Make a request until it succeeds, and return its results; `ask` gets the client and its timeout.

        The request may be repeated, so it must be idempotent. The `fine` errors mean that there was nothing to do;
        they have no result. Raises NoAnswer if Kafka does not answer or is not ready in time, and LabError if it
        refuses.
        """
        deadline, patience = Deadline(limit()), FIRST_TRY
        while True:
            self.check()
            futures = ask(self.admin, CLIENT_LIMIT)
            if not self._is_answered(futures, min(patience, deadline.left())):
                if deadline.has_passed():
                    raise self._no_answer()
                patience *= 2
                continue
            results, errors = _outcome(futures)
            serious = {key: error for key, error in errors.items() if error.code() not in fine}
            if not serious:
                return results
            refused = any(error.code() not in NOT_READY for error in serious.values())
            if refused or deadline.has_passed():
                raise (LabError if refused else NoAnswer)(refusal(*next(iter(serious.items()))))
            time.sleep(0.02)

    def close(self) -> None:
        """Disconnect the client; no request may follow."""
        del self.admin

    def connect_anew(self) -> None:
        """Use a new client from now on."""
        self.admin = clients.admin(self.address)

    def metadata(self) -> dict[str, TopicMetadata]:
        """Returns the metadata of every topic on the broker. Raises NoAnswer if it does not answer."""
        topics: dict[str, TopicMetadata] = self.until_answered(
            "cluster", lambda seconds: self.admin.list_topics(timeout=seconds).topics
        )
        return topics

    def until_answered(self, what: str, ask: Callable[[float], T], longest: float = math.inf) -> T:
        """Ask Kafka about something until it answers, and return the answer.

        `ask` gets the seconds that it may take: CHECK at first, then twice as many each time, up to the `longest`, as a
        busy broker may be slow to answer. Raises NoAnswer if Kafka does not answer in time, and LabError if it refuses.
        """
        deadline, patience = Deadline(limit()), CHECK
        while True:
            self.check()
            try:
                return ask(min(patience, deadline.left(CHECK)))
            except KafkaException as error:
                self.check()
                if error.args[0].code() in FORBIDDEN:
                    raise LabError(refusal(what, error.args[0])) from error
                if deadline.has_passed():
                    raise self._no_answer() from error
            patience = min(2 * patience, longest)

    def _is_answered(self, futures: Mapping[K, "Future[Any]"], seconds: float) -> bool:
        """Wait for answers. A client whose request is given up, for whatever reason, is dropped: it would go on
        connecting, without a pause, to a broker that is away (librdkafka 2.12).
        """
        deadline = Deadline(seconds)
        try:
            while wait(futures.values(), timeout=CHECK).not_done:
                self.check()
                if deadline.has_passed():
                    return False
            return True
        finally:
            if not all(each.done() for each in futures.values()):
                self.connect_anew()

    def _no_answer(self) -> NoAnswer:
        return NoAnswer(
            f"Kafka at {self.address} no longer answers: see that it runs there, then run this cell again. "
            "Its log says more: `print(lab.broker.log())`."
        )


def wait_for_promised(condition: Callable[[], bool]) -> None:
    """Wait until Kafka's metadata reflects a request that it has already answered: some milliseconds."""
    if not wait_until(condition, REQUEST_LIMIT, pause=0.01):
        raise LabError(
            f"Kafka accepted a request but did not finish in {REQUEST_LIMIT:g} s: `print(lab.broker.log())` says more."
        )


def _outcome(futures: Mapping[K, "Future[Any]"]) -> tuple[dict[K, Any], dict[K, KafkaError]]:
    results, errors = {}, {}
    for key, future in futures.items():
        try:
            results[key] = future.result()
        except KafkaException as error:
            errors[key] = error.args[0]
    return results, errors


def refusal(key: object, error: KafkaError) -> str:
    """Say in one line what Kafka refused; `key` is the topic, partition or group that the request was about."""
    if kind := FORBIDDEN.get(error.code()):
        name = getattr(key, "topic", getattr(key, "name", key))
        return f"Kafka does not allow this user to do this with the {kind} {name}: see docs/cluster.md for permissions."
    return f"Kafka refused: {error.str()}"
