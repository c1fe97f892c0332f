"""The world that sensors live in: heat waves, dead links, late mail, garbage."""

import math
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from labkit.errors import LabError
from labkit.readings.reading import ABSOLUTE_ZERO, HOTTEST
from labkit.readings.sources import Source

WARMING = 5.0  # seconds after which 63 % of a heat wave has arrived: the time constant of a first-order lag
BACKLOG = 10_000  # readings that a silent device keeps; then it forgets the oldest


class Corrupt(NamedTuple):
    """A reading that will be damaged on its way."""

    reading: dict[str, Any]


@dataclass
class Fate:
    """What has befallen a device."""

    heat: float = 0.0  # degrees Celsius that the heat wave will add
    warmth: float = 0.0  # and those that it has added so far
    seen: int = 0  # the timestamp of the newest reading
    silent: bool = False
    to_damage: int = 0  # readings, from the next one on
    backlog: deque[dict[str, Any] | Corrupt] = field(default_factory=lambda: deque(maxlen=BACKLOG))


class World:
    """What becomes of the readings of a source on their way to the producer.

    Iterating gives what is to be sent: readings, a Corrupt, or None while a silent device has its turn. All methods
    may be called from any thread; they raise LabError for a device that does not exist.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self._lock = threading.Lock()
        self._fates = {device: Fate() for device in source.devices}
        self._urgent: deque[dict[str, Any] | Corrupt] = deque()

    @property
    def devices(self) -> tuple[str, ...]:
        """The devices, as far as they are known: those of a generator appear with their first reading."""
        return tuple(self._fates)

    def heatwave(self, device: str, degrees: float = 10.0) -> None:
        """Let it become so many degrees Celsius warmer around a device, over some seconds, and stay so until `cool`."""
        if not math.isfinite(degrees):
            raise LabError(f"degrees is {degrees}: give a number such as 10.")
        self._fate(device).heat = degrees

    def cool(self, device: str) -> None:
        """End the heat wave around a device: it cools down over some seconds."""
        self._fate(device).heat = 0.0

    def silence(self, device: str) -> None:
        """Cut a device off: it goes on measuring, but nothing of it arrives."""
        self._fate(device).silent = True

    def wake(self, device: str, backlog_first: bool = False) -> int:
        """Let a silent device be heard again; what it has kept meanwhile it sends first, oldest first, or keeps.

        Returns how many readings it sends first.
        """
        fate = self._fate(device)
        with self._lock:
            fate.silent = False
            return self._release(fate) if backlog_first else 0

    def send_backlog(self, device: str) -> int:
        """Let a device send all that it has kept, oldest first; how many readings that are.

        Raises LabError if the device is silent.
        """
        fate = self._fate(device)
        with self._lock:
            if fate.silent:
                raise LabError(f"{device} is cut off, and can send nothing: wake it first.")
            return self._release(fate)

    def corrupt(self, device: str) -> None:
        """Let the next reading of a device be damaged on its way: half of the record is missing."""
        self._fate(device).to_damage += 1

    def heat(self, device: str) -> float:
        """The degrees Celsius that a heat wave adds, or will soon."""
        return self._fate(device).heat

    def is_silent(self, device: str) -> bool:
        """Whether a device is cut off."""
        return self._fate(device).silent

    def backlog(self, device: str) -> int:
        """How many readings a device keeps that it could not send."""
        return len(self._fate(device).backlog)

    def pause(self) -> float:
        """Seconds from what was given last to what comes next."""
        return 0.0 if self._urgent else self.source.pause()

    def __iter__(self) -> Iterator[dict[str, Any] | Corrupt | None]:
        for reading in self.source:
            yield self._befall(reading)
            yield from self._waiting()
        yield from self._waiting()  # what came while the source found that it has no more

    def _waiting(self) -> Iterator[dict[str, Any] | Corrupt]:
        while self._urgent:
            yield self._urgent.popleft()

    def _release(self, fate: Fate) -> int:
        """Send what a device has kept, before anything newer."""
        count = len(fate.backlog)
        self._urgent.extend(fate.backlog)
        fate.backlog.clear()
        return count

    def _befall(self, reading: dict[str, Any]) -> dict[str, Any] | Corrupt | None:
        """What is to be sent when the source has given a reading: not that one, if something waits already."""
        fate = self._fates.setdefault(reading["device"], Fate())
        warmed = self._warmed(reading, fate)
        with self._lock:
            item = Corrupt(warmed) if fate.to_damage else warmed
            fate.to_damage = max(fate.to_damage - 1, 0)
            if fate.silent:
                fate.backlog.append(item)
                return None
            self._urgent.append(item)
            return self._urgent.popleft()

    def _warmed(self, reading: dict[str, Any], fate: Fate) -> dict[str, Any]:
        seconds = max(reading["timestamp"] - fate.seen, 0) / 1000
        fate.warmth += (fate.heat - fate.warmth) * (1 - math.exp(-seconds / WARMING)) if fate.seen else 0.0
        fate.seen = max(reading["timestamp"], fate.seen)
        if abs(fate.warmth) < 0.005 or reading["temperature"] is None:
            return reading
        temperature = round(reading["temperature"] + fate.warmth, 2)
        return reading | {"temperature": min(max(temperature, ABSOLUTE_ZERO), HOTTEST)}

    def _fate(self, device: str) -> Fate:
        if device not in self._fates:
            raise LabError(f"There is no device {device!r}; there is {', '.join(self._fates) or 'none yet'}.")
        return self._fates[device]
