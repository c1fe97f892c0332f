"""A table as a chart."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from markupsafe import Markup

from labkit.errors import LabError
from labkit.live import html, theme
from labkit.live.chart_svg import Line, lines_svg
from labkit.live.fields import Field
from labkit.live.static import StaticView
from labkit.readings import times
from labkit.readings.plain import plain as plain_value
from labkit.spelling import did_you_mean


@dataclass(frozen=True)
class State:
    """Column `y` of a table as lines, and the range of their times in epoch milliseconds."""

    y: Field
    lines: tuple[Line, ...]
    since: float
    until: float


class Plot(StaticView):
    """A static chart of a table: column `y` over the times in `x`, one line for each value of `by`."""

    def __init__(self, table: pd.DataFrame, styles: theme.Styles, x: str, y: Field, by: str) -> None:
        state = collect(table, styles, x, y, by)
        drawing = lines_svg("", y.axis, state.lines, state.since, state.until, None)
        super().__init__(figure(state), render(state), drawing, words(state))


def collect(table: pd.DataFrame, styles: theme.Styles, x: str, y: Field, by: str) -> State:
    """Returns the lines of a table. Raises LabError if it is none, lacks a column, or has no rows, times or numbers."""
    if not isinstance(table, pd.DataFrame):
        raise LabError(
            f"A plot needs a table (a pandas DataFrame), not a {type(table).__name__}: lab.peek returns one."
        )
    table = _with_index(table, {x, by})
    names = [*map(str, table.columns)]
    if twice := sorted(name for name in {x, y.name, by} if names.count(name) > 1):
        raise LabError(f"Two columns of the table are called {twice[0]!r}: rename one of them.")
    for name in {x, y.name, by} - set(names):
        hint = did_you_mean(name, names)
        if not hint and isinstance(table.index, pd.DatetimeIndex):
            hint = "table.reset_index() makes a column of its index."
        raise LabError(f"The table has no column {name}; it has {', '.join(names)}{f': {hint}' if hint else '.'}")
    values = {"time": _milliseconds(table[x], x), "value": _numbers(table[y.name], y.name), "name": table[by]}
    rows = pd.DataFrame(values).dropna(subset=["time", "name"]).sort_values("time")
    if rows.empty:
        raise LabError("The table has no rows yet: there is nothing to draw.")
    lines = tuple(
        Line(str(name), styles.of(str(name)), each["time"].to_numpy(), each["value"].to_numpy(), False)
        for name, each in rows.groupby("name", observed=True)
    )
    return State(y, lines, rows["time"].min(), rows["time"].max())


def _with_index(table: pd.DataFrame, wanted: set[str]) -> pd.DataFrame:
    """Returns a table with its index as columns, if that has one that is wanted."""
    return table.reset_index() if wanted & set(table.index.names) - set(table.columns) else table


def _milliseconds(column: pd.Series[Any], name: str) -> pd.Series[float]:
    """Returns times as epoch milliseconds; numbers are that, or seconds, micro- or nanoseconds since 1973 or later."""
    if pd.api.types.is_numeric_dtype(column):
        numbers = _numbers(column, name)
        largest = numbers.abs().max()
        return numbers / next((per for _, per, least in times.UNITS if least <= largest < 1000 * least), 1)
    plain = [plain_value(each) for each in column]
    written = times.Times(plain, name)
    found = [each if each is None else written.read(each) for each in plain]
    for wrong in (each for each in found if each is not None and type(each) is not int):
        raise LabError(f"Column {name} has {wrong!r}, which is no time: write times such as {times.EXAMPLE}.")
    return pd.Series(found, column.index, "float64")


def _numbers(column: pd.Series[Any], name: str) -> pd.Series[float]:
    """Returns the numbers of a column; what is infinite is a gap."""
    try:
        numbers = column.astype("float64")
        return numbers.where(numbers.abs() != math.inf)
    except (TypeError, ValueError) as error:
        raise LabError(f"Column {name} has something that is no number: {error}.") from None


def words(state: State) -> str:
    """Returns what a plot shows as text."""
    last = {line.name: line.values[~np.isnan(line.values)][-1:] for line in state.lines}
    each = [f"{name}: {found[0]:.2f}" if len(found) else f"{name}: no number" for name, found in last.items()]
    points = sum(len(line.times) for line in state.lines)
    return f"{state.y.axis}, {points} points; the last of {', '.join(each)}."


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
            yaxis_title=state.y.axis,
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
