"""What all live views share: a thread that collects, the pacer that paints, and a snapshot for later."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterable, Sequence
from typing import ClassVar

from ipywidgets import VBox, Widget

from labkit.errors import LabError
from labkit.live.pacing import Pacer
from labkit.live.snapshot import Snapshot
from labkit.live.ticker import Ticker

_numbers = itertools.count(1)


class LiveView(VBox):  # type: ignore[misc]
    """A view that collects in a thread of its own, whoever looks, and is painted only while somebody does.

    It may be displayed any number of times. `close` ends the thread and leaves the last state standing.
    """

    OFFERED: ClassVar[tuple[str, ...]] = ("close", "summary")  # by Tab: of a widget it would be a hundred names

    def __dir__(self) -> Iterable[str]:
        return self.OFFERED

    def __init__(self, kind: str, parts: Sequence[Widget], pacer: Pacer) -> None:
        self.name = f"{kind}-{next(_numbers)}"
        self.changed, self.as_of = False, time.monotonic()
        super().__init__([*parts, pacer.messenger])
        self.add_class("lab-view").add_class(f"lab-view-{self.name}")
        self.snapshot = Snapshot(self, self.static_html, self.summary)
        self.finished = False
        self._painting = threading.Lock()  # the pacer paints, and at the end another: the last state must come last
        self._pacer = pacer
        self._ticker = Ticker(self.name, self._tick, self._fail)

    def start(self) -> None:
        """Start to collect and to be painted: the last thing that a view does while it is made."""
        self._pacer.add(self)
        self._ticker.start()

    def close(self) -> None:
        """Stop following. The last state stays; VBox.close() would take it out of the notebook."""
        self._ticker.close()
        self._finish()

    def _finish(self) -> None:
        """Show the last state, whether somebody looks or not, and let go of what it was collected from."""
        if not self.finished:
            self.finished = True
            self._end()
            self._pacer.remove(self)
            self.paint()
            self.snapshot.refresh(at_once=True)

    def _fail(self, error: Exception) -> None:
        """Say that it follows no more, and why."""
        advice = "" if isinstance(error, LabError) else ". Run its cell again."
        self.say(f"This {self.name.partition('-')[0]} has failed: {error}{advice}")
        self.finished = True
        self._pacer.remove(self)

    def say(self, text: str) -> None:
        """Show this text, for there is nothing else to show."""
        raise NotImplementedError

    def paint(self) -> None:
        """Send the state that has been collected to the page."""
        with self._painting:
            self._paint()

    def _paint(self) -> None:
        raise NotImplementedError

    def static_html(self) -> str:
        """What it shows, as static HTML."""
        raise NotImplementedError

    def summary(self) -> str:
        """What it shows, in words."""
        raise NotImplementedError

    def _collect(self) -> float | None:
        """Take in what is new, and call `_touch` if it shows; seconds until the next time, None if there is none."""
        raise NotImplementedError

    def _end(self) -> None:
        """Let go of what it collects from."""
        raise NotImplementedError

    def _touch(self) -> None:
        """There is something new to paint."""
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
