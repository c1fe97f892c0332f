"""Records that a fault writes itself, past the sensors, and a transaction that it holds open."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from confluent_kafka import KafkaException, Producer

from labkit.errors import LabError
from labkit.kafka import clients

LIMIT = 30.0  # seconds that Kafka may take
ENDING = 5.0  # seconds, if a lab ends without it
LONGEST = 900_000  # milliseconds: Kafka's own limit of a transaction


def written(
    producer: Producer, topic: str, key: str, values: Sequence[Mapping[str, Any]], time: int, partition: int = -1
) -> list[tuple[int, int]]:
    """Write values under a key, as of `time` (epoch milliseconds). Returns the partition and offset of each, in order.
    Raises LabError if Kafka does not take them.
    """
    found: list[tuple[int, int]] = []
    for value in values:
        producer.produce(
            topic,
            orjson.dumps(value),
            key.encode(),
            partition,
            timestamp=time,
            on_delivery=lambda error, message: found.append((message.partition(), -1 if error else message.offset())),
        )
    producer.flush(LIMIT)
    if len(found) < len(values) or any(offset < 0 for _, offset in found):
        raise LabError(f"Kafka did not take the records of the incident into {topic}.")
    return found


def in_transaction(address: str, name: str) -> Producer:
    """Returns a producer that has begun a transaction: it is open as long as the producer is there."""
    producer = clients.producer(address, **{"transactional.id": name, "transaction.timeout.ms": LONGEST})
    producer.init_transactions(LIMIT)
    producer.begin_transaction()
    return producer


def abort(producer: Producer) -> None:
    """Abort the transaction, unless somebody has done so."""
    with contextlib.suppress(KafkaException):
        producer.abort_transaction(ENDING)
