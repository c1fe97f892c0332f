"""What static charts share: a figure, and below it the same as text."""

from __future__ import annotations

import plotly.graph_objects as go
from ipywidgets import HTML, VBox
from markupsafe import Markup

from labkit.live import svg
from labkit.live.attributes import Attributes
from labkit.live.figure import LiveFigure
from labkit.live.snapshot import Snapshot


class StaticView(Attributes, VBox):  # type: ignore[misc]
    """A figure as wide as the page, and the same as text; a saved notebook shows a drawing in place of the figure."""

    def __init__(self, figure: go.Figure, text: Markup, drawing: Markup, words: str) -> None:
        self.figure = LiveFigure(figure)
        self._words = words
        super().__init__([self.figure, HTML(text)])
        still = svg.image(drawing, words) + text
        self.snapshot = Snapshot(self, lambda: still, self.summary)
        self.snapshot.ready.set()

    def summary(self) -> str:
        """Returns what the view shows, in words. Example: print(view.summary())"""
        return self._words

    def _ipython_display_(self) -> None:
        self.snapshot.show()
