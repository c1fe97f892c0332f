"""A table as a chart."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go
from markupsafe import Markup

from labkit.errors import LabError
from labkit.live import html, theme
from labkit.live.chart_svg import Line, lines_svg
from labkit.live.static import StaticView


@dataclass(frozen=True)
class State:
    """Column `y` of a table as lines, and the range of their times in epoch milliseconds."""

    y: str
    lines: tuple[Line, ...]
    since: float
    until: float


class Plot(StaticView):
    """A static chart of a table: column `y` over the times in `x`, one line for each value of `by`."""

    def __init__(self, table: pd.DataFrame, styles: theme.Styles, x: str, y: str, by: str) -> None:
        state = collect(table, styles, x, y, by)
        drawing = lines_svg("", theme.axis(y), state.lines, state.since, state.until, None)
        super().__init__(figure(state), render(state), drawing, words(state))


def collect(table: pd.DataFrame, styles: theme.Styles, x: str, y: str, by: str) -> State:
    """Returns the lines of a table. Raises LabError if it lacks a column, or has no rows."""
    if missing := {x, y, by} - set(table.columns):
        raise LabError(f"The table has no column {', '.join(sorted(missing))}; it has {', '.join(table.columns)}.")
    if table.empty:
        raise LabError("The table has no rows yet: there is nothing to draw.")
    times = _milliseconds(table[x])
    rows = pd.DataFrame({"time": times, "value": table[y].astype("float64"), "name": table[by]}).sort_values("time")
    lines = tuple(
        Line(str(name), styles.of(str(name)), each["time"].to_numpy(), each["value"].to_numpy(), False)
        for name, each in rows.groupby("name")
    )
    return State(y, lines, times.min(), times.max())


def _milliseconds(times: pd.Series[float]) -> pd.Series[float]:
    """Returns times as epoch milliseconds, which numbers are already."""
    unit = "ms" if pd.api.types.is_numeric_dtype(times) else None
    converted: pd.Series[float] = pd.to_datetime(times, utc=True, unit=unit).astype("datetime64[ms, UTC]")
    return converted.astype("int64").astype("float64")


def words(state: State) -> str:
    """Returns what a plot shows as text."""
    each = [f"{line.name}: {line.values[-1]:.2f}" for line in state.lines]
    points = sum(len(line.times) for line in state.lines)
    return f"{theme.axis(state.y)}, {points} points; the last of {', '.join(each)}."


def render(state: State) -> Markup:
    """Returns the text below the figure as HTML."""
    return html.element("p", words(state))


def figure(state: State) -> go.Figure:
    """Returns the lines as a figure."""
    return go.Figure(
        [_trace(line) for line in state.lines],
        go.Layout(
            template=theme.timed(),
            height=360,
            autosize=True,
            xaxis_title="Event time (UTC)",
            yaxis_title=theme.axis(state.y),
            margin={"l": 70, "r": 20, "t": 30, "b": 50},
            font={"size": 13, "color": "#000000"},
        ),
    )


def _trace(line: Line) -> go.Scatter:
    return go.Scatter(
        name=line.name,
        x=line.times,
        y=line.values,
        mode="lines+markers",
        line={"color": line.style.colour, "dash": line.style.dash, "width": 2},
        marker={"symbol": line.style.marker, "size": 6},
    )
