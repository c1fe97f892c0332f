"""The points of one line of a chart, and how few of them are enough to draw it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

KEPT = 50_000  # maximum points of a series, whatever the window
FIRST = 1_000  # initial capacity, in points
DRAWN = 400  # points of a series that a browser is asked to draw
SILENCE = 5_000.0  # a gap of so many milliseconds breaks a line,
LONGER = 3  # if it is also this many times the usual interval: some devices send rarely
RECENT = 60  # points that tell the usual interval, and that are kept however old they are


class Points(NamedTuple):
    """Times (epoch milliseconds) and values, both float64: what Plotly sends to the browser as raw bytes."""

    times: Floats
    values: Floats


class Series:
    """The points of one line, in the order in which they came."""

    def __init__(self) -> None:
        self._times = np.empty(FIRST)
        self._values = np.empty(FIRST)
        self._first = self._end = 0
        self.newest = self.oldest = np.nan  # of all points ever appended
        self._interval: float | None = 0.0  # None: not known since the last point

    @property
    def points(self) -> Points:
        """The points that it holds now. What is appended or forgotten later does not change them."""
        held = slice(self._first, self._end)
        return Points(self._times[held], self._values[held])

    def append(self, time: float, value: float) -> None:
        if self._end == len(self._times):
            self._make_room()
        self._times[self._end], self._values[self._end] = time, value
        self._end += 1
        self.newest, self.oldest = np.fmax(self.newest, time), np.fmin(self.oldest, time)
        self._interval = None

    def interval(self) -> float:
        """Returns the usual number of milliseconds between two of the newest points; 0.0 if it is not known."""
        if self._interval is None:
            self._interval = usual_interval(np.sort(self.points.times[-RECENT:]))
        return self._interval

    def _make_room(self) -> None:
        """Drop what has left the window; grow only if less than half of the room would be free."""
        kept = slice(max(self._first, self._end - KEPT), self._end)
        count = kept.stop - kept.start
        size = max(len(self._times), 2 * count)
        times, values = np.empty(size), np.empty(size)
        times[:count], values[:count] = self._times[kept], self._values[kept]
        self._times, self._values, self._first, self._end = times, values, 0, count

    def forget(self, before: float) -> None:
        """Forget the points up to the first one from `before` on: a late point may lie behind it. The newest stay."""
        while self._first < self._end - RECENT and self._times[self._first] < before:
            self._first += 1


def window(points: Points, since: float) -> Points:
    """Returns all points from `since` on, in order of time."""
    inside = points.times >= since
    times, values = points.times[inside], points.values[inside]
    if np.any(times[1:] < times[:-1]):  # readings may come late
        order = np.argsort(times, kind="stable")
        times, values = times[order], values[order]
    return Points(times, values)


def drawn(points: Points, since: float, until: float, limit: int = DRAWN) -> Points:
    """Returns at most about `limit` points of the window that look like all of them. Each is a real point, except for
    the NaN after each gap, which breaks the line.
    """
    inside = window(points, since)
    return _broken(thin(inside, since, until, limit), after_gaps(inside.times))


def usual_interval(times: Floats) -> float:
    """Returns the median number of milliseconds between two of the ordered times; 0.0 if there are no two."""
    steps = np.diff(times)
    between = steps[steps > 0]  # a reading may have been sent twice
    return float(np.median(between)) if len(between) else 0.0


def after_gaps(times: Floats) -> Floats:
    """Returns those of the ordered times that end a long gap."""
    firsts = np.flatnonzero(np.diff(times) > max(SILENCE, LONGER * usual_interval(times))) + 1
    lengths = np.diff(firsts, prepend=0, append=len(times))
    joined = lengths[1:] == 1  # a single point would be invisible: it is joined to the one before or after it
    joined[:1] |= lengths[0] == 1
    breaks: Floats = times[firsts[~joined]]
    return breaks


def _broken(points: Points, breaks: Floats) -> Points:
    """Returns points with a NaN before each of the times in `breaks`, which breaks the line."""
    indexes = np.searchsorted(points.times, breaks)
    return Points(np.insert(points.times, indexes, breaks), np.insert(points.values, indexes, np.nan))


def thin(points: Points, since: float, until: float, limit: int = DRAWN) -> Points:
    """Returns the lowest and the highest point in each of `limit / 2` equal spans of time, and the newest point of all.

    No peak is lost: the first step of the M4 aggregation (Jugel et al., "M4: A Visualization-Oriented Time Series
    Data Aggregation", PVLDB 7(10), 2014).
    """
    times, values = points
    if len(times) <= limit:
        return points
    spans = ((times - since) * (limit / 2 / (until - since))).astype(np.int64)
    by_value = np.lexsort((values, spans))
    first = np.flatnonzero(np.diff(spans[by_value], prepend=-1))
    last = np.append(first[1:], len(spans)) - 1
    chosen = np.unique(np.concatenate([by_value[first], by_value[last], [len(times) - 1]]))
    return Points(times[chosen], values[chosen])
