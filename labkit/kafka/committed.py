"""The committed offsets of consumer groups, fetched through one consumer per group, which never joins the group.

An admin client must not fetch them: librdkafka 2.12 crashes the whole process (SIGSEGV in rd_kafka_cgrp_op, its issue
5040) if the broker that it asks is not, or not yet, the group's coordinator: after Kafka starts, or a broker is lost.
"""

import functools
from collections.abc import Sequence

from confluent_kafka import Consumer, KafkaException, TopicPartition

from labkit.kafka import clients
from labkit.kafka.requests import Requests

KEPT = 16  # consumers
LONGEST = 2.0  # seconds that a consumer may take to answer; a new one asks whichever broker coordinates the group now
SETTINGS = {"isolation.level": "read_uncommitted"}  # do not wait for the end of a transaction that commits offsets


class CommittedOffsets:
    """Asks the Kafka to which these requests go."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests
        self._consumer = functools.lru_cache(KEPT)(self._new_consumer)

    def of(self, group: str, partitions: Sequence[TopicPartition]) -> list[TopicPartition]:
        """Returns the group's committed offset in each of these partitions, negative where there is none.

        Raises NoAnswer if Kafka does not answer, and LabError if it refuses.
        """
        if not partitions:
            return []
        return self._requests.until_answered(group, lambda seconds: self._ask(group, partitions, seconds), LONGEST)

    def _ask(self, group: str, partitions: Sequence[TopicPartition], seconds: float) -> list[TopicPartition]:
        try:
            found: list[TopicPartition] = self._consumer(group).committed(list(partitions), timeout=seconds)
        except KafkaException:
            if seconds >= LONGEST:
                self.close()
            raise
        for each in found:
            if each.error:  # no offset, which does not mean that the group has committed none
                raise KafkaException(each.error)
        return found

    def _new_consumer(self, group: str) -> Consumer:
        return clients.consumer(self._requests.address, **SETTINGS, **{"group.id": group})

    def close(self) -> None:
        """Release the consumers; each closes when the last request made through it is done."""
        self._consumer.cache_clear()
