"""Everything on one page: how the whole is, tiles, the rolling chart, the topology, and controls."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ipywidgets import HTML, Box, HBox
from markupsafe import Markup, escape

from labkit.live import header, html
from labkit.live.chart import Chart
from labkit.live.controls import Controls
from labkit.live.header import Status
from labkit.live.pacing import Pacer
from labkit.live.theme import clock
from labkit.live.tiles import Tiles
from labkit.live.topology import Topology
from labkit.live.view import LiveView
from labkit.readings import now

PERIOD = 0.25  # seconds between two updates
AREAS = ("head", "tiles", "chart", "topology", "controls")  # of view.css
ENDED = Status("waiting", "■", "This dashboard has ended")


@dataclass(frozen=True)
class State:
    """What the head of a dashboard says; `time` is in whole seconds since the epoch."""

    status: Status
    scene: str
    time: int
    is_ready: bool  # whether all parts have something to show

    @property
    def is_empty(self) -> bool:
        return not self.is_ready


class Dashboard(LiveView[State]):
    """The head, the tiles, the chart beside the topology, and the controls at the foot.

    The chart takes the height that is left. The parts are views of their own, which end with the dashboard.
    """

    def __init__(self, tiles: Tiles, chart: Chart, controls: Controls, topology: Topology, pacer: Pacer) -> None:
        self.tiles, self.chart, self.controls, self.topology = tiles, chart, controls, topology
        with chart.figure.drawing:
            chart.figure.update_layout(title=None, margin={"t": 10}, xaxis={"tickangle": 0, "tickfont": {"size": 12}})
        self._head, self._clock = HTML(), HTML()
        wall = Box([HBox([self._head, self._clock]), *self._parts]).add_class("lab-wall")
        for each, area in zip(wall.children, AREAS, strict=True):
            each.add_class(f"lab-area-{area}")
        super().__init__("dashboard", [wall], pacer, self.collect(), PERIOD)
        self.add_class("lab-dashboard")
        self.show_state(self.state)
        controls.threshold.observe(self._draw_threshold, "value")

    @property
    def _parts(self) -> tuple[Tiles, Chart, Topology, Controls]:
        return self.tiles, self.chart, self.topology, self.controls

    def _draw_threshold(self, _: object) -> None:
        """Draw the threshold as it is now: a new one may have been refused."""
        self.chart.threshold = self.controls.threshold.value

    def collect(self) -> State:
        devices, acting = self.tiles.state, self.controls.state
        status = header.status(devices, self.topology.state)
        is_ready = all(part.snapshot.ready.is_set() for part in (self.tiles, self.chart, self.topology))
        return State(status, header.scene(devices, acting), now() // 1000, is_ready)

    def collect_last(self) -> State:
        for part in self._parts:
            part.close()
        return replace(self.collect(), status=ENDED)

    def show_state(self, state: State) -> None:
        self._head.value = header.render(state.status, state.scene)
        self._clock.value = html.element("time", f"{clock(state.time * 1000)} UTC")

    def static_html(self) -> Markup:
        head = header.render(self.state.status, self.state.scene)
        return html.join([head, *(part.static_html() for part in self._parts)])

    def summary(self) -> str:
        """Returns what the dashboard shows, in words. Example: print(dashboard.summary())"""
        return "\n".join([self.state.status.words, *(part.summary() for part in self._parts)])

    def show_message(self, text: str) -> None:
        self._head.value = escape(text)
