"""What the devices have really measured: the sensors send it, perhaps with a fault, and the verdict goes by it."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from labkit.readings import Item

STEP = 250  # milliseconds from one reading of a device to its next
PACE = 1.0  # seconds of readings in a second
NAMES = (
    "attic", "bakery", "cellar", "darkroom", "engine", "forge", "garage", "hall", "icehouse", "kiln", "loft", "mill",
)  # fmt: skip
HOT, MILD = (33.0, 39.0), (12.0, 26.0)  # degrees Celsius: all alerts are clear cases ...
HOT_DEVICES = 2
LIMIT = 303.0 - 273.15  # degrees Celsius, above which there is an alert
NEAR = (0.1, 1.5)  # degrees Celsius from the limit: ... unless a repair is tried


class Measured(NamedTuple):
    """A true reading: degrees Celsius, percent, epoch milliseconds. A `doubtful` one may be left out by a repair."""

    device: str
    time: int
    temperature: float
    humidity: float
    part: int = 1
    doubtful: bool = False


class Distortion(Protocol):
    """How what is sent differs from what was measured."""

    def parts(self, device: str) -> int:
        """Returns how many sensors report under the name of a device."""
        ...

    def delay(self, reading: Measured) -> int:
        """Returns by how many rounds a reading comes late."""
        ...

    def is_doubtful(self, reading: Measured) -> bool: ...

    def item(self, reading: Measured) -> Item: ...


def devices(luck: random.Random, count: int = 6) -> list[str]:
    """Returns the names of some devices, in alphabetical order."""
    return sorted(luck.sample(NAMES, count))


class Measuring:
    """The source of the sensors' producer: endless readings of some devices, on a fixed grid of times from `begin` on
    (epoch milliseconds). The readings depend on luck alone, not on the clock.
    """

    notes: tuple[str, ...] = ()
    holds_readings = True
    tries = False  # whether a repair is being tried: then all devices are near the limit, on both sides

    def __init__(self, names: Sequence[str], begin: int, luck: random.Random, distortion: Distortion) -> None:
        self.devices = tuple(names)
        self.hot = tuple(sorted(luck.sample(self.devices, HOT_DEVICES)))
        self.made: list[Measured] = []
        self._begin, self._luck, self._distortion = begin, luck, distortion
        self._means = {name: luck.uniform(*(HOT if name in self.hot else MILD)) for name in self.devices}
        self._left = self._all()

    @property
    def now(self) -> int:
        """The time of the newest reading; that of the beginning if there is none."""
        return self.made[-1].time if self.made else self._begin

    def items(self) -> Iterator[Item]:
        """The readings that are left, as they are sent."""
        return self._left

    def pause(self) -> float:
        """Seconds from one reading to the next."""
        return STEP / 1000 / PACE / sum(map(self._distortion.parts, self.devices))

    def until(self, time: int) -> Iterator[Item]:
        """Yields items until the readings have come to a time."""
        while self.now < time:
            yield next(self._left)

    def _all(self) -> Iterator[Item]:
        waiting: list[tuple[int, int, Item]] = []  # until which round, and in order
        number = count = 0
        while True:
            for reading in self._round(number):
                self.made.append(reading)
                count += 1
                due = number + self._distortion.delay(reading)
                heapq.heappush(waiting, (due, count, self._distortion.item(reading)))
                while waiting and waiting[0][0] <= number:
                    yield heapq.heappop(waiting)[2]
            number += 1

    def _round(self, number: int) -> Iterator[Measured]:
        """Yields what the devices measure at one time."""
        for name in self.devices:
            for part in range(self._distortion.parts(name)):
                temperature = round(self._temperature(name), 2)
                humidity = round(self._luck.uniform(35, 65), 1)
                reading = Measured(name, self._begin + number * STEP + part, temperature, humidity, part + 1)
                yield reading._replace(doubtful=self._distortion.is_doubtful(reading))

    def _temperature(self, name: str) -> float:
        if self.tries:
            return LIMIT + self._luck.choice((-1, 1)) * self._luck.uniform(*NEAR)
        return self._luck.gauss(self._means[name], 0.3)
