"""A producer that writes records to a topic from a background thread."""

import math
import threading
import time
from typing import Any

import orjson
from confluent_kafka import KafkaError, KafkaException

from labkit.errors import LabError
from labkit.kafka import clients
from labkit.kafka.topics import Topics
from labkit.readings import Item, World, named_for
from labkit.runs.worker import Worker

FLUSH_LIMIT = 10.0  # seconds that Kafka may take to acknowledge what a producer sent before it stopped
SILENCE = 2.0  # seconds without an acknowledgement after which a producer says that it is waiting


class Producer(Worker):
    """Writes the items of a world to a topic, until they end or it is stopped.

    `accepted` counts the records handed to the Kafka client, `delivered` those acknowledged by Kafka, `failed` those
    given up. It ends when Kafka has acknowledged all, or some seconds after it was told to stop; then `accepted` equals
    `delivered + failed`.

    Example: sensors = lab.produce(devices=3)
    """

    STOP_LIMIT = FLUSH_LIMIT + 2  # an interrupt during a flush would lose accepted records

    def __init__(
        self,
        topics: Topics,
        world: World,
        writes: str,
        name: str,
        count: int | None = None,
    ) -> None:
        super().__init__(name)
        self.world = world
        self.writes: str = writes
        self.accepted = self.delivered = self.failed = 0
        self._count = math.inf if count is None else count
        self._full = topics.full(writes)
        self._address = topics.address
        self._producer = clients.producer(self._address)
        self._stopping = threading.Event()
        self._answered = time.monotonic()  # when Kafka last acknowledged a record or had nothing to acknowledge

    @property
    def note(self) -> str:
        """What was taken for what in its source, and what has happened. Example: sensors.note"""
        return "; ".join(filter(None, [*self.world.source.notes, self._note]))

    @note.setter
    def note(self, words: str) -> None:
        self._note = words

    def start(self) -> None:
        """Continue with the world in its present state; if `records` was given, for that many more readings.

        Raises LabError if another producer is running in that world. Example: sensors.start()
        """
        other = at_work_in(self.world)
        if other and other is not self:
            raise LabError(f"{other.name} is running in this world: stop it first.")
        self.world.producer = self
        super().start()

    def _renew(self) -> None:
        self._producer = clients.producer(self._address)  # the old one may have purged records, or failed for good
        self._stopping.clear()

    @property
    def replays(self) -> bool:
        """Whether it keeps the rate of a recording."""
        return not hasattr(self.world.source, "per_second")

    @property
    def per_second(self) -> float | None:
        """Records per second from each device, or from a whole table; None: as fast as possible, or a replay."""
        return getattr(self.world.source, "per_second", None)

    @per_second.setter
    def per_second(self, rate: float | None) -> None:
        if not hasattr(self.world.source, "per_second"):
            raise LabError("A replay keeps its recorded pace: give another factor to lab.produce.")
        if rate is not None and not rate > 0:
            raise LabError(
                "A producer needs more than 0 records per second (None: as fast as possible); stop() stops it."
            )
        self.world.source.per_second = rate

    def total(self) -> int:
        return self.delivered

    def summary(self) -> str:
        parts = [f"{self.delivered} {'record' if self.delivered == 1 else 'records'} written to {self.writes}"]
        parts += [f"{self.rate():.1f} a second"] if self.alive else []
        parts += [f"{self.failed} failed"] if self.failed else []
        parts += [self._waiting_in_words()] if self.alive else []
        return ", ".join(filter(None, parts))

    def _waiting_in_words(self) -> str:
        """Say how many records Kafka has not acknowledged, once it has been silent for too long; else empty."""
        waiting, seconds = self.accepted - self.delivered - self.failed, time.monotonic() - self._answered
        if waiting <= 0 or seconds < SILENCE:
            return ""
        return f"{waiting} waiting: Kafka has acknowledged none for {seconds:.0f} s"

    def _work(self) -> None:
        self._is_running()
        due, rate = time.monotonic(), self.per_second
        until = self.accepted + self._count
        try:
            for item in self.world if self._count > 0 else ():
                if item is not None:
                    self._accept(item)
                if self.accepted >= until or self._wait_since(due):
                    break
                due += self.world.pause()
                if rate != self.per_second:  # a new rate counts from now: there is nothing to catch up on
                    due, rate = time.monotonic(), self.per_second
        finally:  # also when the source raises: accepted records must be delivered
            while not self._stopping.is_set() and self._producer.flush(0.1):
                pass  # Kafka may be away, and come back
            if left := self._producer.flush(FLUSH_LIMIT):
                self._producer.purge()  # else they might still arrive, though they count as failed
                self._producer.flush(FLUSH_LIMIT)  # counts them
                self.note = f"{left} records were not acknowledged within {FLUSH_LIMIT:g} s"

    def _accept(self, item: Item) -> None:
        if self.accepted == self.delivered + self.failed:
            self._answered = time.monotonic()
        record = self._record(item)
        while True:
            try:
                self._producer.produce(self._full, *record, timestamp=item.time, on_delivery=self._on_delivery)
                break
            except BufferError:  # the queue is full: wait for Kafka, unless told to stop
                if self._stopping.is_set():
                    return
                self._producer.poll(0.05)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.MSG_SIZE_TOO_LARGE:
                    raise
                self.failed += 1
                self.note = f"record {self.accepted + 1:,} has {len(record[0]):,} bytes, more than Kafka takes"
                break
        self.accepted += 1

    def _record(self, item: Item) -> tuple[bytes, bytes | None, int]:
        """Returns value, key and partition of an item's record; the partition -1 is that of the key."""
        return encoded(item, self.writes), None if item.key is None else item.key.encode(), -1

    def _wait_since(self, due: float) -> bool:
        """Wait for the world's pause, which may change meanwhile. Returns True if it is time to stop."""
        self._producer.poll(0)
        while (left := due + self.world.pause() - time.monotonic()) > 0:
            if self._stopping.wait(min(left, 0.1)):
                return True
            self._producer.poll(0)
        return self._stopping.is_set()

    def _on_delivery(self, error: Any, _: Any) -> None:
        self._answered = time.monotonic()
        if error:
            self.failed += 1
            self.note = f"Kafka refused a record: {error.str()}"
        else:
            self.delivered += 1

    def _ask_to_stop(self) -> None:
        self._stopping.set()


def encoded(item: Item, topic: str) -> bytes:
    """Encode an item for a topic as JSON; half of it is missing if it is damaged."""
    whole = orjson.dumps(named_for(topic, item.value))
    return whole[: len(whole) // 2] if item.damaged else whole


def at_work_in(world: World) -> Producer | None:
    """The producer that is running in a world, if any: there is never more than one."""
    newest: Producer | None = world.producer
    return newest if newest and newest.alive else None
