"""What every fault has: how it is planted, what it looks like, its evidence, and when it is repaired."""

from __future__ import annotations

import random
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import orjson

from labkit.incidents.measured import Measured
from labkit.readings import Item

if TYPE_CHECKING:
    from labkit.incidents.system import System

Evidence = Mapping[str, Any]


def clock(milliseconds: int) -> str:
    """Returns a time as people on duty say it (UTC)."""
    return time.strftime("%H:%M:%S UTC", time.gmtime(milliseconds / 1000))


def listed(names: Sequence[str]) -> str:
    """Returns names as in a sentence."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


class Fault(ABC):
    """A fault. What it distorts and writes is what a healthy system does, unless a subclass says otherwise.

    `edits` are the lines of programs that it changes; `members` is the number of processes of the archive, `brokers`
    that of brokers that it needs. `doubles`: whether a right repair may count readings several times. `archives`:
    whether the archive can keep up once it is repaired. `keeps`: whether it must have the doubtful readings too.
    """

    cause: ClassVar[str]
    members: ClassVar[int] = 1
    brokers: ClassVar[int] = 1
    doubles: ClassVar[bool] = False
    archives: ClassVar[bool] = True
    keeps: ClassVar[bool] = False

    def __init__(self, luck: random.Random) -> None:
        self.luck = luck
        self.edits: Mapping[str, str] = {}
        self.device = ""  # the one to blame, if one is, once it has begun
        self.onset: int | None = None

    def begin(self, system: System) -> None:
        """Let it begin in the readings that come from now on."""
        self.device = system.quiet_device(self.luck)
        self.onset = system.onset

    def plant(self, system: System) -> None:  # noqa: B027  # most are in the readings, or in the code
        """Do what it takes once everything is at work."""

    @abstractmethod
    def symptom(self, system: System) -> str:
        """Returns what a user complains of, never the cause."""

    @abstractmethod
    def evidence(self, system: System) -> Evidence:
        """Returns the right evidence, by the names in `causes.EVIDENCE`."""

    def complaints(self, system: System) -> list[str]:  # noqa: ARG002
        """Returns what else is wrong with a repair, besides what does not come out."""
        return []

    def close(self) -> None:  # noqa: B027
        """End what it holds."""

    # --------------------------------------------- what is sent, and how

    def has_begun(self, reading: Measured) -> bool:
        """Whether a reading of the device to blame is from after the onset."""
        return self.onset is not None and reading.device == self.device and reading.time >= self.onset

    def nth(self, reading: Measured) -> int:
        """Returns how many milliseconds after the onset a reading was measured."""
        return reading.time - (self.onset or 0)

    def parts(self, device: str) -> int:  # noqa: ARG002
        return 1

    def delay(self, reading: Measured) -> int:  # noqa: ARG002
        return 0

    def is_doubtful(self, reading: Measured) -> bool:  # noqa: ARG002
        return False

    def value(self, reading: Measured) -> dict[str, Any]:
        """Returns what a device sends of a reading."""
        return {
            "device": reading.device,
            "part": reading.part,
            "temperature": reading.temperature,
            "humidity": reading.humidity,
            "timestamp": reading.time,
        }

    def item(self, reading: Measured) -> Item:
        value = self.value(reading)
        return Item(reading.device, value["timestamp"], value)

    def encoded(self, item: Item) -> bytes:
        return orjson.dumps(item.value)

    def partition(self, item: Item) -> int:  # noqa: ARG002
        return -1
