"""What all live views share: a thread that collects, the pacer that draws, and a snapshot for later."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterable, Sequence
from typing import ClassVar

from ipywidgets import VBox, Widget
from ipywidgets.widgets.widget_description import DescriptionWidget

from labkit.errors import LabError
from labkit.live.pacing import Pacer
from labkit.live.snapshot import Snapshot
from labkit.live.ticker import Ticker

_numbers = itertools.count(1)


class LiveView(VBox):  # type: ignore[misc]
    """A view that always collects in its own thread, and is drawn only while it is in sight.

    It may be displayed any number of times. `close` ends the thread and keeps the last state on display.
    """

    OFFERED: ClassVar[tuple[str, ...]] = ("close", "summary")  # by Tab completion: a widget would offer a hundred names

    def __dir__(self) -> Iterable[str]:
        return self.OFFERED

    def __init__(self, kind: str, parts: Sequence[Widget], pacer: Pacer) -> None:
        self.name = f"{kind}-{next(_numbers)}"
        self.changed, self.as_of = False, time.monotonic()
        super().__init__([*parts, pacer.messenger])
        self.add_class("lab-view").add_class(f"lab-view-{self.name}")
        self.snapshot = Snapshot(self, self.static_html, self.summary)
        self.finished = False
        self._painting = threading.Lock()  # two threads may paint: the newest state must be painted last
        self._pacer = pacer
        self._ticker = Ticker(self.name, self._tick, self._fail)

    def start(self) -> None:
        """Start collecting and drawing; the last step of a view's constructor."""
        self._pacer.add(self)
        self._ticker.start()

    def close(self) -> None:
        """Stop updating; the last state stays (VBox.close() would remove it). Example: chart.close()"""
        self._ticker.close()
        self._finish()

    def _finish(self) -> None:
        """Draw the last state, in sight or not, and release the source that it was collected from."""
        if not self.finished:
            self.finished = True
            self._end()
            self._pacer.remove(self)
            self.paint()
            self.snapshot.refresh(at_once=True)

    def _fail(self, error: Exception) -> None:
        """Say that the view is no longer updated, and why."""
        advice = "" if isinstance(error, LabError) else ". Run its cell again."
        self.say(f"This {self.name.partition('-')[0]} has failed: {error}{advice}")
        self.finished = True
        self._pacer.remove(self)

    def say(self, text: str) -> None:
        """Show this text instead of data."""
        raise NotImplementedError

    def paint(self) -> None:
        """Send the collected state to the page."""
        with self._painting:
            self._paint()

    def resend(self) -> None:
        """Send texts and choices again.

        A page requests the state of all widgets and then creates them; it misses what changes in between.
        """
        with self._painting:
            for part in self.children:
                if isinstance(part, DescriptionWidget):
                    part.send_state()

    def _paint(self) -> None:
        raise NotImplementedError

    def static_html(self) -> str:
        """What it shows, as static HTML."""
        raise NotImplementedError

    def summary(self) -> str:
        """What it shows, in words."""
        raise NotImplementedError

    def _collect(self) -> float | None:
        """Collect new data, and call `_touch` if it shows. Returns the seconds until the next call, None to end."""
        raise NotImplementedError

    def _end(self) -> None:
        """Release the source that it collects from."""
        raise NotImplementedError

    def _touch(self) -> None:
        """Mark that there is something new to draw."""
        self.changed = True
        self._pacer.wake()

    def _tick(self) -> float | None:
        pause = self._collect()
        if pause is None:
            self._finish()
        self.as_of = time.monotonic()
        self.snapshot.refresh()
        return pause

    def _ipython_display_(self) -> None:
        self.snapshot.show()
