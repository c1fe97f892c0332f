"""A FigureWidget that shows its current state on a page opened at any time."""

import functools
import threading
from pathlib import Path
from typing import Any

import pandas as pd  # noqa: F401 - Plotly looks it up in sys.modules, and fails while another thread imports it
import plotly.graph_objects as go
import traitlets
from ipywidgets import Widget, widget_serialization
from plotly.serializers import custom_serializers


class Library(Widget):  # type: ignore[misc]
    """Plotly for the page, which gets these 5 MB once, however many figures it shows."""

    code = traitlets.Unicode(str(go.FigureWidget._esm)).tag(sync=True)


class LiveFigure(go.FigureWidget):  # type: ignore[misc]
    """Sends a page that is opened or reloaded the current figure, however long the page takes to load Plotly.

    A plain FigureWidget sends its initial state, without anything drawn since, and does not appear at all if Plotly
    takes longer than 2 s to load. A thread must hold `drawing` while it draws.
    """

    _esm = Path(__file__).with_name("figure.js")
    _complete = False
    library = traitlets.Instance(Library).tag(sync=True, **widget_serialization)

    @traitlets.default("library")
    def _library(self) -> Library:
        return _library()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        object.__setattr__(self, "drawing", threading.RLock())
        super().__init__(*args, **kwargs)
        object.__setattr__(self, "_complete", True)

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """Returns the state for the front end; all of it if `key` is None."""
        state: dict[str, Any] = super().get_state(key, drop_defaults)
        if key is None and self._complete:  # first called during construction
            with self.drawing:
                now = self.to_plotly_json()
            to_json = custom_serializers["to_json"]
            state |= {"_widget_data": to_json(now["data"], self), "_widget_layout": to_json(now["layout"], self)}
        return state


@functools.cache
def _library() -> Library:
    return Library()
