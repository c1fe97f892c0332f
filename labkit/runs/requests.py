"""Administrative requests to Kafka, asked again while it is not ready to answer."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, TypeVar

from confluent_kafka import KafkaError, KafkaException

from labkit.errors import LabError

LIMIT = 15.0  # seconds that a request may take

# What a broker says of a topic or a group that it has only just made.
NOT_READY = {
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.UNKNOWN_LEADER_EPOCH,
    KafkaError.FENCED_LEADER_EPOCH,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
}

K = TypeVar("K")


def settle(ask: Callable[[], Mapping[K, "Future[Any]"]], *fine: int) -> dict[K, Any]:
    """The results of a request. The `fine` errors mean that there was nothing to do, and have no result.

    Raises LabError if Kafka refuses, or is not ready within LIMIT.
    """
    deadline = time.monotonic() + LIMIT
    while True:
        results, errors = _outcome(ask())
        serious = [error for error in errors if error.code() not in fine]
        if not serious:
            return results
        if any(error.code() not in NOT_READY for error in serious) or time.monotonic() > deadline:
            raise LabError(f"Kafka refused: {serious[0].str()}")
        time.sleep(0.02)


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for what Kafka has promised: an answered request is seen by its metadata some milliseconds later."""
    deadline = time.monotonic() + LIMIT
    while not condition():
        if time.monotonic() > deadline:
            raise LabError(f"Kafka did not do within {LIMIT:g} s what it had promised: `lab.broker.log()` says more.")
        time.sleep(0.01)


def _outcome(futures: Mapping[K, "Future[Any]"]) -> tuple[dict[K, Any], list[KafkaError]]:
    results, errors = {}, []
    for key, future in futures.items():
        try:
            results[key] = future.result()
        except KafkaException as error:
            errors.append(error.args[0])
    return results, errors
