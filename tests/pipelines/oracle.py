"""What the lab's window pipelines must write, in plain Python, independent of Quix Streams.

- A window starts at each full second since 1970. It holds what happens at its start, but not what happens at its end.
  So a reading lies in as many windows as the duration has seconds, and a device's first windows begin before its first
  reading: they are partial, and come out like the others.
- Each device has a clock of its own, the latest timestamp that it has sent, and only its own readings close its
  windows: what a silent device has open stays open.
- A window is closed once its device's clock has reached its end and the grace: that very millisecond closes it
  (`start <= latest - grace - duration` in quixstreams/dataframe/windows/time_based.py).
- A late reading is missing from the windows that are closed already, and counts in those that are still open.
- A window comes out when it is closed, the oldest first, and never again.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

STEP = 1_000  # milliseconds
GRACE = 2_000


class Reading(NamedTuple):
    """What the windows see of a record: its key, its Kafka timestamp, and the field that they aggregate."""

    device: str
    timestamp: int
    temperature: float


class Window(NamedTuple):
    device: str
    start: int
    end: int
    temperatures: list[float]  # in order of arrival


def closed(readings: Iterable[Reading], duration: int) -> Iterator[Window]:
    """The windows that the readings close, in the order in which they come out."""
    clocks: dict[str, int] = defaultdict(int)
    opened: dict[str, dict[int, list[float]]] = defaultdict(dict)  # by device and start
    for device, timestamp, temperature in readings:
        clocks[device] = max(timestamp, clocks[device])
        newest_closed = clocks[device] - GRACE - duration  # the start of a window that closes right now
        for start in starts(timestamp, duration):
            if start > newest_closed:
                opened[device].setdefault(start, []).append(temperature)
        for start in sorted(each for each in opened[device] if each <= newest_closed):
            yield Window(device, start, start + duration, opened[device].pop(start))


def starts(timestamp: int, duration: int) -> range:
    """Where the windows start that a moment lies in; none starts before 1970."""
    first = (timestamp - duration) // STEP * STEP + STEP
    return range(max(first, 0), timestamp + 1, STEP)


def average_temperature(readings: Iterable[Reading]) -> list[dict[str, object]]:
    """The records of `avg-temp`."""
    return [
        {"device": device, "start": start, "end": end, "temperature": mean(temperatures)}
        for device, start, end, temperatures in closed(readings, duration=10_000)
    ]


def alert_counter(readings: Iterable[Reading]) -> list[dict[str, object]]:
    """The records of `alert-count`, if the readings go through the alert filter first."""
    alerts = (each for each in readings if each.temperature + 273.15 > 303)
    return [
        {"device": device, "start": start, "end": end, "count": len(temperatures)}
        for device, start, end, temperatures in closed(alerts, duration=5_000)
    ]


def mean(temperatures: list[float]) -> float:
    """Added one by one, as a stream must: from Python 3.12 on `sum` is more exact than that, so not the same."""
    total = 0.0
    for each in temperatures:
        total += each
    return total / len(temperatures)
