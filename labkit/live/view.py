"""What all live views share: a thread that collects, the pacer that paints, and a snapshot for later."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Generic, Protocol, TypeVar

from ipywidgets import Box, VBox, Widget
from ipywidgets.widgets.widget_description import DescriptionWidget
from markupsafe import Markup, escape

from labkit import completion
from labkit.errors import LabError, NoAnswer
from labkit.kafka.tap import Tap
from labkit.live.attributes import Attributes
from labkit.live.pacing import Pacer
from labkit.live.poller import Poller
from labkit.live.snapshot import Snapshot

_numbers = itertools.count(1)


def emptied(tap: Tap) -> list[str]:
    """Returns the topics that have been emptied. None while Kafka does not answer: `read` says if it has ended."""
    try:
        return tap.emptied()
    except NoAnswer:
        return []


class State(Protocol):
    """What a view shows at one moment: a frozen dataclass of plain values."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show yet."""
        ...


S = TypeVar("S", bound=State)


class LiveView(Attributes, VBox, Generic[S]):  # type: ignore[misc]
    """A view that always collects in its own thread, once started, and is painted only while it is in sight.

    It may be displayed any number of times. `close` ends the thread and keeps the last state on display.
    """

    def __dir__(self) -> Iterable[str]:
        return completion.names(self)

    def __init__(self, kind: str, parts: Sequence[Widget], pacer: Pacer, state: S, period: float) -> None:
        self.name = f"{kind}-{next(_numbers)}"
        self.state = state
        self.changed, self.as_of = False, time.monotonic()
        self.finished = self._released = False
        self._painting = threading.Lock()  # two threads may paint: the newest state must be painted last
        self._pacer, self._period = pacer, period
        self._poller = Poller(self.name, self.update, self._on_failure)
        super().__init__([*parts, pacer.messenger])
        self.add_class("lab-view").add_class(f"lab-view-{self.name}")
        self.snapshot = Snapshot(self, self.static_html, self.summary)

    def start(self) -> None:
        """Start collecting and painting."""
        self._pacer.add(self)
        self._poller.start()

    def close(self) -> None:
        """Stop updating; the last state stays (VBox.close() would remove it). Example: chart.close()"""
        self._poller.close()
        self._finish()
        self._release()

    def update(self) -> float | None:
        """Collect, and have what has changed painted. Returns the seconds until the next update, None after the last.

        One thread calls it: that of the view, or in a test the test's own.
        """
        if self.finished:  # it could not be painted
            self._release()
            return None
        state = self.collect()
        if state != self.state:
            self.state = state
            self.touch()
        if not state.is_empty:
            self.snapshot.ready.set()
        if self.is_over():
            self._finish()
            self._release()
        self.as_of = time.monotonic()
        if self._pacer.may_be_watched():  # else the server would never take the kernel for idle
            self.snapshot.refresh()
        return None if self.finished else self.pause()

    def touch(self) -> None:
        """Have the view painted."""
        self.changed = True
        self._pacer.wake()

    def paint(self) -> None:
        """Send the newest state to the page."""
        with self._painting:
            self.show_state(self.state)

    def resend(self) -> None:
        """Send texts and choices again.

        A page requests the state of all widgets and then creates them; it misses what changes in between.
        """
        with self._painting:
            for part in _inside(self):
                if isinstance(part, DescriptionWidget):
                    part.send_state()

    # ------------------------------------------------- what each view defines

    def collect(self) -> S:
        """Returns the state as it is now, after reading what is new."""
        raise NotImplementedError

    def collect_last(self) -> S:
        """Returns the state with which the view ends."""
        raise NotImplementedError

    def release(self) -> None:
        """Release the source of the data."""

    def show_state(self, state: S) -> None:
        """Set the widgets to a state."""
        raise NotImplementedError

    def static_html(self) -> Markup:
        """Returns the state as static HTML."""
        raise NotImplementedError

    def summary(self) -> str:
        """Returns the state in words."""
        raise NotImplementedError

    def pause(self) -> float:
        """Returns the seconds until the next update."""
        return self._period

    def show_message(self, text: str) -> None:
        """Show this text instead of data."""
        self.children[0].value = escape(text)

    def is_over(self) -> bool:
        """Whether nothing can change any more."""
        return False

    # ---------------------------------------------------------------------- end

    def _finish(self) -> None:
        """Paint the last state, in sight or not."""
        if not self.finished:
            self.finished = True
            self.state = self.collect_last()
            self._pacer.remove(self)
            self.paint()
            self.snapshot.refresh(at_once=True)

    def _release(self) -> None:
        if not self._released:
            self._released = True
            self.release()

    def _on_failure(self, error: Exception) -> None:
        self.fail(error)
        self._release()

    def fail(self, error: Exception) -> None:
        """Show that the view is no longer updated, and why."""
        if not self.finished:
            self.finished = True
            self._pacer.remove(self)
            advice = "" if isinstance(error, LabError) else ". Run its cell again."
            self.show_message(f"The {self.name.partition('-')[0]} can no longer be updated: {error}{advice}")

    def _ipython_display_(self) -> None:
        self.snapshot.show()


def _inside(view: Box) -> Iterable[Widget]:
    """Returns the widgets of a view, without those of views inside it."""
    for each in view.children:
        yield each
        if isinstance(each, Box) and not isinstance(each, LiveView):
            yield from _inside(each)
