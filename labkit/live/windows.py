"""Readings and the windows that they belong to, on one axis of event time."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go
from markupsafe import Markup
from plotly.subplots import make_subplots

from labkit.errors import LabError
from labkit.kafka.tap import Record
from labkit.live import html, theme
from labkit.live.chart_svg import timeline_svg
from labkit.live.curves import drawable
from labkit.live.devices import name_of
from labkit.live.fields import TEMPERATURE, Field
from labkit.live.series import usual_interval
from labkit.live.static import StaticView
from labkit.spelling import did_you_mean

LABELLED = 24  # readings up to which each point is labelled: with more, the labels would overlap
READINGS, LANE, EMPTY = 170, 26, 40  # pixels: the readings' row, one lane of windows, a row's margins
HEADS = ("from", "up to", "results")
USUAL = 15_000.0  # milliseconds up to the newest reading, unless readings are rare:
INTERVALS = 15  # then as many of the usual intervals between them


class Reading(NamedTuple):
    """A number that was measured, and its time in epoch milliseconds."""

    time: int
    value: float

    @property
    def label(self) -> str:
        return f"{self.value:g}"


class Span(NamedTuple):
    """A window: epoch milliseconds, its results in words, and the lane in which it is drawn."""

    start: int
    end: int
    label: str
    lane: int


@dataclass(frozen=True)
class State:
    """One field of the readings of a device, and its windows in each topic."""

    device: str
    y: Field
    readings: tuple[Reading, ...]
    windows: Mapping[str, Sequence[Span]]

    def bounds(self) -> tuple[float, float]:
        """Returns the range of the time axis: from the first to the last item drawn, with a margin."""
        times = [each.time for each in self.readings]
        times += [time for found in self.windows.values() for each in found for time in (each.start, each.end)]
        margin = (max(times) - min(times)) * 0.02 or 1000.0
        return min(times) - margin, max(times) + margin


class Windows(StaticView):
    """The readings of one device at the top, and below them a row of bars for each topic of windows.

    A static view of the topics at the time of the call. Raises LabError if there is no reading with the field `y`.

    Example: lab.windows("sensor", "tumbling", "hopping", device="sensor-1")
    """

    def __init__(
        self,
        device: str,
        readings: Sequence[Record],
        windows: Mapping[str, Sequence[Record]],
        y: Field = TEMPERATURE,
    ) -> None:
        state = collect(device, readings, windows, y)
        points = [(float(each.time), each.label) for each in state.readings]
        drawing = timeline_svg(words(state), points, state.windows, *state.bounds())
        super().__init__(figure(state), render(state), drawing, words(state))


def collect(device: str, readings: Sequence[Record], windows: Mapping[str, Sequence[Record]], y: Field) -> State:
    """Returns what is drawn of some records. Raises LabError if none of them is a reading with the field `y`."""
    drawn = [(each.timestamp, drawable(each, y.name)) for each in readings]
    found = tuple(Reading(time, value) for time, value in drawn if value is not None)
    if not found:
        names = {name for each in readings if isinstance(each.value, dict) for name in each.value}
        hint = did_you_mean(y.name, names - {y.name}) or "wait for one, or give more seconds."
        raise LabError(f"No record of {device!r} in this time is a reading with a {y.name}: {hint}")
    return State(device, y, found, {topic: spans(records) for topic, records in windows.items()})


def words(state: State) -> str:
    """Returns what the view shows as text, in one line."""
    lines = [f"{topic} {len(found)}" for topic, found in state.windows.items()]
    return f"{len(state.readings)} readings of {state.device}, and closed windows: {', '.join(lines) or 'none'}."


def render(state: State) -> Markup:
    """Returns the text below the figure as HTML: every reading, and every window with its results."""
    readings = ", ".join(f"{_clock(each.time)} {each.label}" for each in state.readings)
    tables = (
        html.element("h4", topic)
        + html.table(HEADS, [(_clock(each.start), _clock(each.end), each.label) for each in found])
        for topic, found in state.windows.items()
    )
    title, text = html.element("summary", words(state)), f"{state.y.axis}: {readings}"
    return html.element("details", title, html.element("p", text), *tables)


def figure(state: State) -> go.Figure:
    """Returns the readings and windows as a figure."""
    lanes = [1 + max((each.lane for each in found), default=0) for found in state.windows.values()]
    heights = [READINGS, *(EMPTY + LANE * count for count in lanes)]
    titles = [f"Readings of {state.device}", *state.windows]
    drawn = make_subplots(
        rows=len(heights), shared_xaxes=True, row_heights=heights, subplot_titles=titles, vertical_spacing=0.06
    )
    drawn.add_trace(_points(state.readings), row=1, col=1)
    for row, found in enumerate(state.windows.values(), start=2):
        drawn.add_trace(_bars(found), row=row, col=1)
        drawn.update_yaxes(visible=False, autorange="reversed", row=row, col=1)
    drawn.update_yaxes(title=state.y.axis, range=_values(state.readings), row=1, col=1)
    drawn.update_xaxes(range=state.bounds())
    drawn.update_xaxes(title="Event time (UTC)", row=len(heights), col=1)
    drawn.update_layout(
        shapes=[_guide(each.time) for each in state.readings],
        height=sum(heights) + 140,
        autosize=True,
        template=theme.timed(),
        showlegend=False,
        margin={"l": 70, "r": 20, "t": 40, "b": 50},
        font={"size": 13, "color": "#000000"},
    )
    return drawn


def _values(readings: Sequence[Reading]) -> list[float]:
    """Returns the range from the lowest to the highest, with room for the numbers above the points."""
    values = [each.value for each in readings]
    span = (max(values) - min(values)) or 1.0
    return [min(values) - 0.15 * span, max(values) + 0.35 * span]


def _points(readings: Sequence[Reading]) -> go.Scatter:
    return go.Scatter(
        x=[each.time for each in readings],
        y=[each.value for each in readings],
        mode="markers+text" if len(readings) <= LABELLED else "markers",
        text=[each.label for each in readings],
        textposition="top center",
        marker={"size": 9, "color": theme.COLOURS[0]},
        cliponaxis=False,
    )


def newest(
    device: str,
    topic: str,
    readings: Sequence[Record],
    windows: Mapping[str, Sequence[Record]],
    seconds: float | None = None,
    by: str | None = None,
) -> tuple[list[Record], dict[str, list[Record]]]:
    """Returns a device's records in a topic over the `seconds` up to its newest one, and the windows that overlap them.

    Without `seconds` it is as long as suits how often they come. Raises LabError if the topic has no record of the
    device.
    """
    found = [each for each in readings if name_of(each, by) == device]
    if not found:
        hint = did_you_mean(device, {name_of(each, by) for each in readings})
        raise LabError(f"{topic} holds no reading of {device!r} yet: {hint or 'wait for one, or name another device.'}")
    held = {name: [each for each in records if name_of(each, by) == device] for name, records in windows.items()}
    times = sorted(each.timestamp for each in found)
    first, last = times[0], times[-1]
    reach = last - (seconds * 1000 if seconds else max(USUAL, INTERVALS * usual_interval(np.array(times, float))))
    starts = [each.value["start"] for several in held.values() for each in several if is_window(each, reach)]
    if (since := min(starts, default=reach)) <= first:
        reach = first - 1  # include windows that began before its first reading, and the sliding one that ends at it
    reaching = {name: [each for each in several if is_window(each, reach)] for name, several in held.items()}
    return [each for each in found if each.timestamp >= since], reaching


def is_window(record: Record, since: float) -> bool:
    """Whether a record is a window (it has start and end) that ends after a time."""
    value = record.value
    start, end = (value.get("start"), value.get("end")) if isinstance(value, dict) else (None, None)
    return isinstance(start, int) and isinstance(end, int) and end > since


def spans(records: Sequence[Record]) -> list[Span]:
    """The windows in order of their start, each in the first free lane."""
    busy_until: list[int] = []
    found = []
    for record in sorted(records, key=lambda each: (each.value["start"], each.value["end"])):
        start, end = record.value["start"], record.value["end"]
        free = (number for number, until in enumerate(busy_until) if until <= start)
        lane = next(free, len(busy_until))
        busy_until[lane : lane + 1] = [end]
        found.append(Span(start, end, _label(record.value), lane))
    return found


def _label(window: Mapping[str, Any]) -> str:
    numbers = {name: value for name, value in window.items() if name not in {"device", "start", "end"}}
    return ", ".join(
        f"{name} {value:.2f}" if isinstance(value, float) else f"{name} {value}" for name, value in numbers.items()
    )


def _bars(found: Sequence[Span]) -> go.Bar:
    return go.Bar(
        orientation="h",
        base=[each.start for each in found],
        x=[each.end - each.start for each in found],
        y=[each.lane for each in found],
        text=[each.label for each in found],
        textposition="inside",
        insidetextanchor="middle",
        textfont={"color": "#000000"},
        width=0.8,
        marker={"color": theme.SOFT, "line": {"color": "#000000", "width": 1}},
        hovertemplate="%{text}<extra></extra>",
    )


def _guide(time: int) -> dict[str, Any]:
    """A dotted line through all rows at the time of a reading."""
    shape = {"xref": "x", "x0": time, "x1": time, "yref": "paper", "y0": 0, "y1": 1}
    return shape | {"type": "line", "line": {"color": "#0072B2", "width": 1, "dash": "dot"}, "layer": "above"}


def _clock(time: int) -> str:
    return f"{datetime.datetime.fromtimestamp(time / 1000, datetime.UTC):%H:%M:%S.%f}"[:-3]
