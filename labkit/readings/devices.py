"""Simulated devices: temperatures and humidities that look like those of rooms and machines."""

import itertools
import math
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from labkit.readings.item import Item
from labkit.readings.reading import ABSOLUTE_ZERO, Reading

DAY = 86_400.0  # seconds


@dataclass(frozen=True)
class Temper:
    """How a device behaves: degrees Celsius, percent, seconds."""

    mean: float
    daily: float  # amplitude over a day: warmest in the afternoon
    cycle: float  # amplitude of a machine's load, or of a heater that switches on and off
    period: float  # of that cycle
    drift: float  # standard deviation of the slow drift
    memory: float  # time constant of the drift, an Ornstein-Uhlenbeck process
    noise: float  # standard deviation of a single measurement
    humidity: float  # mean


# In turn: a machine that crosses 303 K (29.85 °C) in every cycle, a room that never does, a warm place that
# sometimes does, a cellar.
MACHINE = Temper(29.5, 0.4, 2.0, 20.0, 0.3, 30.0, 0.08, 38.0)
ROOM = Temper(21.5, 1.5, 0.4, 90.0, 0.3, 120.0, 0.05, 46.0)
WARM = Temper(28.0, 1.0, 0.8, 45.0, 0.6, 20.0, 0.10, 42.0)
CELLAR = Temper(13.0, 0.3, 0.1, 300.0, 0.1, 300.0, 0.04, 71.0)
TEMPERS = (MACHINE, ROOM, WARM, CELLAR)


class Device:
    """One simulated device. The n-th measurement depends on the seed and on n alone, not on the clock."""

    def __init__(self, name: str, temper: Temper, seed: str) -> None:
        self.name = name
        self.temper = temper
        self._random = random.Random(seed)
        self._elapsed = 0.0
        self._phase = self._random.uniform(0, 0.1) * temper.period
        self._drift = self._random.gauss(0, temper.drift)
        self._humidity_drift = self._random.gauss(0, 1)

    def measure(self, seconds: float, timestamp: int) -> Reading:
        """Returns the reading `seconds` after the last one, stamped with the given epoch milliseconds.

        The drift is the exact discretisation of an Ornstein-Uhlenbeck process (Gillespie, Physical Review E 54,
        1996, eq. 3.1), so its spread does not depend on the measuring rate.
        """
        temper, gauss = self.temper, self._random.gauss
        self._elapsed += seconds
        kept = math.exp(-seconds / temper.memory)
        shake = math.sqrt(1 - kept * kept)
        self._drift = self._drift * kept + temper.drift * shake * gauss(0, 1)
        self._humidity_drift = self._humidity_drift * kept + shake * gauss(0, 1)
        clock = self._elapsed + self._phase
        swing = (
            temper.daily * math.sin(2 * math.pi * clock / DAY)
            + temper.cycle * math.sin(2 * math.pi * clock / temper.period)
            + self._drift
        )
        temperature = temper.mean + swing + gauss(0, temper.noise)
        # Warm air holds more water: with the same vapour, relative humidity falls by about 5 % of itself per degree.
        humidity = temper.humidity - 0.05 * temper.humidity * swing + self._humidity_drift + gauss(0, 0.2)
        return Reading(
            device=self.name,
            temperature=round(max(temperature, ABSOLUTE_ZERO), 2),
            humidity=round(min(max(humidity, 0.0), 100.0), 1),
            timestamp=timestamp,
        )


def now() -> int:
    """The current time in epoch milliseconds. Example: now()"""
    return time.time_ns() // 1_000_000


class Simulation(Iterator[Reading]):
    """Endless readings of `sensor-1`, `sensor-2`, … in turn, `per_second` from each, stamped by the clock.

    The same seed gives the same temperatures and humidities; only the timestamps come from the clock. Without a
    rate readings come as fast as they are requested, and each device advances by one second per reading.
    """

    notes: tuple[str, ...] = ()
    holds_readings = True

    def __init__(self, devices: int, per_second: float | None, seed: int, clock: Callable[[], int]) -> None:
        names = [f"sensor-{number}" for number in range(1, devices + 1)]
        self.devices = tuple(names)
        self.per_second = per_second
        self._clock = clock
        self._turns = itertools.cycle(
            [
                Device(name, temper, f"{seed}/{number}")
                for number, (name, temper) in enumerate(zip(names, itertools.cycle(TEMPERS), strict=False), start=1)
            ]
        )

    def __next__(self) -> Reading:
        return next(self._turns).measure(1 / (self.per_second or 1.0), self._clock())

    def items(self) -> Iterator[Item]:
        """The readings as a producer sends them."""
        return map(Item.of, self)

    def pause(self) -> float:
        """Seconds from one reading to the next."""
        return 1 / (self.per_second * len(self.devices)) if self.per_second else 0.0


def simulate(
    devices: int = 3, per_second: float | None = 1.0, seed: int = 0, clock: Callable[[], int] = now
) -> Simulation:
    """Endless readings of simulated devices, `per_second` from each. Example: next(simulate())"""
    return Simulation(devices, per_second, seed, clock)
