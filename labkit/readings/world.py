"""The world that sensors live in: heat waves, dead links, backlogs, garbage."""

import math
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from labkit.errors import LabError
from labkit.readings.item import Item
from labkit.readings.reading import ABSOLUTE_ZERO, HOTTEST
from labkit.readings.sources import Source

WARMING = 5.0  # seconds until a heat wave reaches 63 % of its strength: the time constant of a first-order lag
BACKLOG = 10_000  # readings that a silent device keeps; beyond that it drops the oldest


@dataclass(slots=True)
class DeviceState:
    """What is happening to a device."""

    heat: float = 0.0  # degrees Celsius that the heat wave will add
    warmth: float = 0.0  # degrees Celsius that it has added so far
    seen: int = 0  # the time of the newest reading
    silent: bool = False
    to_damage: int = 0  # readings, from the next one on
    backlog: list[Item] = field(default_factory=list)


class World:
    """What happens to the items of a source on their way to the producer.

    A device is whatever the key of an item names. Iterating yields what to send: an item, or None when it is a silent
    device's turn. All methods may be called from any thread; they raise LabError for a device that does not exist.

    Example: sensors.world.heatwave("sensor-1")
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self._lock = threading.Lock()
        self.producer: Any = None  # the newest in this world, of any type
        self._states: dict[str | None, DeviceState] = {device: DeviceState() for device in source.devices}
        self._urgent: deque[Item] = deque()

    @property
    def devices(self) -> tuple[str, ...]:
        """The names of the devices known so far: those of a generator appear with their first reading."""
        return tuple(device for device in self._states if device is not None)

    def heatwave(self, device: str, degrees: float = 10.0) -> None:
        """Warm the surroundings of a device by `degrees` Celsius, over some seconds, until `cool` is called.

        Raises LabError if `degrees` is not finite, or if these are not readings, which have a temperature.

        Example: sensors.world.heatwave("sensor-1", degrees=5)
        """
        if not self.source.holds_readings:
            raise LabError("A heat wave warms readings, and what is produced here are rows of your own.")
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

    def __iter__(self) -> Iterator[Item | None]:
        for item in self.source.items():
            yield self._transmit(item)
            yield from self._waiting()
        yield from self._waiting()  # items added while the source was ending

    def _waiting(self) -> Iterator[Item]:
        while self._urgent:
            yield self._urgent.popleft()

    def _release(self, state: DeviceState) -> int:
        """Queue a device's backlog before anything newer. Returns how many items it has."""
        count = len(state.backlog)
        self._urgent.extend(state.backlog)
        state.backlog.clear()
        return count

    def _transmit(self, item: Item) -> Item | None:
        """Returns what to send when the source yields an item: one that is already waiting goes first."""
        state = self._states.setdefault(item.key, DeviceState())
        warmed = self._warmed(item, state)
        with self._lock:
            sent = warmed._replace(damaged=True) if state.to_damage else warmed
            state.to_damage = max(state.to_damage - 1, 0)
            if state.silent:
                state.backlog.append(sent)
                del state.backlog[:-BACKLOG]
                return None
            self._urgent.append(sent)
            return self._urgent.popleft()

    def _warmed(self, item: Item, state: DeviceState) -> Item:
        seconds = max(item.time - state.seen, 0) / 1000
        state.warmth += (state.heat - state.warmth) * (1 - math.exp(-seconds / WARMING)) if state.seen else 0.0
        state.seen = max(item.time, state.seen)
        if abs(state.warmth) < 0.005 or item.value["temperature"] is None:
            return item
        temperature = round(item.value["temperature"] + state.warmth, 2)
        return item._replace(value={**item.value, "temperature": min(max(temperature, ABSOLUTE_ZERO), HOTTEST)})

    def _state(self, device: str) -> DeviceState:
        if device not in self._states:
            raise LabError(f"There is no device {device!r}; known so far: {', '.join(self.devices) or 'none'}.")
        return self._states[device]
