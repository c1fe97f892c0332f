"""The page of some steps in a notebook, which also shows the step that was open when it is opened again later."""

from __future__ import annotations

import functools
from pathlib import Path

import anywidget
import traitlets
from ipywidgets import VBox

from labkit.live.snapshot import Snapshot
from labkit.stepping import Comparison, Steps


class Page(anywidget.AnyWidget):
    """A page of steps, and the number of the record that is open in it."""

    _esm = Path(__file__).with_name("steps.js")
    page = traitlets.Unicode().tag(sync=True)
    at = traitlets.Int(0).tag(sync=True, echo_update=False)  # an echo would come after the next step, and undo it


class StepsView(VBox):  # type: ignore[misc]
    """Some steps, open where somebody has left them; a saved notebook shows them so, too."""

    def __init__(self, steps: Steps | Comparison) -> None:
        page = Page(page=steps.framed())
        super().__init__([page])
        self.snapshot = Snapshot(self, lambda: steps.framed(page.at), lambda: _words(steps, page.at))
        self.snapshot.ready.set()
        page.observe(lambda _: self.snapshot.refresh(at_once=True), "at")


@functools.cache  # all displays of the same steps show the same one
def of(steps: Steps | Comparison) -> StepsView:
    """Returns the view of some steps."""
    return StepsView(steps)


def show(steps: Steps | Comparison) -> None:
    """Display some steps below the current cell."""
    of(steps).snapshot.show()


def _words(steps: Steps | Comparison, at: int) -> str:
    return f"{steps!r}\n\n{steps[at]}" if len(steps) else repr(steps)
