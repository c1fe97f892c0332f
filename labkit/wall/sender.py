"""Sends a student's records in a thread of its own: a cell never waits for it, and nothing that fails there is told."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from confluent_kafka import KafkaException

from labkit.kafka import clients
from labkit.wall import records
from labkit.wall.records import Record

if TYPE_CHECKING:
    from confluent_kafka import Producer

    from labkit.wall.given import Given

ALIVE = 20.0  # seconds between two signs of life
WAITING = 200  # records that wait while Kafka is away; what comes then is dropped
LAST = 1.0  # seconds that the last records may take when a lab closes
POLL = 0.5  # seconds
SETTINGS = {
    "acks": "1",
    "enable.idempotence": False,
    "linger.ms": 2,
    "batch.size": 2000,  # bytes: the topic takes no larger batch
    "queue.buffering.max.messages": 500,
    "message.timeout.ms": 600_000,  # a verdict waits for a Kafka that is started again
}


class Sender:
    """Sends records to the wall; `notebook` returns which one is being worked on."""

    def __init__(self, given: Given, notebook: Callable[[], str]) -> None:
        self._given, self._notebook = given, notebook
        self._queue: queue.Queue[Record] = queue.Queue(WAITING)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="labkit-wall", daemon=True)

    def start(self) -> None:
        self.send(records.of_life(self._notebook()))
        self._thread.start()

    def send(self, record: Record) -> None:
        """Send a record soon; it is dropped if too many are waiting."""
        with contextlib.suppress(queue.Full):
            self._queue.put_nowait(record)

    def close(self) -> None:
        """Give what waits a moment, and end."""
        self._closing.set()
        if self._thread.ident:
            self._thread.join(2 * LAST)

    def _run(self) -> None:
        try:
            self._send_all(clients.producer(self._given.address, **self._given.client, **SETTINGS))
        except Exception:  # the student's work goes on without a wall
            clients.LOGGER.exception("nothing more is sent to the wall")

    def _send_all(self, producer: Producer) -> None:
        due = time.monotonic() + ALIVE
        while not self._closing.is_set() or not self._queue.empty():
            if time.monotonic() >= due and not self._closing.is_set():
                due = time.monotonic() + ALIVE
                if not len(producer):  # one sign of life that waits says as much as many
                    self._produce(producer, records.of_life(self._notebook()))
            with contextlib.suppress(queue.Empty):
                self._produce(producer, self._queue.get(timeout=0 if self._closing.is_set() else POLL))
            producer.poll(0)
        producer.flush(LAST)

    def _produce(self, producer: Producer, record: Record) -> None:
        try:
            producer.produce(self._given.topic, records.packed(record), self._given.pseudonym)
        except (BufferError, KafkaException) as error:
            clients.LOGGER.info("a record for the wall was dropped: %s", error)
