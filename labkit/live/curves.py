"""The records of a chart as curves, one for each device and topic, and the text that describes them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from labkit.kafka.tap import Record
from labkit.live import spans, theme
from labkit.live.devices import CROWDED, Devices, name_of
from labkit.live.fields import Field
from labkit.live.series import Floats, Points, Series, window
from labkit.readings import TOPICS, BadReading, check
from labkit.readings.reading import LAST_TIMESTAMP
from labkit.spelling import did_you_mean

SHORTEST = 5_000.0  # minimum milliseconds on the time axis
USUAL = 100_000.0  # milliseconds on it, unless readings are rare:
NUMBERS = {int, float}  # types that can be drawn: True is an int as well
INTERVALS = 60  # then as many of the usual intervals between them


class Curve(NamedTuple):
    """The points of one device in one topic: those of the first topic are a line, those of any other are marks."""

    name: str
    in_legend: bool  # which names each device once, and each further topic once
    style: theme.Style
    is_line: bool
    points: Points


@dataclass(frozen=True)
class State:
    """A chart at one moment: its curves in the order of the legend, and the range of its time axis in epoch
    milliseconds. `version` is another one whenever the curves are others.
    """

    version: int = 0
    curves: tuple[Curve, ...] = field(default=(), compare=False)
    since: float = 0.0
    until: float = 0.0
    undrawn: int = 0  # records that cannot be drawn
    meant: str = ""  # why, or which of their fields was probably meant
    nameless: str = ""  # that the records lack the field by which devices are told apart
    skipped: int = 0  # records that the tap has skipped
    emptied: str = ""  # which topic was emptied, and when
    crowded: bool = False  # whether there are more devices than it shows
    away: str = ""  # since when Kafka has been away, and what to do
    ended: bool = False

    @property
    def is_empty(self) -> bool:
        return not self.curves


class Curves:
    """Collects the records of some topics by device: by their field `by` if there is one, else by key.

    `width` is the longest range of the time axis in milliseconds; with None it depends on how often readings come.
    """

    def __init__(
        self, topics: Sequence[str], y: str, by: str | None, width: float | None, styles: theme.Styles
    ) -> None:
        self._topics, self._y, self._by, self._width, self._styles = topics, y, by, width, styles
        self._series: dict[tuple[str, str], Series] = {}  # by topic and device
        self._devices = Devices()
        self._version = self._undrawn = 0
        self._undrawable: Any = None  # the newest of these records
        # The newest drawn record; None once one has had the field `by`, or if there is no such field to look for.
        self._nameless: Any = {} if by else None
        self._emptied = ""

    def add(self, records: Iterable[Record]) -> None:
        for record in records:
            value = drawable(record, self._y)
            if value is None:
                self._undrawn += 1
                self._undrawable = record.value
                continue
            device = name_of(record, self._by)
            if self._nameless is not None:
                self._nameless = None if self._by in record.value else record.value
            self._series.setdefault((record.topic, device), Series()).append(record.timestamp, value)
            self._version += 1
            if silent := self._devices.hear(device):
                self._series = {name: series for name, series in self._series.items() if name[1] != silent}

    def forget(self, topic: str) -> None:
        """Remove the curves of a topic: its records have been deleted."""
        self._series = {name: series for name, series in self._series.items() if name[0] != topic}
        if not self._series:
            self._devices = Devices()
        self._emptied = f"{topic} was emptied at {theme.clock(time.time() * 1000)} UTC; its points were removed. "
        self._version += 1

    def state(self, skipped: int, away: str = "") -> State:
        """Returns the curves as they are now, after so many records that the tap has skipped."""
        since, until = self._span()
        for series in self._series.values():
            series.forget(since)
        curves = tuple(self._curve(*name) for name in sorted(self._series, key=self._rank))
        if curves:
            curves += tuple(sample(topic) for topic in self._topics[1:])
        crowded = self._devices.crowded
        left_out = (self._undrawn, self._meant(), self._lacks_name(), skipped)
        return State(self._version, curves, since, until, *left_out, self._emptied, crowded, away)

    def _meant(self) -> str:
        """Returns why records are not drawn, or which field was probably meant, if they lack the one that is drawn."""
        value, y = self._undrawable, self._y
        if not isinstance(value, dict):
            return "" if value is None else "the newest is not an object with fields"
        if y not in value:
            return did_you_mean(y, value)
        return "" if type(value[y]) in NUMBERS else f"the {y} of the newest is not a number"

    def _lacks_name(self) -> str:
        if not self._by or not self._nameless:
            return ""
        hint = did_you_mean(self._by, self._nameless)
        return f"Records have no {self._by}{f' ({hint})' if hint else ''}: they are told apart by key."

    def _span(self) -> tuple[float, float]:
        """Returns the range of the time axis, up to the newest point; it grows up to the full width."""
        if not self._series:
            return 0.0, 0.0
        newest = max(series.newest for series in self._series.values())
        oldest = min(series.oldest for series in self._series.values())
        return min(max(oldest, newest - (self._width or self._usual_width())), newest - SHORTEST), newest

    def _usual_width(self) -> float:
        """Returns the full width that suits the curve with the most frequent points."""
        intervals = (series.interval() for series in self._series.values())
        return max(USUAL, INTERVALS * min(filter(None, intervals), default=0.0))

    def _rank(self, name: tuple[str, str]) -> tuple[object, ...]:
        topic, device = name
        return theme.in_order(device), self._topics.index(topic)

    def _curve(self, topic: str, device: str) -> Curve:
        name = device if len(self._topics) == 1 else f"{device} in {topic}"
        is_line = topic == self._topics[0]
        points = self._series[topic, device].points
        return Curve(device if is_line else name, is_line, self._styles.of(device), is_line, points)


def sample(topic: str) -> Curve:
    """Returns a curve without points that stands in the legend for the marks of all devices in a topic."""
    return Curve(topic, True, theme.PLAIN, False, Points(np.empty(0), np.empty(0)))


def drawable(record: Record, y: str) -> float | None:
    """Returns the number to draw for a record; None if it has none, no valid time, or is an invalid reading."""
    if not isinstance(record.value, dict) or not 0 <= record.timestamp <= LAST_TIMESTAMP:
        return None
    if record.topic in TOPICS:
        try:
            check(record.value)
        except BadReading:
            return None
    value = record.value.get(y)
    return value if type(value) in NUMBERS else None


def caption(state: State, y: Field, threshold: float | None) -> tuple[str, list[str]]:
    """Returns the whole chart in one sentence, and one sentence for each curve and for what is left out."""
    away = f"{state.away} " if state.away else ""
    note = f"{away}{state.emptied}{'This chart has ended. ' if state.ended else ''}"
    left_out = list(_left_out(state, y.name))
    values = [window(each.points, state.since).values for each in state.curves]
    every = np.concatenate([*values, []])
    if not len(every):
        return f"{note}No record with a {y.name} yet.", left_out
    lines = [
        f"{curve.name}: {_range(each, y)}, {y.written(f'the last {each[-1]:g}')}."
        for curve, each in zip(state.curves, values, strict=True)
        if len(each)
    ]
    if threshold is not None:
        lines.append(f"{y.written(f'Threshold {threshold:g}')}.")
    span = state.until - state.since
    words = f"The {spans.length(span)} up to {spans.moment(state.until, span)} UTC"
    return f"{note}{words}: {_range(every, y)}.", lines + left_out


def _left_out(state: State, y: str) -> Iterable[str]:
    if state.crowded:
        yield CROWDED
    if state.nameless:
        yield state.nameless
    if state.skipped:
        yield f"{state.skipped} older records were skipped."
    if state.undrawn:
        hint = f" ({state.meant})" if state.meant else ""
        yield f"Records not drawn, because they are not readings or have no {y}{hint}: {state.undrawn}."


def _range(values: Floats, y: Field) -> str:
    """Returns how many values there are, and between which bounds."""
    if len(values) == 1:
        return "1 record"
    return y.written(f"{len(values)} records, {values.min():g} to {values.max():g}")
