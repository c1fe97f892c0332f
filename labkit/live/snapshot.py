"""What a saved notebook shows in place of a live widget: a picture and the numbers, in kilobytes.

A widget is saved without its state, which would take megabytes, so it is gone when the notebook is opened later. Below
each widget there is a second output in plain HTML, which is hidden as long as the widget is live.
"""

import datetime
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from IPython.display import display
from ipywidgets import DOMWidget

from labkit.live import theme

LIVE = "lab-live"  # the CSS class of a widget that has a snapshot
PERIOD = 30.0  # seconds between two snapshots: each one makes JupyterLab think that the notebook has been edited
READY_LIMIT = 0.5  # seconds
HANDLES = 4  # displays of the same widget that are kept up to date

STYLE = f"""<style>
.jp-OutputArea:has(.{LIVE}) .lab-snapshot {{ display: none; }}
.jp-OutputArea:has(.lab-snapshot):not(:has(.{LIVE})) .jp-OutputArea-output.jupyter-widgets {{ display: none; }}
{theme.STYLE}</style>"""


class Snapshot:
    """The snapshot of one widget: `html` returns it as HTML, `words` as plain text."""

    def __init__(self, widget: DOMWidget, html: Callable[[], str], words: Callable[[], str]) -> None:
        widget.add_class(LIVE)
        self._widget, self.html, self.words = widget, html, words
        self.ready = threading.Event()  # set once there is something to show
        self._handles: deque[Any] = deque(maxlen=HANDLES)
        self._sent, self._due = "", 0.0
        self._lock = threading.Lock()  # one thread shows, another one refreshes

    def show(self) -> None:
        """Display the widget, and its snapshot after it; wait a moment for something to show."""
        self.ready.wait(READY_LIMIT)
        bundle = self._widget._repr_mimebundle_() | {"text/plain": self.words()}
        display(bundle, raw=True)  # type: ignore[no-untyped-call]
        with self._lock:
            self._sent = self.html()
            snapshot = self._bundle(self._sent)
            self._handles.append(display(snapshot, raw=True, display_id=True))  # type: ignore[no-untyped-call]
            self._due = time.monotonic() + PERIOD

    def refresh(self, at_once: bool = False) -> None:
        """Bring the snapshot up to date, if it is due and something has changed."""
        if not self._handles or (time.monotonic() < self._due and not at_once):
            return
        with self._lock:
            self._due = time.monotonic() + PERIOD
            if (now := self.html()) != self._sent:
                self._sent = now
                for handle in self._handles:
                    handle.update(self._bundle(now), raw=True)

    def _bundle(self, static: str) -> dict[str, str]:
        moment = f"<p><i>As it was at {datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M:%S} UTC:</i></p>"
        return {"text/html": f"{STYLE}<div class='lab-snapshot'>{moment}{static}</div>", "text/plain": self.words()}
