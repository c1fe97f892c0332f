"""What a saved notebook shows where a widget was: a picture and the numbers, sent rarely."""

import base64
import re
import threading
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from ipywidgets import HTML

from labkit.live import snapshot as module
from labkit.live import theme
from labkit.live.chart import Chart
from labkit.live.chart_svg import RIGHT, WIDTH, Line, lines_svg
from labkit.live.fields import TEMPERATURE
from labkit.live.pacing import Pacer
from labkit.live.snapshot import HANDLES, PERIOD, Snapshot
from tests.live.browser import threads_in_each_others_way
from tests.live.memory import Memory, reading

SVG = "{http://www.w3.org/2000/svg}"
NOW = 1_700_000_000_000


class Notebook:
    """What is displayed and brought up to date, and the clock by which that is done."""

    def __init__(self) -> None:
        self.displayed: list[dict[str, Any]] = []
        self.updated: list[str] = []
        self.time = 0.0

    def display(self, bundle: dict[str, Any], raw: bool, display_id: bool = False) -> Any:
        assert raw
        self.displayed.append(bundle)
        return SimpleNamespace(update=self._update) if display_id else None

    def _update(self, bundle: dict[str, Any], raw: bool) -> None:
        assert raw
        self.updated.append(bundle["text/html"])


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Notebook:
    notebook = Notebook()
    monkeypatch.setattr(module, "display", notebook.display)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: notebook.time))
    return notebook


def ready(picture: list[str]) -> Snapshot:
    snapshot = Snapshot(HTML("live"), lambda: picture[0], lambda: f"words of {picture[0]}")
    snapshot.ready.set()
    return snapshot


def test_the_widget_is_displayed_and_then_what_stays_of_it(notebook: Notebook) -> None:
    ready(["<b>21</b>"]).show()
    widget, snapshot = notebook.displayed
    assert "application/vnd.jupyter.widget-view+json" in widget
    assert widget["text/plain"] == snapshot["text/plain"] == "words of <b>21</b>"
    assert snapshot.keys() == {"text/html", "text/plain"}
    assert "<div class='lab-snapshot'>" in snapshot["text/html"]
    assert "<b>21</b>" in snapshot["text/html"]


def test_what_is_not_ready_is_shown_all_the_same(notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "READY_LIMIT", 0.01)
    Snapshot(HTML("live"), lambda: "Waiting", lambda: "Waiting").show()
    assert len(notebook.displayed) == 2


def test_a_snapshot_is_brought_up_to_date_when_it_is_due_and_has_changed(notebook: Notebook) -> None:
    picture = ["one"]
    snapshot = ready(picture)
    snapshot.refresh(at_once=True)  # not displayed yet
    snapshot.show()
    picture[0] = "two"
    notebook.time = PERIOD - 1
    snapshot.refresh()
    assert notebook.updated == []
    notebook.time = PERIOD
    snapshot.refresh()
    snapshot.refresh()
    assert len(notebook.updated) == 1
    assert "two" in notebook.updated[0]
    notebook.time = 3 * PERIOD
    snapshot.refresh()
    assert len(notebook.updated) == 1  # nothing has changed
    picture[0] = "three"
    snapshot.refresh(at_once=True)
    assert "three" in notebook.updated[1]


def test_each_of_the_last_displays_is_brought_up_to_date(notebook: Notebook) -> None:
    picture = ["one"]
    snapshot = ready(picture)
    for _ in range(HANDLES + 2):
        snapshot.show()
    picture[0] = "two"
    snapshot.refresh(at_once=True)
    assert len(notebook.updated) == HANDLES


@pytest.mark.usefixtures("notebook")
def test_a_snapshot_may_be_shown_again_while_it_is_brought_up_to_date() -> None:
    picture = ["0"]
    snapshot = ready(picture)
    done, failed = threading.Event(), list[Exception]()

    def follow() -> None:
        number = 0
        while not done.is_set():
            number += 1
            picture[0] = str(number)
            try:
                snapshot.refresh(at_once=True)
            except RuntimeError as error:
                failed.append(error)

    thread = threading.Thread(target=follow)
    with threads_in_each_others_way():
        thread.start()
        for _ in range(200):
            snapshot.show()
        done.set()
        thread.join()
    assert not failed


