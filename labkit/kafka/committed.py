"""The committed offsets of consumer groups, fetched through one consumer per group, which never joins the group.

An admin client must not fetch them: librdkafka 2.12 crashes the whole process (SIGSEGV in rd_kafka_cgrp_op, its issue
5040) if the broker that it asks is not, or not yet, the group's coordinator: after Kafka starts, or a broker is lost.
"""

import functools
import time
from collections.abc import Callable, Sequence

from confluent_kafka import Consumer, KafkaException, TopicPartition

from labkit.kafka import clients, requests

KEPT = 16  # consumers
SOON, PATIENCE = 0.2, 2.0  # timeout of the first attempt in seconds, and the maximum to which it is doubled
SETTINGS = {"isolation.level": "read_uncommitted"}  # do not wait for the end of a transaction that commits offsets


class CommittedOffsets:
    """Asks one Kafka; `check` raises NoAnswer once Kafka is known to have ended."""

    def __init__(self, address: str, check: Callable[[], object]) -> None:
        self._address, self._check = address, check
        self._consumer = functools.lru_cache(KEPT)(self._new_consumer)

    def of(self, group: str, partitions: Sequence[TopicPartition]) -> list[TopicPartition]:
        """Returns the group's committed offset in each of these partitions, negative where there is none.

        Raises NoAnswer if Kafka does not answer, and LabError if it refuses.
        """
        deadline, patience = time.monotonic() + requests.limit(), SOON
        while partitions:
            self._check()
            try:
                return self._ask(group, partitions, min(patience, max(deadline - time.monotonic(), SOON)))
            except KafkaException as error:
                self._check()
                if error.args[0].code() in requests.FORBIDDEN or time.monotonic() > deadline:
                    raise requests.failure(self._address, group, error.args[0]) from error
            if patience >= PATIENCE:
                self.close()  # a new consumer asks whichever broker coordinates the group now
            patience = min(2 * patience, PATIENCE)
        return []

    def _ask(self, group: str, partitions: Sequence[TopicPartition], seconds: float) -> list[TopicPartition]:
        found: list[TopicPartition] = self._consumer(group).committed(list(partitions), timeout=seconds)
        for each in found:
            if each.error and each.error.code() in requests.FORBIDDEN:
                raise KafkaException(each.error)
        return found

    def _new_consumer(self, group: str) -> Consumer:
        return clients.consumer(self._address, **SETTINGS, **{"group.id": group})

    def close(self) -> None:
        """Release the consumers; each closes when the last request made through it is done."""
        self._consumer.cache_clear()
