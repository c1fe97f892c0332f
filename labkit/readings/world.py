"""The world that sensors live in: heat waves, dead links, backlogs, garbage."""

import math
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from labkit.errors import LabError
from labkit.readings.reading import ABSOLUTE_ZERO, HOTTEST
from labkit.readings.sources import Source

WARMING = 5.0  # seconds until a heat wave reaches 63 % of its strength: the time constant of a first-order lag
BACKLOG = 10_000  # readings that a silent device keeps; beyond that it drops the oldest


class Corrupt(NamedTuple):
    """A reading that will be damaged in transit."""

    reading: dict[str, Any]


@dataclass
class DeviceState:
    """What is happening to a device."""

    heat: float = 0.0  # degrees Celsius that the heat wave will add
    warmth: float = 0.0  # degrees Celsius that it has added so far
    seen: int = 0  # the timestamp of the newest reading
    silent: bool = False
    to_damage: int = 0  # readings, from the next one on
    backlog: deque[dict[str, Any] | Corrupt] = field(default_factory=lambda: deque(maxlen=BACKLOG))


class World:
    """What happens to the readings of a source on their way to the producer.

    Iterating yields what to send: a reading, a Corrupt, or None when it is a silent device's turn. All methods may be
    called from any thread; they raise LabError for a device that does not exist.

    Example: sensors.world.heatwave("sensor-1")
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self._lock = threading.Lock()
        self.producer: Any = None  # the newest in this world, of any type
        self._states = {device: DeviceState() for device in source.devices}
        self._urgent: deque[dict[str, Any] | Corrupt] = deque()

    @property
    def devices(self) -> tuple[str, ...]:
        """The names of the devices known so far: those of a generator appear with their first reading."""
        return tuple(self._states)

    def heatwave(self, device: str, degrees: float = 10.0) -> None:
        """Warm the surroundings of a device by `degrees` Celsius, over some seconds, until `cool` is called.

        Raises LabError if `degrees` is not finite. Example: sensors.world.heatwave("sensor-1", degrees=5)
        """
        if not math.isfinite(degrees):
            raise LabError(f"degrees is {degrees}: give a number such as 10.")
        self._state(device).heat = degrees

    def cool(self, device: str) -> None:
        """End a device's heat wave: it cools down over some seconds. Example: sensors.world.cool("sensor-1")"""
        self._state(device).heat = 0.0

    def silence(self, device: str) -> None:
        """Cut a device off: it keeps measuring, but none of its readings arrive.

        Example: sensors.world.silence("sensor-1")
        """
        self._state(device).silent = True

    def wake(self, device: str, backlog_first: bool = False) -> int:
        """Reconnect a silent device. With `backlog_first` it first sends the readings it kept, oldest first.

        Otherwise it still keeps them for `send_backlog`. Returns how many kept readings it sends.

        Example: sensors.world.wake("sensor-1", backlog_first=True)
        """
        state = self._state(device)
        with self._lock:
            state.silent = False
            return self._release(state) if backlog_first else 0

    def send_backlog(self, device: str) -> int:
        """Let a device send all readings that it kept, oldest first. Returns how many there are.

        Raises LabError if the device is silent. Example: sensors.world.send_backlog("sensor-1")
        """
        state = self._state(device)
        with self._lock:
            if state.silent:
                raise LabError(f"{device} is cut off and cannot send anything: wake it first.")
            return self._release(state)

    def corrupt(self, device: str) -> None:
        """Damage the next reading of a device in transit: half of the record is missing.

        Example: sensors.world.corrupt("sensor-1")
        """
        self._state(device).to_damage += 1

    def heat(self, device: str) -> float:
        """The degrees Celsius that a heat wave will add in total. Example: sensors.world.heat("sensor-1")"""
        return self._state(device).heat

    def is_silent(self, device: str) -> bool:
        """Whether a device is cut off. Example: sensors.world.is_silent("sensor-1")"""
        return self._state(device).silent

    def backlog(self, device: str) -> int:
        """How many unsent readings a device keeps. Example: sensors.world.backlog("sensor-1")"""
        return len(self._state(device).backlog)

    def pause(self) -> float:
        """Seconds from the item yielded last to the next one."""
        return 0.0 if self._urgent else self.source.pause()

    def __iter__(self) -> Iterator[dict[str, Any] | Corrupt | None]:
        for reading in self.source:
            yield self._transmit(reading)
            yield from self._waiting()
        yield from self._waiting()  # items added while the source was ending

    def _waiting(self) -> Iterator[dict[str, Any] | Corrupt]:
        while self._urgent:
            yield self._urgent.popleft()

    def _release(self, state: DeviceState) -> int:
        """Queue a device's backlog before anything newer. Returns how many readings it has."""
        count = len(state.backlog)
        self._urgent.extend(state.backlog)
        state.backlog.clear()
        return count

    def _transmit(self, reading: dict[str, Any]) -> dict[str, Any] | Corrupt | None:
        """Returns what to send when the source yields a reading: an item that is already waiting goes first."""
        state = self._states.setdefault(reading["device"], DeviceState())
        warmed = self._warmed(reading, state)
        with self._lock:
            item = Corrupt(warmed) if state.to_damage else warmed
            state.to_damage = max(state.to_damage - 1, 0)
            if state.silent:
                state.backlog.append(item)
                return None
            self._urgent.append(item)
            return self._urgent.popleft()

    def _warmed(self, reading: dict[str, Any], state: DeviceState) -> dict[str, Any]:
        seconds = max(reading["timestamp"] - state.seen, 0) / 1000
        state.warmth += (state.heat - state.warmth) * (1 - math.exp(-seconds / WARMING)) if state.seen else 0.0
        state.seen = max(reading["timestamp"], state.seen)
        if abs(state.warmth) < 0.005 or reading["temperature"] is None:
            return reading
        temperature = round(reading["temperature"] + state.warmth, 2)
        return reading | {"temperature": min(max(temperature, ABSOLUTE_ZERO), HOTTEST)}

    def _state(self, device: str) -> DeviceState:
        if device not in self._states:
            raise LabError(f"There is no device {device!r}; known so far: {', '.join(self._states) or 'none'}.")
        return self._states[device]
