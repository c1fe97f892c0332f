"""Faults of Kafka itself, and of those who hold it up."""

from __future__ import annotations

import contextlib
import random
from typing import TYPE_CHECKING, Any

import orjson
from confluent_kafka import KafkaException

from labkit.errors import LabError
from labkit.incidents.fault import Evidence, Fault, listed
from labkit.kafka import clients
from labkit.readings import now

if TYPE_CHECKING:
    from labkit.incidents.system import System

LONGEST = 900_000  # milliseconds: Kafka's own limit of a transaction
BEGINNING = 30.0  # seconds
ENDING = 5.0  # seconds


class OpenTransaction(Fault):
    """A backfill has begun a transaction, written one record into a partition, and hangs."""

    cause = "open transaction"

    def __init__(self, luck: random.Random) -> None:
        super().__init__(luck)
        self._partition = self._offset = -1
        self._held: Any = None  # its producer: as long as it is there, its transaction is open

    def plant(self, system: System) -> None:
        topics, name = system.stage.topics, system.topics["sensor"]
        self._partition = system.sensors.homes[self.device]
        self._held = clients.producer(
            topics.address,
            **{"transactional.id": topics.full(f"{system.name}.backfill"), "transaction.timeout.ms": LONGEST},
        )
        self._held.init_transactions(BEGINNING)
        self._held.begin_transaction()
        written: list[int] = []
        value = self.value(system.measuring.made[0]) | {"device": "backfill", "timestamp": now()}
        self._held.produce(
            topics.full(name),
            orjson.dumps(value),
            b"backfill",
            self._partition,
            timestamp=value["timestamp"],
            on_delivery=lambda _, message: written.append(message.offset()),
        )
        self._held.flush(BEGINNING)
        self._offset = written[0]

    def close(self) -> None:
        """Abort the transaction, unless somebody has done so."""
        if self._held:
            with contextlib.suppress(KafkaException):
                self._held.abort_transaction(ENDING)
            self._held = None

    def symptom(self, system: System) -> str:
        names = listed(system.devices_in(self._partition))
        return (
            f"The archive and the dashboard get nothing new of {names}. The sensors write as ever, and Kafka "
            "acknowledges it. All programs run; nobody has released anything."
        )

    def evidence(self, system: System) -> Evidence:  # noqa: ARG002
        return {"partition": self._partition, "offset": self._offset}


class LostReplica(Fault):
    """One of three brokers has ended, and nobody has started it again."""

    cause = "lost replica"
    brokers = 3

    def __init__(self, luck: random.Random) -> None:
        super().__init__(luck)
        self._node = luck.choice((1, 2, 3))

    def plant(self, system: System) -> None:
        if not system.stage.broker.own:
            raise LabError("This incident needs the lab's own three brokers: unset LAB_BROKER, and Lab(brokers=3).")
        system.stage.broker.kill(self._node)

    def symptom(self, system: System) -> str:  # noqa: ARG002
        return (
            "Everything works. But the operators want to take a broker away for a repair tonight, as they have done "
            "before, and their monitoring forbids it. They ask you why."
        )

    def evidence(self, system: System) -> Evidence:  # noqa: ARG002
        return {"broker": self._node}

    def complaints(self, system: System) -> list[str]:
        leaders = system.stage.topics.leaders(system.topics["sensor"])
        short = [each.partition for each in leaders if len(each.in_sync) < self.brokers]
        return [f"partitions {', '.join(map(str, short))} have fewer than three replicas in sync"] if short else []
