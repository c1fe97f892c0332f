"""The world that sensors live in: heat waves, dead links, late mail, garbage."""

import math
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from labkit.errors import LabError
from labkit.readings.devices import now
from labkit.readings.reading import ABSOLUTE_ZERO, HOTTEST
from labkit.readings.sources import Source

WARMING = 5.0  # seconds after which 63 % of a heat wave has arrived: the time constant of a first-order lag
BACKLOG = 10_000  # readings that a silent device keeps; then it forgets the oldest


class Corrupt(NamedTuple):
    """What arrives of a reading that was damaged on its way."""

    device: str
    value: bytes
    timestamp: int


@dataclass
class Fate:
    """What has befallen a device."""

    heat: float = 0.0  # degrees Celsius that the heat wave will add
    warmth: float = 0.0  # and those that it has added so far
    seen: int = 0  # the timestamp of the newest reading
    silent: bool = False
    backlog: deque[dict[str, Any] | Corrupt] = field(default_factory=lambda: deque(maxlen=BACKLOG))


class World:
    """What becomes of the readings of a source on their way to the producer.

    Iterating gives what is to be sent: readings, a Corrupt, or None while a silent device has its turn. All methods
    may be called from any thread; they raise LabError for a device that does not exist.
    """

    def __init__(self, source: Source, clock: Callable[[], int] = now) -> None:
        self.source = source
        self._clock = clock
        self._lock = threading.Lock()
        self._fates = {device: Fate() for device in source.devices}
        self._urgent: deque[dict[str, Any] | Corrupt] = deque()

    @property
    def devices(self) -> tuple[str, ...]:
        """The devices, as far as they are known: those of a generator appear with their first reading."""
        return tuple(self._fates)

    def heatwave(self, device: str, degrees: float = 10.0) -> None:
        """Let it become so many degrees Celsius warmer around a device, over some seconds; 0 ends the heat wave."""
        if not math.isfinite(degrees):
            raise LabError(f"degrees is {degrees}: give a number such as 10, or 0 to end the heat wave.")
        self._fate(device).heat = degrees

    def silence(self, device: str) -> None:
        """Cut a device off: it goes on measuring, but nothing of it arrives."""
        self._fate(device).silent = True

    def wake(self, device: str) -> None:
        """Let a silent device be heard again; what it has kept meanwhile it keeps on keeping."""
        self._fate(device).silent = False

    def send_backlog(self, device: str) -> int:
        """Let a device send all that it has kept, oldest first, and be heard again; how many readings that are."""
        fate = self._fate(device)
        with self._lock:
            late = list(fate.backlog)
            fate.backlog.clear()
            fate.silent = False
            self._urgent.extend(late)
        return len(late)

    def corrupt(self, device: str) -> None:
        """Let a record of a device arrive damaged: the rest of it is missing. A silent device keeps it."""
        fate = self._fate(device)
        damaged = Corrupt(device, f'{{"device": "{device}", "temperature": 2'.encode(), self._clock())
        with self._lock:
            (fate.backlog if fate.silent else self._urgent).append(damaged)

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

    def _befall(self, reading: dict[str, Any]) -> dict[str, Any] | Corrupt | None:
        """What is to be sent when the source has given a reading: not that one, if something waits already."""
        fate = self._fates.setdefault(reading["device"], Fate())
        reading = self._warmed(reading, fate)
        with self._lock:
            if fate.silent:
                fate.backlog.append(reading)
                return None
            self._urgent.append(reading)
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
