"""Faults of Kafka itself, and of those who hold it up."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from confluent_kafka import Producer

from labkit.errors import LabError
from labkit.incidents import writing
from labkit.incidents.fault import Evidence, Fault, listed
from labkit.readings import now

if TYPE_CHECKING:
    from labkit.incidents.system import System


class OpenTransaction(Fault):
    """A backfill has begun a transaction, written one record into a partition, and hangs."""

    cause = "open transaction"

    def __init__(self, luck: random.Random) -> None:
        super().__init__(luck)
        self._partition = self._offset = -1
        self._held: Producer | None = None  # its producer: as long as it is there, its transaction is open

    def plant(self, system: System) -> None:
        topics = system.stage.topics
        self._partition = system.sensors.homes[self.device]
        self._held = writing.in_transaction(topics.address, topics.full(f"{system.name}.backfill"))
        value = self.value(system.measuring.made[0]) | {"device": "backfill", "timestamp": now()}
        ((_, self._offset),) = writing.written(
            self._held,
            topics.full(system.topics["sensor"]),
            "backfill",
            [value],
            value["timestamp"],
            self._partition,
        )

    def close(self) -> None:
        """Abort the transaction, unless somebody has done so."""
        if self._held:
            writing.abort(self._held)
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
