"""Paces frames by the page: the next is sent when the page has drawn the last, and only for views in sight."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import anywidget
import traitlets

from labkit import cells
from labkit.kafka.clients import LOGGER
from labkit.live import theme

PERIOD = 0.1  # minimum seconds between two frames
HEARTBEAT = 1.0  # seconds after which a frame is sent even if nothing has changed
ROUND = 0.5  # seconds that drawing one frame may take; views that do not fit wait for the next frame
UNKNOWN = 0.25  # seconds that drawing a view is assumed to take until one has been drawn
PATIENCE = 3.0  # seconds, or three times its last answer, after which a page that does not answer counts as asleep
FORGOTTEN = 600.0  # seconds of silence after which a page is forgotten; if it comes back it is a new one


class View(Protocol):
    """A view to paint. `changed`: its newest state has not been painted yet; `as_of`: when it last collected data."""

    name: str
    changed: bool
    as_of: float

    def paint(self) -> None:
        """Send the newest state to the page."""
        ...

    def fail(self, error: Exception) -> None:
        """Show that the view is no longer updated, and why."""
        ...

    def resend(self) -> None:
        """Send what the page may have missed while it was loading."""
        ...


class Messenger(anywidget.AnyWidget):
    """The page's side: for every view it reports whether the view is in sight, and shows how far the view is behind.

    Once it is `over`, the views keep their last state, which no longer counts as behind.
    """

    over = traitlets.Bool(False).tag(sync=True)
    _esm = Path(__file__).with_name("pacing.js")
    _css = theme.STYLE + theme.TILES + Path(__file__).with_name("view.css").read_text()


@dataclass
class Page:
    """A page that shows views: which are (`seen`) and were (`known`) in sight. `awaited` is the number of the frame
    that it has not drawn yet, `number` that of its newest message.
    """

    number: int = 0
    seen: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()
    awaited: int | None = None
    since: float = 0.0  # when that frame was sent
    heard: float = 0.0  # when its last message came
    took: float = 0.0  # seconds from the last frame to its answer

    def is_asleep(self, now: float) -> bool:
        """Whether it has not answered for so long that the pacer should not wait for it."""
        return self.awaited is not None and now > self.since + max(PATIENCE, 3 * self.took)


@dataclass
class Entry:
    """A view, the time of the data that it shows, and when it was last painted."""

    view: View
    shows: float
    painted: float = 0.0


class Pacer:
    """The one thread that paints the views of a lab.

    All views of a page share its drawing capacity: with many views all slow down together, and frames never queue up.
    If no page has a view in sight, nothing is sent. `clock` returns the time, like `time.monotonic`.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.messenger = cells.outside(Messenger)
        self._entries: dict[str, Entry] = {}
        self._views: weakref.WeakValueDictionary[str, View] = weakref.WeakValueDictionary()  # including ended ones
        self._pages: dict[str, Page] = {}
        self._frame = 0
        self._sent = 0.0
        self._cost = UNKNOWN  # seconds that drawing a view takes
        self._painted = 1  # views in the last frame
        self._news = threading.Event()
        self._closing = threading.Event()
        self._lock = threading.RLock()
        self._thread = threading.Thread(target=self._run, name="lab-pacer", daemon=True)
        self.messenger.on_msg(self.receive)

    def start(self) -> None:
        """Start painting."""
        self._thread.start()

    def add(self, view: View) -> None:
        """Paint this view from now on."""
        with self._lock:
            self._entries[view.name] = Entry(view, shows=self._clock())
            self._views[view.name] = view

    def remove(self, view: View) -> None:
        """Stop painting this view, and tell the page that the view shows its last state and is not behind."""
        with self._lock:
            self._entries.pop(view.name, None)
        self._news.set()

    def wake(self) -> None:
        """Check whether there is something to paint."""
        self._news.set()

    def may_be_watched(self) -> bool:
        """Whether a page has said something lately, or none ever has, as when a notebook is run unattended."""
        with self._lock:
            return not self._pages or any(self._clock() < each.heard + FORGOTTEN for each in self._pages.values())

    def close(self) -> None:
        """Stop painting, and tell the page that no view is behind any more."""
        self._closing.set()
        self._news.set()
        if self._thread.ident:
            self._thread.join()
        with self._lock:
            self._entries.clear()
        self.messenger.over = True

    def receive(self, _: object, message: Mapping[str, Any], __: object) -> None:
        """Handle a message from a page: which views are in sight, and which frame it drew last (0: none)."""
        now = self._clock()
        with self._lock:
            page = self._page(message["page"], now)
            if message["number"] < page.number:  # delayed by a running cell: see `insist` in pacing.js
                return
            page.number = message["number"]
            page.seen = frozenset(message["seen"])
            new, page.known = page.seen - page.known, page.known | page.seen
            if message["drawn"] == page.awaited:
                page.took, page.awaited = now - page.since, None
                self._cost += (page.took / self._painted - self._cost) / 4
            elif page.is_asleep(now):
                page.awaited = None  # it is awake, and may never have got the frame
        for view in [self._views[name] for name in new if name in self._views]:
            view.resend()
        self._news.set()

    def _page(self, name: str, now: float) -> Page:
        """Returns what is known of a page from which a message has come. A page that is loaded again has another name,
        so those that have long said nothing are forgotten.
        """
        if name not in self._pages:
            self._pages = {each: page for each, page in self._pages.items() if now < page.heard + FORGOTTEN}
            self._pages[name] = Page()
        self._pages[name].heard = now
        return self._pages[name]

    def _run(self) -> None:
        cells.leave()
        while not self._closing.is_set():
            pause = self.step()
            self._news.wait(pause)
            self._news.clear()

    def step(self) -> float:
        """Send a frame if it is time for one. Returns the seconds to wait, unless something happens earlier."""
        now = self._clock()
        with self._lock:
            pages = [page for page in self._pages.values() if page.seen and not page.is_asleep(now)]
            if not pages or any(page.awaited is not None for page in pages):
                return PERIOD if pages else HEARTBEAT
            if now < self._sent + PERIOD:
                return self._sent + PERIOD - now
            seen = frozenset().union(*(page.seen for page in pages))
            entries = [self._entries[name] for name in seen if name in self._entries]
        due = sorted((each for each in entries if each.view.changed), key=lambda each: each.painted)
        if not due and now < self._sent + HEARTBEAT:
            return self._sent + HEARTBEAT - now
        due = due[: max(1, int(ROUND / self._cost))]
        for entry in due:
            self._paint(entry)
        self._painted = max(1, len(due))
        with self._lock:
            for page in pages:
                page.awaited, page.since = self._frame + 1, now
        self._send(now, seen)
        return PERIOD

    def _paint(self, entry: Entry) -> None:
        entry.painted, entry.shows = self._clock(), entry.view.as_of
        entry.view.changed = False  # before painting, so that a change during it is painted next time
        try:
            entry.view.paint()
        except Exception as error:
            LOGGER.exception("%s could not be painted", entry.view.name)
            self.remove(entry.view)
            entry.view.fail(error)

    def _send(self, now: float, seen: frozenset[str]) -> None:
        """Send the end-of-frame mark: for each view the time of the data that it shows, or that it has ended."""
        self._frame, self._sent = self._frame + 1, now
        with self._lock:
            for entry in self._entries.values():
                if not entry.view.changed:
                    entry.shows = entry.view.as_of
            times = {name: self._entries[name].shows * 1000 if name in self._entries else None for name in seen}
        self.messenger.send({"frame": self._frame, "time": self._clock() * 1000, "views": times})
