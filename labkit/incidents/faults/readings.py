"""Faults in what a device sends."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import orjson

from labkit.incidents.fault import Evidence, Fault, clock
from labkit.incidents.measured import STEP, Measured
from labkit.incidents.reports import OneOf
from labkit.kafka.topics import DEAD_LETTER
from labkit.readings import Item

if TYPE_CHECKING:
    from labkit.incidents.system import System

AHEAD = 600_000  # milliseconds
EVERY = 8 * STEP  # milliseconds from one such reading to the next


class NowAndThen(Fault):
    """A fault in one of eight readings of the device to blame: those are doubtful."""

    def is_doubtful(self, reading: Measured) -> bool:
        return self.has_begun(reading) and self.nth(reading) % EVERY < STEP


class PoisonRecord(NowAndThen):
    """A device reports a humidity of 0 now and then, and the archive divides by it."""

    cause = "poison record"
    keeps = True

    def symptom(self, system: System) -> str:
        return (
            f"Since {clock(system.onset)} at the latest, readings are missing in the archive, and the auditors want "
            "them. Somebody on duty has started the archive again, twice: it did not help. Nothing may be lost."
        )

    def value(self, reading: Measured) -> dict[str, Any]:
        return super().value(reading) | ({"humidity": 0.0} if reading.doubtful else {})

    def evidence(self, system: System) -> Evidence:
        first = next(each for each in system.records("sensor") if each.value.get("humidity") == 0)
        return {"partition": first.partition, "offset": first.offset}


class FastClock(NowAndThen):
    """Some readings of a device have a time that is ten minutes ahead."""

    cause = "fast clock"

    def symptom(self, system: System) -> str:
        return (
            f"The dashboard shows averages of all devices, but for {self.device} nothing that is newer than "
            f"{clock(system.onset)}. The technician says that {self.device} measures and sends as ever."
        )

    def value(self, reading: Measured) -> dict[str, Any]:
        ahead = AHEAD if reading.doubtful else 0
        return super().value(reading) | {"timestamp": reading.time + ahead}

    def evidence(self, system: System) -> Evidence:
        mine = [each for each in system.records("sensor") if each.key == self.device]
        first = next(each for each in mine if each.timestamp >= system.onset + AHEAD)
        return {"device": self.device, "offset": first.offset}


class SchemaChange(Fault):
    """The new firmware of a device sends degrees Fahrenheit, and says so in a new field."""

    cause = "schema change"

    def symptom(self, system: System) -> str:
        return (
            f"Since {clock(system.onset)} the fire brigade has been called to {self.device} again and again. "
            "Each time it is cool there."
        )

    def value(self, reading: Measured) -> dict[str, Any]:
        changed = {"temperature": round(reading.temperature * 9 / 5 + 32, 2), "unit": "F"}
        return super().value(reading) | (changed if self.has_begun(reading) else {})

    def evidence(self, system: System) -> Evidence:  # noqa: ARG002
        return {"device": self.device, "field": OneOf(("unit", "temperature"))}


class DeadLetters(Fault):
    """The new firmware of a device writes a decimal comma, which is no JSON."""

    cause = "full dead-letter topic"
    doubles = True  # each of the three programs writes its own letter for a record

    def symptom(self, system: System) -> str:
        return (
            f"{self.device} has vanished: no average and nothing in the archive since {clock(system.onset)}. All "
            "programs run, no lag anywhere. Kafka's disk fills faster than before. The auditors want all readings."
        )

    def encoded(self, item: Item) -> bytes:
        whole = orjson.dumps(item.value)
        if item.key == self.device and self.onset is not None and item.time >= self.onset:
            return re.sub(rb'("temperature":\d+)\.', rb"\1,", whole)
        return whole

    def value(self, reading: Measured) -> dict[str, Any]:
        """A whole number has no decimal comma."""
        value = super().value(reading)
        return value | ({"temperature": value["temperature"] + 0.01} if value["temperature"] % 1 == 0 else {})

    def evidence(self, system: System) -> Evidence:
        return {"topic": f"{system.topics['sensor']}{DEAD_LETTER}", "device": self.device}
