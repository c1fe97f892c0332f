"""Reads the counts from their first record on, and follows them."""

import time
from collections import deque
from typing import Any

import orjson
from confluent_kafka import KafkaException, TopicPartition

from labkit.kafka import clients
from labkit.kafka.topics import Topics
from labkit.readings import now
from labkit.wall.given import COUNTS

BATCH = 1000
SILENCE = 2.0  # seconds without a record after which Kafka is asked whether it is there
SPAN = 10.0  # seconds
ANSWER = 3.0  # seconds that it has for that


class Counts:
    """The topic of the counts; `away` says that Kafka does not answer, if so."""

    def __init__(self, topics: Topics) -> None:
        self.away = ""
        self._partition = TopicPartition(topics.full(COUNTS), 0)
        start = topics.beginning_offsets(COUNTS)[0]
        settings = {"auto.offset.reset": "earliest", "fetch.wait.max.ms": 50, "fetch.error.backoff.ms": 50}
        self._consumer = clients.consumer(topics.address, **settings)
        self._consumer.assign([TopicPartition(self._partition.topic, 0, start)])
        self._newest, self._asked = 0, time.monotonic()
        self._came: deque[tuple[float, int]] = deque()

    def read(self, timeout: float) -> list[dict[str, Any]]:
        """Returns the records since the last call; waits up to `timeout` seconds for the first."""
        first = self._consumer.poll(timeout)
        messages = [first, *self._consumer.consume(BATCH, timeout=0)] if first else []
        found = [orjson.loads(each.value() or b"{}") for each in messages if not each.error()]
        if found:
            self.away, self._asked = "", time.monotonic()
            self._came.append((time.monotonic(), len(found)))
            self._newest = max(self._newest, *(each["time"] for each in found))
        elif time.monotonic() > self._asked + SILENCE:
            self.away, self._asked = self._missed(), time.monotonic()
        return found

    def now(self) -> int:
        """Returns the time (epoch ms): by this computer's clock, unless Kafka's is ahead of it."""
        return max(now(), self._newest)

    def per_second(self) -> float:
        """Returns how many records have come each second, over the last ten."""
        while self._came and self._came[0][0] < time.monotonic() - SPAN:
            self._came.popleft()
        return sum(many for _, many in self._came) / SPAN

    def _missed(self) -> str:
        try:
            self._consumer.get_watermark_offsets(self._partition, timeout=ANSWER)
        except KafkaException:
            return "Kafka does not answer: lab class start starts it again"
        return ""

    def close(self) -> None:
        self._consumer.close()
