"""A live chart: a FigureWidget that rolls with the newest records of a tap."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go
from ipywidgets import HTML, Accordion
from markupsafe import Markup

from labkit.kafka.tap import Record, Tap
from labkit.live import theme
from labkit.live.chart_svg import Line, lines_svg
from labkit.live.figure import LiveFigure
from labkit.live.pacing import Pacer
from labkit.live.series import DRAWN, Floats, Series
from labkit.live.svg import image
from labkit.live.view import LiveView
from labkit.readings import TOPICS, BadReading, check
from labkit.readings.reading import LAST_TIMESTAMP

PERIOD = 0.02  # minimum seconds between two reads of the tap
TEXT_PERIOD = 0.5  # seconds between two updates of the text equivalent
HEIGHT = 380  # pixels
MARKERS = 15  # maximum per line: each marker is a separate element in the browser; a line of any length is one
SNAPSHOT_POINTS = 60  # per line in a saved notebook
POINTS = 1500  # maximum that a browser is asked to draw, in total
SHORTEST = 5_000.0  # minimum milliseconds on the time axis


class Curve(NamedTuple):
    """A line of a chart: one device's records in one topic."""

    topic: str
    device: str


class Chart(LiveView):
    """A rolling chart of one field, by device and event time, with its text equivalent below.

    Example: chart = lab.chart("sensor", threshold=29.85)
    """

    OFFERED = (*LiveView.OFFERED, "figure", "threshold")

    def __init__(
        self,
        tap: Tap,
        looks: theme.Looks,
        pacer: Pacer,
        field: str,
        seconds: float,
        title: str | None = None,
        threshold: float | None = None,
    ) -> None:
        self._tap, self._looks, self._field, self._window = tap, looks, field, seconds * 1000
        self._title = title or f"{theme.axis(field)} from {' and '.join(tap.names)}"
        self._series: dict[Curve, Series] = {}
        self._drawn: list[Curve] = []
        self._newest, self._undrawn = 0.0, 0
        self._fresh = self._untold = False  # points not drawn yet, and numbers not in the text yet
        self._told, self._said = 0.0, ""
        self.figure = _empty_figure(self._title, field)
        self._make_lines([])
        self._words = HTML()
        self._fold = Accordion([self._words], titles=["Waiting for the first record."], selected_index=None)
        super().__init__("chart", [self.figure, self._fold], pacer)
        self.add_class("lab-plotted")
        self.threshold = threshold
        self._untold = threshold is not None
        self.start()

    @property
    def threshold(self) -> float | None:
        """Where the dashed line is drawn, in the unit of the field; None for none. Example: chart.threshold = 29.85"""
        return self._threshold

    @threshold.setter
    def threshold(self, value: float | None) -> None:
        with self.figure.drawing, self.figure.batch_update():
            self._threshold = value
            self.figure.layout.shapes = [] if value is None else [_line_at(value, self._field)]
            self.figure.layout.yaxis.autorangeoptions.include = value  # autorange ignores lines like this one
        self._untold = True
        self._touch()

    def say(self, text: str, lines: Iterable[str] = ()) -> None:
        self._fold.titles = [text]
        self._words.value = Markup("<br>").join(lines)

    def _end(self) -> None:
        self._tap.close()
        self._said, self._untold = "This chart has ended. ", True

    def _collect(self) -> float:
        records = self._tap.read(timeout=0.1)
        with self.figure.drawing:
            for topic in self._tap.emptied():
                self._forget(topic)
            if self._add(records):
                self.snapshot.ready.set()
        self._fresh, self._untold = self._fresh or bool(records), self._untold or bool(records)
        if self._fresh or (self._untold and self._may_tell()):
            self._touch()
        return PERIOD

    def _may_tell(self) -> bool:
        return self.finished or time.monotonic() > self._told + TEXT_PERIOD

    def _forget(self, topic: str) -> None:
        """Remove the records of a topic from the chart: they have been deleted."""
        self._series = {curve: series for curve, series in self._series.items() if curve.topic != topic}
        self._newest = max((series.newest for series in self._series.values()), default=0.0)
        self._said = f"{topic} was emptied at {theme.clock(time.time() * 1000)} UTC; its points were removed. "
        self._fresh = self._untold = True

    def _add(self, records: Iterable[Record]) -> bool:
        """Add records; True if there is something new to draw."""
        added = False
        for record in records:
            value = drawable(record, self._field)
            if value is None:
                self._undrawn += 1
                continue
            curve = Curve(record.topic, record.key or "no key")
            self._series.setdefault(curve, Series()).append(record.timestamp, value)
            self._newest = max(self._newest, record.timestamp)
            added = True
        return added

    def _paint(self) -> None:
        with self.figure.drawing:
            if self._fresh:
                self._fresh = False
                self._draw()
            if self._untold and self._may_tell():
                self._untold, self._told = False, time.monotonic()
                self.say(*self._caption())

    def _draw(self) -> None:
        if self._drawn != (curves := sorted(self._series, key=self._rank)):
            self._make_lines(curves)
        if not curves:
            return
        since, until = self._span()
        limit = min(DRAWN, POINTS // len(curves))
        with self.figure.batch_update():
            for trace, curve in zip(self.figure.data, curves, strict=True):
                trace.x, trace.y = self._series[curve].drawn(since, until, limit)
            self.figure.layout.xaxis.range = [since, until + (until - since) * 0.01]

    def _make_lines(self, curves: list[Curve]) -> None:
        """Create a line for each device and topic, in the order of the legend, by name.

        Without lines the axes are hidden, since they would show an arbitrary time.
        """
        self.figure.data = []
        with self.figure.batch_update():
            self.figure.layout.xaxis.visible = self.figure.layout.yaxis.visible = bool(curves)
            self.figure.layout.annotations = [] if curves else [_waiting_for(self._tap.names)]
        self.figure.add_traces([self._trace(curve) for curve in curves])
        self._drawn = curves

    def _rank(self, curve: Curve) -> tuple[object, ...]:
        return theme.in_order(curve.device), self._tap.names.index(curve.topic)

    def _span(self) -> tuple[float, float]:
        """The range of the time axis in epoch milliseconds, up to the newest point; it grows up to the full window."""
        oldest = min((series.oldest for series in self._series.values()), default=self._newest)
        return min(max(oldest, self._newest - self._window), self._newest - SHORTEST), self._newest

    def _trace(self, curve: Curve) -> go.Scatter:
        look = self._looks.of(curve.device)
        first = curve.topic == self._tap.names[0]
        return go.Scatter(
            name=self._name(curve),
            mode="lines+markers" if first else "markers",
            line={"color": look.colour, "dash": look.dash, "width": 2},
            marker={
                "maxdisplayed": MARKERS if first else 0,
                "symbol": look.marker if first else f"{look.marker}-open",
                "size": 6 if first else 13,
                "color": look.colour,
                "line": {"width": 0 if first else 2, "color": look.colour},
            },
        )

    def _name(self, curve: Curve) -> str:
        return curve.device if len(self._tap.names) == 1 else f"{curve.device} in {curve.topic}"

    def static_html(self) -> str:
        """What the chart shows, as static HTML."""
        with self.figure.drawing:
            (since, until), summary = self._span(), Markup("<p>{}</p>").format(self.summary())
            lines = [self._line(curve, since, until) for curve in sorted(self._series, key=self._rank)]
        if not lines:
            return summary
        svg = lines_svg(self._title, theme.axis(self._field), lines, since, until, self._threshold)
        return image(svg, self._title) + summary

    def _line(self, curve: Curve, since: float, until: float) -> Line:
        marks = curve.topic != self._tap.names[0]
        points = self._series[curve].drawn(since, until, SNAPSHOT_POINTS)
        return Line(self._name(curve), self._looks.of(curve.device), *points, marks)

    def summary(self) -> str:
        """What the chart shows, in words. Example: print(chart.summary())"""
        with self.figure.drawing:
            title, lines = self._caption()
        return " ".join([title, *lines])

    def _caption(self) -> tuple[str, list[str]]:
        """The whole chart in one sentence, and one sentence per line."""
        unit = theme.UNITS.get(self._field, "")
        since, until = self._span()
        values = {curve: self._series[curve].window(since)[1] for curve in sorted(self._series, key=self._rank)}
        every = np.concatenate([*values.values(), []])
        left_out = [*self._left_out()]
        if not len(every):
            return f"{self._said}No record with a {self._field} yet.", left_out
        lines = [
            f"{self._name(curve)}: {_range(each, unit)}, the last {each[-1]:g} {unit}".rstrip() + "."
            for curve, each in values.items()
            if len(each)
        ]
        if self._threshold is not None:
            lines.append(f"Threshold {self._threshold:g} {unit}".rstrip() + ".")
        span = f"The {(until - since) / 1000:.0f} s up to {theme.clock(until)} UTC"
        title = f"{self._said}{span}: {_range(every, unit)}"
        return f"{title}.", lines + left_out

    def _left_out(self) -> Iterable[str]:
        if self._tap.skipped:
            yield f"{self._tap.skipped} older records were skipped."
        if self._undrawn:
            yield f"Records not drawn, because they are not readings or have no {self._field}: {self._undrawn}."


def _range(values: Floats, unit: str) -> str:
    """Say how many values there are, and between which bounds."""
    if len(values) == 1:
        return "1 record"
    return f"{len(values)} records, {values.min():g} to {values.max():g} {unit}".rstrip()


def drawable(record: Record, field: str) -> float | None:
    """The number to draw for a record; None if it has none, no valid time, or is an invalid reading."""
    if not isinstance(record.value, dict) or not 0 <= record.timestamp <= LAST_TIMESTAMP:
        return None
    if record.topic in TOPICS:
        try:
            check(record.value)
        except BadReading:
            return None
    value = record.value.get(field)
    return value if type(value) in {int, float} else None


def _waiting_for(topics: Sequence[str]) -> dict[str, Any]:
    text = f"Waiting for the first record of {' and '.join(topics)}"
    return {"text": text, "xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5, "showarrow": False}


def _empty_figure(title: str, field: str) -> LiveFigure:
    figure = LiveFigure()
    figure.update_layout(
        title=title,
        height=HEIGHT,
        template=theme.timed(),
        showlegend=True,
        legend={"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom"},
        autosize=True,
        margin={"l": 60, "r": 20, "t": 50, "b": 90},
        xaxis={"title": "Event time (UTC)"},
        yaxis={"title": theme.axis(field)},
        font={"size": 14, "color": "#000000"},
    )
    return figure


def _line_at(value: float, field: str) -> dict[str, Any]:
    """A dashed line through the whole chart. Its name is in the legend: beside the line it would cover the curves."""
    shape = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": value, "y1": value}
    look = {"color": "#000000", "width": 1.5, "dash": "dash"}
    return shape | {"line": look, "showlegend": True, "name": f"threshold {value:g} {theme.UNITS.get(field, '')}"}
