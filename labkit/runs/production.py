"""Readings on their way into a topic, from a background thread."""

import itertools
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from labkit.broker import clients
from labkit.runs.topics import Topics
from labkit.runs.worker import Worker

FLUSH_LIMIT = 10.0  # seconds that Kafka may take to acknowledge what it was sent


class Production(Worker):
    """Writes readings to a topic at a steady rate, until they end or it is stopped.

    `accepted` readings have been handed to the producer, `delivered` ones acknowledged by Kafka, `failed` ones given
    up on. Stopping flushes: afterwards accepted = delivered + failed.
    """

    STOP_LIMIT = FLUSH_LIMIT + 2  # an interrupt in the midst of a flush would lose what was accepted

    def __init__(
        self,
        topics: Topics,
        readings: Iterable[Mapping[str, Any]],
        writes: str,
        per_second: float | None,
        name: str,
    ) -> None:
        super().__init__(name)
        self.writes = writes
        self.accepted = self.delivered = self.failed = 0
        self._readings = readings
        self._pause = 1 / per_second if per_second else 0.0
        self._full = topics.full(writes)
        self._producer = clients.producer(topics.address)
        self._stopping = threading.Event()

    def begin(self) -> None:
        self.start()

    def total(self) -> int:
        return self.delivered

    def facts(self) -> str:
        parts = [f"{self.delivered} readings written to {self.writes}"]
        parts += [f"{self.rate:.1f} a second"] if self.alive else []
        parts += [f"{self.failed} failed"] if self.failed else []
        return ", ".join(parts)

    def _work(self) -> None:
        self._is_running()
        begun = time.monotonic()
        try:
            for number, reading in zip(itertools.count(), self._readings, strict=False):
                self._accept(reading)
                due = begun + (number + 1) * self._pause
                if self._wait_until(due):
                    break
        finally:  # also when the readings raise: what was accepted must arrive
            if left := self._producer.flush(FLUSH_LIMIT):
                self.note = f"{left} readings were not acknowledged within {FLUSH_LIMIT:g} s"
                self.failed = self.accepted - self.delivered

    def _accept(self, reading: Mapping[str, Any]) -> None:
        value, key = orjson.dumps(reading), reading["device"].encode()
        while True:
            try:
                self._producer.produce(
                    self._full, value, key, timestamp=reading["timestamp"], on_delivery=self._on_delivery
                )
                break
            except BufferError:  # the queue is full: wait for Kafka
                self._producer.poll(0.05)
        self.accepted += 1
        self._producer.poll(0)

    def _wait_until(self, due: float) -> bool:
        """Wait; whether it is time to stop."""
        while (left := due - time.monotonic()) > 0:
            if self._stopping.wait(min(left, 0.1)):
                return True
            self._producer.poll(0)
        return self._stopping.is_set()

    def _on_delivery(self, error: Any, _: Any) -> None:
        if error:
            self.failed += 1
            self.note = f"Kafka refused a reading: {error.str()}"
        else:
            self.delivered += 1

    def _ask_to_stop(self) -> None:
        self._stopping.set()