# ------------------------------------------------------------------- chart_svg


def line(name: str, values: list[float], number: int = 0, marks: bool = False) -> Line:
    times = np.linspace(NOW - 100_000, NOW, len(values))
    return Line(name, theme.style(number), times, np.array(values), marks)


@pytest.mark.parametrize(
    ("lines", "since", "until", "level"),
    [
        *(([], NOW - 1000, NOW, None), ([], NOW - 1000, NOW, 29.85), ([line("a", [])], NOW - 1000, NOW, None)),
        *(([line("a", [20.0])], NOW - 1000, NOW, None), ([line("a", [0.0, 0.0])], NOW - 1000, NOW, 0.0)),
        *(([line("a", [20.0, 21.0])], NOW, NOW, None), ([line("a", [-3.0, -1.0])], -100_000.0, 5.0, -2.0)),
        ([line("a", [1e-9, 2e300, -1e300])], NOW - 1000, NOW, 29.85),
        ([line("<b>'\"&\x00\x1b[31m\ud800", [1.0, 2.0])], NOW - 1000, NOW, None),
        ([line(f"sensor-{n}", [20.0, 21.0], n, n % 2 == 1) for n in range(30)], NOW - 1000, NOW, 29.85),
    ],
)
def test_a_chart_as_svg_is_well_formed_whatever_is_drawn(
    lines: list[Line], since: float, until: float, level: float | None
) -> None:
    svg = lines_svg("Title <&> \x07", "Temperature (°C)", lines, since, until, level)
    drawn = ElementTree.fromstring(svg)
    assert sum("6 4" in each.get("stroke-dasharray", "") for each in drawn.iter(f"{SVG}path")) == (level is not None)
    assert "nan" not in svg.lower()


def test_the_legend_shows_each_line_as_it_is_drawn_inside_the_picture() -> None:
    lines = [line(f"a-rather-long-name-{number}", [20.0, 21.0], number) for number in range(30)]
    drawn = ElementTree.fromstring(lines_svg("Title", "y", lines, NOW - 1000, NOW, None))
    looks = [(each.get("stroke"), each.get("stroke-dasharray")) for each in drawn.iter(f"{SVG}polyline")]
    assert looks[:30] == looks[30:]  # samples, then the lines
    names = {each.text: each for each in drawn.iter(f"{SVG}text")}
    height = int(drawn.get("height", ""))
    for each in lines:
        name = names[each.name]
        assert int(name.get("x", "")) < RIGHT < WIDTH
        assert int(name.get("y", "")) < height


def test_a_snapshot_of_a_chart_shows_lines_marks_and_threshold_and_is_small(memory: Memory, pacer: Pacer) -> None:
    chart = Chart(memory.tap("sensor", "alert"), theme.Styles(), pacer, TEMPERATURE, threshold=29.85)
    assert "<img" not in chart.static_html()  # nothing to draw yet
    numbers = range(480)
    readings = [reading(n * 90 / 480, 20.0 + n % 30 + n % 7, f"sensor-{n % 30}") for n in numbers]
    for topic, count in (("sensor", 480), ("alert", 30)):
        memory.send(topic, *readings[:count])
        chart.update()
    picture = chart.static_html()
    assert len(picture) < 90_000
    drawn = drawing(chart)
    assert len(list(drawn.iter(f"{SVG}polyline"))) == 2 * 30
    assert len(list(drawn.iter(f"{SVG}circle"))) == 30 + 1  # and one in the legend
    assert chart.summary().split("Threshold")[0] in re.sub("<[^>]*>", "", picture)


def drawing(chart: Chart) -> ElementTree.Element:
    data = re.search(r"base64,([^']*)", chart.static_html())
    assert data
    return ElementTree.fromstring(base64.b64decode(data[1]))
