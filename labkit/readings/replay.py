"""Recordings, replayed faster than they were recorded."""

import csv
import datetime
import gzip
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from labkit.errors import LabError
from labkit.readings.devices import now
from labkit.readings.item import Item
from labkit.readings.times import Times

Start = str | float | datetime.datetime


class Recording(NamedTuple):
    """A table that ships with labkit, gzipped; the .md file of the same name gives its origin."""

    file: str  # beside this module
    start: str  # the default start, where it becomes interesting


# The first of nyc-weather's 709 readings above 303 K is from 21 May: from 1 January a replay takes long to get there.
RECORDINGS = {"nyc-weather": Recording("nyc_weather.csv.gz", "2013-07-01T00:00:00Z")}


def recorded(name: str, start: Start | None = None) -> list[dict[str, Any]]:
    """Returns the rows of a recording that ships with labkit, from `start` on, in order of time.

    Each has device, timestamp (epoch milliseconds), temperature (degrees Celsius) and humidity (percent). `start` is a
    time in any usual form, UTC if it names no zone; without one it is July, when alerts are frequent. Raises
    LabError if there is no such recording, if `start` is not a time, or if nothing was recorded after it.

    A value that the station did not report is None. It is kept, since real data has such gaps: as null in JSON it makes
    the reading invalid, and the record goes to the dead-letter topic with the reason.
    """
    if name not in RECORDINGS:
        raise LabError(f"There is no recording {name!r}: the recordings are {', '.join(RECORDINGS)}.")
    recording = RECORDINGS[name]
    rows = _rows(recording.file)
    since = beginning(recording.start if start is None else start, rows[-1]["timestamp"], name)
    return [row for row in rows if row["timestamp"] >= since]


def beginning(start: Start, last: int, name: str) -> int:
    """Returns a start in epoch milliseconds. Raises LabError if it is not a time, or later than the last reading."""
    since = Times([start], "start").read(start)
    if type(since) is not int:
        raise LabError(f"start is {start!r}, not a time: give a datetime or text such as '2013-07-01T00:00:00Z'.")
    if since > last:
        shown = f"{start} ({utc(since)})" if isinstance(start, int | float) else start
        raise LabError(f"{name} has nothing from {shown} on: give a start up to {utc(last)}, its last reading.")
    return since


def started(start: Start | None) -> tuple[str, ...]:
    """Returns what a start was taken for, if there is one."""
    if start is None:
        return ()
    times = Times([start], "start")
    moment = utc(times.read(start))
    return (f"start: {times.words}, {moment}",)


class Replay:
    """Recorded items, replayed `factor` times as fast as if they were measured now.

    `items` yields each in order of time, its time mapped to the clock's. A reading keeps its original time in
    `recorded`, unless it has such a field of its own; all other values stay as they are. Called again, it continues
    where it stopped. It does not wait: the caller waits for `pause()` seconds after each item. Raises LabError unless
    the factor is above 0.
    """

    def __init__(
        self,
        items: Iterable[Item],
        factor: float,
        clock: Callable[[], int] = now,
        notes: tuple[str, ...] = (),
        holds_readings: bool = True,
    ) -> None:
        if not factor > 0:  # NaN too
            raise LabError(f"factor is {factor}: give a number above 0, such as 3600 to replay an hour in a second.")
        self._items = sorted(items, key=lambda item: item.time)
        self.devices = tuple(dict.fromkeys(item.key for item in self._items if item.key is not None))
        self.notes, self.holds_readings = notes, holds_readings
        self._factor = factor
        self._clock = clock
        self._given = 0  # how many items have been yielded

    def items(self) -> Iterator[Item]:
        start, first = self._clock(), self._given
        for number in range(first, len(self._items)):
            self._given = number + 1
            item = self._items[number]
            time = round(start + self._elapsed(self._items[first], item))
            value = {"recorded": item.time, **item.value, "timestamp": time} if self.holds_readings else item.value
            yield item._replace(time=time, value=value)

    def pause(self) -> float:
        """Returns the seconds between the item yielded last and the next; 0.0 if there is no such pair."""
        if not 0 < self._given < len(self._items):
            return 0.0
        return self._elapsed(self._items[self._given - 1], self._items[self._given]) / 1000

    def _elapsed(self, earlier: Item, later: Item) -> float:
        """Returns the milliseconds from one item to another in the replay."""
        return float((later.time - earlier.time) / self._factor)


def _rows(file: str) -> list[dict[str, Any]]:
    with gzip.open(Path(__file__).with_name(file), "rt", encoding="utf-8", newline="") as table:
        rows = csv.reader(table)
        next(rows)  # the columns' names
        return [
            {
                "device": device,
                "timestamp": int(timestamp),
                "temperature": float(temperature) if temperature else None,
                "humidity": float(humidity) if humidity else None,
            }
            for device, timestamp, temperature, humidity in rows
        ]


def utc(timestamp: int) -> str:
    """Returns a time in epoch milliseconds as ISO 8601."""
    return datetime.datetime.fromtimestamp(timestamp / 1000, datetime.UTC).isoformat().replace("+00:00", "Z")
