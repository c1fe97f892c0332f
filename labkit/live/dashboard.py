"""Everything on one page: controls, tiles, the topology, and the rolling chart."""

from __future__ import annotations

from ipywidgets import Box, Layout, VBox

from labkit.live.chart import Chart
from labkit.live.controls import Controls
from labkit.live.poller import Poller
from labkit.live.snapshot import Snapshot
from labkit.live.tiles import Tiles
from labkit.live.topology import Topology

PERIOD = 0.1  # seconds between two updates of the snapshot
CHART_HEIGHT = 290  # pixels: the whole dashboard fits JupyterLab on a screen of 1,280 x 900


class Dashboard(VBox):  # type: ignore[misc]
    """The controls on top, the tiles and the topology side by side, the chart below."""

    def __dir__(self) -> tuple[str, ...]:
        return "tiles", "chart", "controls", "topology", "close"

    def __init__(self, tiles: Tiles, chart: Chart, controls: Controls, topology: Topology) -> None:
        self.tiles, self.chart, self.controls, self.topology = tiles, chart, controls, topology
        with chart.figure.drawing:
            chart.figure.update_layout(height=CHART_HEIGHT, title=None, margin={"t": 10})
        tiles.layout = Layout(flex="1 1 460px", min_width="0")
        topology.layout = Layout(flex="1 1 360px", min_width="0", max_width="520px")
        middle = Box([tiles, topology], layout=Layout(flex_flow="row wrap", align_items="flex-start"))
        super().__init__([controls, middle, chart])
        controls.threshold.observe(self._draw_threshold, "value")
        self.snapshot = Snapshot(self, self._html, self._words)
        self._poller = Poller("dashboard", self.update, lambda _: None)

    def start(self) -> None:
        """Start the controls: the views have been started one by one."""
        self.controls.start()
        self._poller.start()

    @property
    def _views(self) -> tuple[Tiles, Topology, Chart]:
        return self.tiles, self.topology, self.chart

    def close(self) -> None:
        """Stop updating; the last state stays."""
        if not self._poller.closed:
            self._poller.close()
            for part in (*self._views, self.controls):
                part.close()
            self.snapshot.refresh(at_once=True)

    def _ipython_display_(self) -> None:
        self.snapshot.show()

    def _draw_threshold(self, _: object) -> None:
        """Draw the threshold as it is now: a new one may have been refused."""
        self.chart.threshold = self.controls.threshold.value

    def update(self) -> float:
        """Bring the snapshot up to date. Returns the seconds until the next update."""
        if all(part.snapshot.ready.is_set() for part in self._views):
            self.snapshot.ready.set()
        self.snapshot.refresh()
        return PERIOD

    def _html(self) -> str:
        return "".join(part.static_html() for part in self._views)

    def _words(self) -> str:
        return "\n".join(part.summary() for part in self._views)
