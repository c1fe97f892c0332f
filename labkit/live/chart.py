"""A live chart: a FigureWidget that one thread keeps up to date from a tap."""

from __future__ import annotations

import html
import itertools
import time
from collections.abc import Iterable
from typing import Any

import plotly.graph_objects as go
from ipywidgets import HTML, VBox

from labkit.live import theme
from labkit.live.figure import LiveFigure
from labkit.live.series import DRAWN, Series
from labkit.live.sketch import Line, sketch
from labkit.live.still import Still, image
from labkit.live.ticker import Ticker
from labkit.readings import TOPICS, BadReading, check
from labkit.readings.reading import LAST_TIMESTAMP
from labkit.runs.tap import Record, Tap

PERIOD = 0.1  # seconds between two updates at the least
PER_TRACE = 0.03  # and for each line: what comes faster than a browser draws would pile up in front of it
TEXT_PERIOD = 0.5  # the text equivalent need not race
HEIGHT = 380  # pixels
MARKERS = 15  # on a line, at the most: each is an element of its own for the browser, a line is one whatever its length
STILL_POINTS = 60  # of a line in a saved notebook
POINTS = 1500  # that a browser is asked to draw at the most, in all


class Chart(VBox):  # type: ignore[misc]
    """A rolling chart of one field, by device and event time, with its text equivalent below.

    One thread reads the tap and sends at most ten updates a second, none when nothing changed. The widget may be
    shown any number of times; `close` ends the thread and the tap and leaves the last picture standing.
    """

    def __init__(
        self,
        tap: Tap,
        looks: theme.Looks,
        field: str,
        seconds: float,
        title: str | None = None,
        threshold: float | None = None,
    ) -> None:
        self._tap, self._looks, self._field, self._window = tap, looks, field, seconds * 1000
        self._title = title or f"{theme.axis(field)} from {' and '.join(tap.names)}"
        self._series: dict[tuple[str, str], Series] = {}
        self._newest, self._undrawn = 0.0, 0
        self._told = self._drawn = 0.0
        self._untold = False
        self.updates = 0
        self.figure = _empty_figure(self._title, field)
        self._text = HTML(_paragraph("Waiting for the first record."))
        super().__init__([self.figure, self._text])
        self.threshold = threshold
        self.still = Still(self, self.picture, self.summary)
        self._ticker = Ticker(f"chart-{'-'.join(tap.names)}", self._tick, self._fail)
        self._ticker.start()

    @property
    def threshold(self) -> float | None:
        """Where a dashed line is drawn, in the unit of the field; None draws none."""
        return self._threshold

    @threshold.setter
    def threshold(self, value: float | None) -> None:
        with self.figure.drawing, self.figure.batch_update():
            self._threshold, self._untold = value, bool(self._series)
            self.figure.layout.shapes = _line_at(value)
            self.figure.layout.annotations = _label_at(value, self._field)
            self.figure.layout.yaxis.autorangeoptions.include = value  # it takes no account of lines like this one

    def close(self) -> None:
        """Stop following. The picture stays; VBox.close() would take it out of the notebook."""
        if not self._ticker.closed:
            self._ticker.close()
            self._tap.close()
            self._text.value = _paragraph(f"{self.summary()} This chart has ended.")
            self.still.refresh(at_once=True)

    def _ipython_display_(self) -> None:
        self.still.show()

    def _fail(self, error: Exception) -> None:
        self._text.value = _paragraph(f"This chart has failed: {error}. Run its cell again.")

    def _tick(self) -> float:
        records = self._tap.read(timeout=0.1)
        self._untold = self._untold or bool(records)
        with self.figure.drawing:
            if added := self._add(records):
                self._drawn = time.monotonic()
                self._draw()
        if added:
            self.still.ready.set()
        if self._untold and time.monotonic() > self._told + TEXT_PERIOD:
            self._told, self._untold = time.monotonic(), False
            self._text.value = _paragraph(self.summary())
        self.still.refresh()
        return max(self._drawn + self._period() - time.monotonic(), 0.0)

    def _period(self) -> float:
        return max(PERIOD, PER_TRACE * len(self._series))

    def _add(self, records: Iterable[Record]) -> bool:
        """Take records in; whether there is something new to draw."""
        added = False
        for record in records:
            value = drawable(record, self._field)
            if value is None:
                self._undrawn += 1
                continue
            series = self._series.setdefault((record.topic, record.key or "no key"), Series())
            series.append(record.timestamp, value)
            self._newest = max(self._newest, record.timestamp)
            added = True
        return added

    def _draw(self) -> None:
        for topic, device in list(self._series)[len(self.figure.data) :]:
            self.figure.add_trace(self._trace(topic, device))
        since = self._newest - self._window
        limit = min(DRAWN, POINTS // len(self._series))
        with self.figure.batch_update():
            for trace, series in zip(self.figure.data, self._series.values(), strict=True):
                trace.x, trace.y = series.drawn(since, self._newest, limit)
            self.figure.layout.xaxis.range = [since, self._newest + self._window * 0.01]
        self.updates += 1

    def _trace(self, topic: str, device: str) -> go.Scatter:
        look = self._looks.of(device)
        first = topic == self._tap.names[0]
        return go.Scatter(
            name=device if len(self._tap.names) == 1 else f"{device} in {topic}",
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

    def picture(self) -> str:
        """What the chart shows, as static HTML."""
        with self.figure.drawing:
            summary, since, until = self.summary(), self._newest - self._window, self._newest
            lines = [
                Line(
                    trace.name,
                    self._looks.of(device),
                    *series.drawn(since, until, STILL_POINTS),
                    trace.mode == "markers",
                )
                for ((_, device), series), trace in zip(self._series.items(), self.figure.data, strict=True)
            ]
        if not lines:
            return _paragraph(summary)
        svg = sketch(self._title, theme.axis(self._field), lines, since, until, self._threshold)
        return image(svg, self._title) + _paragraph(summary)

    def summary(self) -> str:
        """What the chart shows, in words."""
        with self.figure.drawing:
            return self._summary()

    def _summary(self) -> str:
        if not self._series:
            return f"No record with a {self._field} yet.{self._left_out()}"
        unit = theme.UNITS.get(self._field, "")
        since = self._newest - self._window
        parts = []
        for topic, group in itertools.groupby(sorted(self._series), key=lambda place: place[0]):
            devices = [(device, *self._series[topic, device].window(since)) for _, device in group]
            words = [
                f"{device} {values[-1]:g} {unit} ({len(values)} in {values.min():g} to {values.max():g})".replace(
                    "  ", " "
                )
                for device, _, values in devices
                if len(values)
            ]
            parts.append(f"{topic}: {', '.join(words) or 'nothing in this window'}.")
        span = f"The {self._window / 1000:g} s up to {theme.clock(self._newest)} UTC."
        level = "" if self._threshold is None else f" Threshold {self._threshold:g} {theme.UNITS.get(self._field, '')}."
        return f"{span} {' '.join(parts)}{level}{self._left_out()}"

    def _left_out(self) -> str:
        skipped = f" {self._tap.skipped} older records were skipped." if self._tap.skipped else ""
        undrawn = (
            f" Records not drawn, for they are no readings or have no {self._field}: {self._undrawn}."
            if self._undrawn
            else ""
        )
        return skipped + undrawn


def drawable(record: Record, field: str) -> float | None:
    """The number to draw of a record; None if it has none or no time, or is no reading where only readings belong."""
    if not isinstance(record.value, dict) or not 0 <= record.timestamp <= LAST_TIMESTAMP:
        return None
    if record.topic in TOPICS:
        try:
            check(record.value)
        except BadReading:
            return None
    value = record.value.get(field)
    return value if type(value) in {int, float} else None


def _empty_figure(title: str, field: str) -> LiveFigure:
    figure = LiveFigure()
    figure.update_layout(
        title=title,
        height=HEIGHT,
        template=theme.timed(),
        showlegend=True,
        autosize=True,
        margin={"l": 70, "r": 20, "t": 60, "b": 50},
        xaxis={"title": "Event time (UTC)"},
        yaxis={"title": theme.axis(field)},
        font={"size": 14, "color": "#000000"},
    )
    return figure


def _line_at(value: float | None) -> list[dict[str, Any]]:
    if value is None:
        return []
    place = {"xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": value, "y1": value}
    return [place | {"type": "line", "line": {"color": "#000000", "width": 1.5, "dash": "dash"}}]


def _label_at(value: float | None, field: str) -> list[dict[str, Any]]:
    if value is None:
        return []
    place = {"xref": "paper", "x": 0, "xanchor": "left", "yref": "y", "y": value, "yanchor": "bottom"}
    return [place | {"text": f"threshold {value:g} {theme.UNITS.get(field, '')}", "showarrow": False}]


def _paragraph(text: str) -> str:
    return f"<p style='margin:0 0 0 70px;line-height:1.4'>{html.escape(text)}</p>"
