"""A table as a chart."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go
from ipywidgets import HTML, VBox
from markupsafe import Markup

from labkit.errors import LabError
from labkit.live import theme
from labkit.live.chart_svg import Line, lines_svg
from labkit.live.figure import Fit, LiveFigure
from labkit.live.snapshot import Snapshot
from labkit.live.svg import image


class Plot(VBox):  # type: ignore[misc]
    """A static chart of a table: column `y` over the times in `x`, one line for each value of `by`."""

    def __init__(self, table: pd.DataFrame, styles: theme.Styles, x: str, y: str, by: str) -> None:
        if missing := {x, y, by} - set(table.columns):
            raise LabError(f"The table has no column {', '.join(sorted(missing))}; it has {', '.join(table.columns)}.")
        if table.empty:
            raise LabError("The table has no rows yet: there is nothing to draw.")
        self._y = y
        self._lines = [_line(str(name), rows.sort_values(x), styles, x, y) for name, rows in table.groupby(by)]
        figure = self._figure()
        super().__init__([figure, HTML(self._caption()), Fit(figure)])
        self.snapshot = Snapshot(self, self._static_html, self.summary)
        self.snapshot.ready.set()

    def summary(self) -> str:
        """What the chart shows, in words."""
        each = [f"{name}: {values[-1]:.2f}" for name, _, _, values, _ in self._lines]
        points = sum(len(line.times) for line in self._lines)
        return f"{theme.axis(self._y)}, {points} points; the last of {', '.join(each)}."

    def _caption(self) -> Markup:
        return Markup("<p>{}</p>").format(self.summary())

    def _ipython_display_(self) -> None:
        self.snapshot.show()

    def _figure(self) -> LiveFigure:
        figure = LiveFigure([_trace(line) for line in self._lines])
        figure.update_layout(
            template=theme.timed(),
            height=360,
            autosize=True,
            xaxis_title="Event time (UTC)",
            yaxis_title=theme.axis(self._y),
            margin={"l": 70, "r": 20, "t": 30, "b": 50},
            font={"size": 13, "color": "#000000"},
        )
        return figure

    def _static_html(self) -> str:
        times = [float(time) for line in self._lines for time in line.times]
        svg = lines_svg("", theme.axis(self._y), self._lines, min(times), max(times), None)
        return image(svg, self.summary()) + self._caption()


def _line(name: str, rows: Any, styles: theme.Styles, x: str, y: str) -> Line:
    unit = "ms" if pd.api.types.is_numeric_dtype(rows[x]) else None
    times = pd.to_datetime(rows[x], utc=True, unit=unit).astype("datetime64[ms, UTC]").astype("int64")
    return Line(name, styles.of(name), times.to_numpy(dtype="float64"), rows[y].to_numpy(dtype="float64"), False)


def _trace(line: Line) -> go.Scatter:
    return go.Scatter(
        name=line.name,
        x=line.times,
        y=line.values,
        mode="lines+markers",
        line={"color": line.style.colour, "dash": line.style.dash, "width": 2},
        marker={"symbol": line.style.marker, "size": 6},
    )
