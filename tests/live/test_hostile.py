"""Whatever a device, a topic, a field or an error is called: in every view it is text, and nothing else."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from markupsafe import Markup

from labkit.kafka.tap import Record
from labkit.live import chart, curves, header, lanes, panel, plot, theme, tiles, topology, windows
from labkit.live.fields import Field
from labkit.live.lanes_svg import Assignment
from labkit.live.numbers import Row
from labkit.live.series import Points
from labkit.live.sparkline import Trail
from labkit.runs.assignments import Lane
from labkit.runs.blame import Blame, Line
from labkit.runs.system import TopicState, WorkerState
from tests.live.memory import NOW
from tests.live.parsed import HOSTILE, Parsed

TAGS = {  # all that views are made of
    *(
        "b",
        "br",
        "code",
        "details",
        "div",
        "h2",
        "h4",
        "i",
        "img",
        "p",
        "pre",
        "small",
        "span",
        "strong",
        "summary",
    ),
    *("table", "tbody", "td", "th", "thead", "tr"),
    *("defs", "marker", "path", "rect", "svg", "text"),
}
STYLE, FIELD = theme.style(0), Field(HOSTILE, HOSTILE)
TRAIL = Trail(NOW, (((NOW - 1000.0, 20.0), (NOW - 0.0, 21.0)),))
RECORD = Record(HOSTILE, 0, 0, NOW, HOSTILE, {HOSTILE: HOSTILE}, {HOSTILE: HOSTILE})


def chart_html() -> Markup:
    line = curves.Curve(HOSTILE, True, STYLE, True, Points(np.array([NOW - 1000.0]), np.array([20.0])))
    state = curves.State(1, (line,), NOW - 5000.0, float(NOW), emptied=HOSTILE)
    return chart.render(state, HOSTILE, FIELD, 29.85) + chart.render(curves.State(), HOSTILE, FIELD, None)


def tiles_html() -> Markup:
    rows = (Row(HOSTILE, HOSTILE, HOSTILE, HOSTILE, True), Row(HOSTILE, "", HOSTILE, ""))
    state = tiles.State((HOSTILE,), (tiles.Tile(HOSTILE, STYLE, rows, 3, TRAIL),), ended=True)
    return tiles.render(state) + tiles.render(tiles.State((HOSTILE,)))


def header_html() -> Markup:
    return header.render(header.Status("alarm", HOSTILE, HOSTILE), HOSTILE)


def panel_html() -> Markup:
    error = Blame(HOSTILE, Line(HOSTILE, HOSTILE), HOSTILE)
    table = ((HOSTILE,), (HOSTILE,))
    texts = (HOSTILE, "failed", HOSTILE, HOSTILE, error, HOSTILE, HOSTILE, HOSTILE)
    return panel.render(panel.State(*texts, (table,), (HOSTILE,), 2, (), True))


def lanes_html() -> Markup:
    state = lanes.State((Assignment(0.0, [Lane(HOSTILE, 0, 1, 0.0, 0)]),), [(1, True)])
    both = lanes.render(state) + lanes.render(state, as_image=True)
    return both + lanes.render(lanes.State(error=HOSTILE))


def topology_html() -> Markup:
    workers = (WorkerState(HOSTILE, "failed", (HOSTILE,), None, 0.0, None, HOSTILE),)
    state = topology.State(workers, (TopicState(HOSTILE, 0, 0.0, 0),), peeked=(RECORD,))
    both = topology.render(state) + topology.render(state, as_image=True)
    return both + topology.render_peeked(state) + topology.render(topology.State(error=HOSTILE))


def windows_html() -> Markup:
    readings = [Record("levels", 0, 0, NOW, HOSTILE, {HOSTILE: 20.0}, {})]
    results = [RECORD._replace(value={"start": NOW, "end": NOW + 1, HOSTILE: HOSTILE})]
    return windows.render(windows.collect(HOSTILE, readings, {HOSTILE: results}, FIELD))


def plot_html() -> Markup:
    table = pd.DataFrame({"time": [NOW], HOSTILE: [1.0], "name": [HOSTILE]})
    return plot.render(plot.collect(table, theme.Styles(), "time", FIELD, "name"))


@pytest.mark.parametrize(
    "view", [chart_html, tiles_html, header_html, panel_html, lanes_html, topology_html, windows_html, plot_html]
)
def test_a_hostile_name_is_text_and_nothing_else(view: Any) -> None:
    parsed = Parsed(view())
    assert {tag for tag, _ in parsed.tags} <= TAGS
    assert not [attributes for _, attributes in parsed.tags if "onclick" in attributes]
    assert "<script>alert('1')</script>" in parsed.text
