"""Faults of the programs that write."""

from __future__ import annotations

import random
import zlib
from typing import TYPE_CHECKING

from labkit.incidents.fault import Evidence, Fault, clock
from labkit.incidents.measured import STEP
from labkit.incidents.system import PARTITIONS
from labkit.readings import Item

if TYPE_CHECKING:
    from labkit.incidents.system import System


class OtherPartitioner(Fault):
    """A second writer takes another hash of the key: every second reading of a device is in another partition."""

    cause = "another partitioner"

    def __init__(self, luck: random.Random) -> None:
        super().__init__(luck)
        self._home = self._other = -1

    def begin(self, system: System) -> None:
        super().begin(system)
        homes = system.sensors.homes
        stray = [each for each in system.measuring.devices if _crc(each) != homes[each]]
        self.device = self.luck.choice(stray) if stray else self.device
        self._home = homes[self.device]
        self._other = _crc(self.device) if stray else (self._home + 1) % PARTITIONS

    def symptom(self, system: System) -> str:
        return (
            f"The dashboard jumps: since {clock(system.onset)} it gets two averages of {self.device} for the same "
            "second, and they differ. It was when half of the readings of that place were moved to a new gateway."
        )

    def partition(self, item: Item) -> int:
        is_second = item.key == self.device and self.onset is not None and item.time >= self.onset
        return self._other if is_second and item.time // STEP % 2 else -1

    def evidence(self, system: System) -> Evidence:  # noqa: ARG002
        return {"device": self.device, "partitions": sorted((self._home, self._other))}


def _crc(key: str) -> int:
    """Returns the partition of a key as librdkafka chooses it by default, unlike the clients in Java."""
    return zlib.crc32(key.encode()) % PARTITIONS


class SilentPartition(Fault):
    """All devices of a partition are cut off from the network, and keep their readings."""

    cause = "silent partition"

    def __init__(self, luck: random.Random) -> None:
        super().__init__(luck)
        self._partition = -1

    def plant(self, system: System) -> None:
        self._partition = system.sensors.homes[self.device]
        for name in system.devices_in(self._partition):
            system.sensors.world.silence(name)

    def symptom(self, system: System) -> str:  # noqa: ARG002
        return (
            f"The newest average of {self.device} is old, and gets older. There is no error, no lag; the "
            "programs run. The auditors want all readings in the archive."
        )

    def evidence(self, system: System) -> Evidence:  # noqa: ARG002
        return {"partition": self._partition}
