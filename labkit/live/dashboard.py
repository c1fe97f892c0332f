"""The whole on one page: tiles, chart, controls and the picture of the system."""

from __future__ import annotations

from ipywidgets import HTML, VBox

from labkit.live.chart import Chart
from labkit.live.controls import Controls
from labkit.live.picture import Picture
from labkit.live.still import Still
from labkit.live.ticker import Ticker
from labkit.live.tiles import Tiles


class Dashboard(VBox):  # type: ignore[misc]
    """Tiles, the rolling chart, controls, and the picture of the system."""

    def __init__(self, tiles: Tiles, chart: Chart, controls: Controls, picture: Picture) -> None:
        self.tiles, self.chart, self.controls, self.picture = tiles, chart, controls, picture
        super().__init__(
            [
                _heading("Now, by device"),
                *(tiles, chart),
                _heading("Controls"),
                controls,
                _heading("The system"),
                picture,
            ]
        )
        controls.threshold.observe(self._draw_threshold, "value")
        self.still = Still(self, self._html, self._words)
        self._ticker = Ticker("dashboard", self._tick, lambda _: None)
        self._ticker.start()

    def close(self) -> None:
        """Stop following; the last picture stays."""
        if not self._ticker.closed:
            self._ticker.close()
            for part in (self.tiles, self.chart, self.controls, self.picture):
                part.close()
            self.still.refresh(at_once=True)

    def _ipython_display_(self) -> None:
        self.still.show()

    def _draw_threshold(self, _: object) -> None:
        """As it is now: what was asked for may have been refused meanwhile."""
        self.chart.threshold = round(self.controls.threshold.value - 273.15, 2)

    def _tick(self) -> float:
        if all(part.still.ready.is_set() for part in (self.tiles, self.chart, self.picture)):
            self.still.ready.set()
        self.still.refresh()
        return 0.1

    def _html(self) -> str:
        return "".join(part.still.picture() for part in (self.tiles, self.chart, self.picture))

    def _words(self) -> str:
        return "\n".join(part.still.words() for part in (self.tiles, self.chart, self.picture))


def _heading(text: str) -> HTML:
    return HTML(f"<h3 style='margin:14px 4px 4px;font-size:16px'>{text}</h3>")
