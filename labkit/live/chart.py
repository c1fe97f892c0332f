"""A live chart: a FigureWidget that rolls with the newest records of a tap."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from numbers import Real
from typing import Any

import numpy as np
import plotly.graph_objects as go
from ipywidgets import HTML, Accordion
from markupsafe import Markup

from labkit.errors import LabError
from labkit.kafka.tap import Tap
from labkit.live import html, svg, theme
from labkit.live.chart_svg import Line, lines_svg
from labkit.live.curves import Curve, Curves, State, caption
from labkit.live.fields import Field
from labkit.live.figure import LiveFigure
from labkit.live.pacing import Pacer
from labkit.live.series import DRAWN, Points, drawn
from labkit.live.view import LiveView, emptied

PERIOD = 0.02  # minimum seconds between two reads of the tap
TEXT_PERIOD = 0.5  # seconds between two updates of the text equivalent
HEIGHT = 380  # pixels
MARKERS = 15  # maximum per line: each marker is a separate element in the browser; a line of any length is one
SNAPSHOT_LINE = 60  # maximum per line in a saved notebook
SNAPSHOT_POINTS = 300  # maximum of all its lines
POINTS = 1500  # maximum that a browser is asked to draw, in total


class Chart(LiveView[State]):
    """A rolling chart of one field, by device and event time, with its text equivalent below.

    Example: chart = lab.chart("sensor", threshold=29.85)
    """

    def __init__(
        self,
        tap: Tap,
        styles: theme.Styles,
        pacer: Pacer,
        field: Field,
        by: str | None = None,
        seconds: float | None = None,
        title: str | None = None,
        threshold: float | None = None,
    ) -> None:
        self._tap, self._field = tap, field
        self._curves = Curves(tap.names, field.name, by, seconds and seconds * 1000, styles)
        self._title = title or f"{field.axis} from {' and '.join(tap.names)}"
        self._threshold: float | None = None
        state = State()
        self._drawn = state
        self._described: tuple[State, float | None] = (state, None)
        self._described_at = 0.0
        self.figure = _empty_figure(self._title, field, tap.names)
        self._words = HTML()
        self._fold = Accordion([self._words], titles=["Waiting for the first record."], selected_index=None)
        super().__init__("chart", [self.figure, self._fold], pacer, state, PERIOD)
        self.add_class("lab-plotted")
        self.threshold = threshold

    @property
    def threshold(self) -> float | None:
        """Where the dashed line is drawn, in the unit of the field; None for none. Example: chart.threshold = 29.85"""
        return self._threshold

    @threshold.setter
    def threshold(self, value: float | None) -> None:
        if not isinstance(value, Real | None):
            raise LabError(f"The threshold is {value!r}, and must be a number, or None for none.")
        with self.figure.drawing, self.figure.batch_update():
            self._threshold = value
            self.figure.layout.shapes = [] if value is None else [_line_at(value, self._field)]
            self.figure.layout.yaxis.autorangeoptions.include = value  # autorange ignores lines like this one
        self.touch()

    def update(self) -> float | None:
        pause = super().update()
        if self._text_is_due():
            self.touch()
        return pause

    def collect(self) -> State:
        for topic in emptied(self._tap):  # before reading: what it holds now is then read afresh
            self._curves.forget(topic)
        self._curves.add(self._tap.read(timeout=0.1))
        return self._curves.state(self._tap.skipped, self._tap.away)

    def collect_last(self) -> State:
        return replace(self.state, ended=True)

    def release(self) -> None:
        self._tap.close()

    def show_state(self, state: State) -> None:
        with self.figure.drawing:
            if state != self._drawn:
                self._drawn = state
                self._draw(state)
            if self._text_is_due():
                self._described, self._described_at = (state, self._threshold), time.monotonic()
                self._show_text(*caption(state, self._field, self._threshold))

    def _text_is_due(self) -> bool:
        """Whether the text is out of date, and the last one has been there for long enough."""
        is_old = self.finished or time.monotonic() >= self._described_at + TEXT_PERIOD
        return is_old and (self.state, self._threshold) != self._described

    def _draw(self, state: State) -> None:
        names = [each.name for each in self.figure.data]
        if names != [each.name for each in state.curves]:
            self._make_lines(state)
        if state.curves:
            with self.figure.batch_update():
                for trace, (x, y) in zip(self.figure.data, points(state), strict=True):
                    trace.x, trace.y = x, y
                self.figure.layout.xaxis.range = time_axis(state)

    def _make_lines(self, state: State) -> None:
        """Create a line for each curve. Without lines the axes are hidden, since they would show an arbitrary time."""
        self.figure.data = []
        with self.figure.batch_update():
            self.figure.layout.xaxis.visible = self.figure.layout.yaxis.visible = bool(state.curves)
            self.figure.layout.annotations = [] if state.curves else [_waiting_for(self._tap.names)]
        self.figure.add_traces([go.Scatter(line(each)) for each in state.curves])

    def show_message(self, text: str) -> None:
        self._show_text(text, ())

    def _show_text(self, title: str, lines: Iterable[str]) -> None:
        self._fold.titles = [title]
        self._words.value = html.join(lines, Markup("<br>"))

    def static_html(self) -> Markup:
        return render(self.state, self._title, self._field, self._threshold)

    def summary(self) -> str:
        """Returns what the chart shows, in words. Example: print(chart.summary())"""
        return words(self.state, self._field, self._threshold)


def words(state: State, y: Field, threshold: float | None) -> str:
    """Returns what a chart shows as text."""
    title, lines = caption(state, y, threshold)
    return " ".join([title, *lines])


def render(state: State, title: str, y: Field, threshold: float | None) -> Markup:
    """Returns a chart as static HTML."""
    text = html.element("p", words(state, y, threshold))
    if state.is_empty:
        return text
    limit = min(SNAPSHOT_LINE, SNAPSHOT_POINTS // len(state.curves))
    lines = [
        Line(
            each.name if each.in_legend else "",
            each.style,
            *drawn(each.points, state.since, state.until, limit),
            not each.is_line,
        )
        for each in state.curves
    ]
    return svg.image(lines_svg(title, y.axis, lines, state.since, state.until, threshold), title) + text


def points(state: State) -> list[Points]:
    """Returns what the figure draws of each curve; of one without points, a gap: else Plotly's legend leaves it out."""
    limit = min(DRAWN, POINTS // len(state.curves))
    found = (drawn(each.points, state.since, state.until, limit) for each in state.curves)
    gap = Points(np.array([state.since]), np.array([np.nan]))
    return [each if len(each.times) else gap for each in found]


def time_axis(state: State) -> list[float]:
    """Returns the range of the time axis, with a margin on the right."""
    return [state.since, state.until + (state.until - state.since) * 0.01]


def line(curve: Curve) -> dict[str, Any]:
    """Returns the figure's line for a curve, without points."""
    style = curve.style
    return {
        "name": curve.name,
        "showlegend": curve.in_legend,
        "mode": "lines+markers" if curve.is_line else "markers",
        "line": {"color": style.colour, "dash": style.dash, "width": 2},
        "marker": {
            "maxdisplayed": MARKERS if curve.is_line else 0,
            "symbol": style.marker if curve.is_line else f"{style.marker}-open",
            "size": 6 if curve.is_line else 13,
            "color": style.colour,
            "line": {"width": 0 if curve.is_line else 2, "color": style.colour},
        },
    }


def _waiting_for(topics: Sequence[str]) -> dict[str, Any]:
    text = f"Waiting for the first record of {' and '.join(topics)}"
    return {"text": text, "xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5, "showarrow": False}


def _empty_figure(title: str, field: Field, topics: Sequence[str]) -> LiveFigure:
    figure = LiveFigure()
    figure.update_layout(
        title=title,
        height=HEIGHT,
        template=theme.timed(),
        showlegend=True,
        legend={"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom"},
        autosize=True,
        margin={"l": 60, "r": 20, "t": 50, "b": 90},
        xaxis={"title": "Event time (UTC)", "visible": False},
        yaxis={"title": field.axis, "visible": False},
        annotations=[_waiting_for(topics)],
        font={"size": 14, "color": "#000000"},
    )
    return figure


def _line_at(value: float, field: Field) -> dict[str, Any]:
    """Returns a dashed line through the whole chart. The legend names it: beside it, a name would cover the curves."""
    shape = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": value, "y1": value}
    pen = {"color": "#000000", "width": 1.5, "dash": "dash"}
    return shape | {"line": pen, "showlegend": True, "name": field.written(f"threshold {value:g}")}
