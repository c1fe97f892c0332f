"""The committed offsets of consumer groups, fetched through one consumer per group, which never joins the group.

An admin client must not fetch them: librdkafka 2.12 crashes the whole process (SIGSEGV in rd_kafka_cgrp_op, its issue
5040) if the broker that it asks is not, or not yet, the group's coordinator: after Kafka starts, or a broker is lost.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaException, TopicPartition

from labkit.kafka import clients
from labkit.kafka.requests import Requests

KEPT = 16  # consumers
LONGEST = 2.0  # seconds that a request may take

# Seconds, in several requests, after which an unanswered consumer makes way for a new one, which asks whichever broker
# coordinates the group now. The sampler's requests, with 5 s in all, must get that far.
SILENCE = 2.0
SETTINGS = {"isolation.level": "read_uncommitted"}  # do not wait for the end of a transaction that commits offsets


@dataclass
class _Asked:
    """A consumer, and for how many seconds it has not answered since its last answer."""

    consumer: Consumer
    silent: float = 0.0


class CommittedOffsets:
    """Asks the Kafka to which these requests go."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests
        self._asked: dict[str, _Asked] = {}  # by group; the one asked last is the last
        self._lock = threading.Lock()

    def of(self, group: str, partitions: Sequence[TopicPartition]) -> list[TopicPartition]:
        """Returns the group's committed offset in each of these partitions, negative where there is none.

        Raises NoAnswer if Kafka does not answer, and LabError if it refuses.
        """
        if not partitions:
            return []
        return self._requests.until_answered(group, lambda seconds: self._ask(group, partitions, seconds), LONGEST)

    def _ask(self, group: str, partitions: Sequence[TopicPartition], seconds: float) -> list[TopicPartition]:
        asked = self._consumer_of(group)
        try:
            found: list[TopicPartition] = asked.consumer.committed(list(partitions), timeout=seconds)
        except KafkaException:
            asked.silent += seconds
            if asked.silent >= SILENCE:
                self._asked.pop(group, None)
            raise
        asked.silent = 0.0
        for each in found:
            if each.error:  # no offset, which does not mean that the group has committed none
                raise KafkaException(each.error)
        return found

    def _consumer_of(self, group: str) -> _Asked:
        with self._lock:
            found = self._asked.pop(group, None) or _Asked(self._new_consumer(group))
            self._asked[group] = found
            if len(self._asked) > KEPT:
                del self._asked[next(iter(self._asked))]
        return found

    def _new_consumer(self, group: str) -> Consumer:
        return clients.consumer(self._requests.address, **SETTINGS, **{"group.id": group})

    def close(self) -> None:
        """Release the consumers; each closes when the last request made through it is done."""
        self._asked.clear()
