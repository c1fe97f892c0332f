"""The topology of the whole system: topics and workers with live numbers, and a peek into a topic."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence

from ipywidgets import HTML, Layout, ToggleButtons
from markupsafe import Markup, escape

from labkit.errors import LabError
from labkit.kafka.tap import Record, Tap
from labkit.live import table, topology_svg
from labkit.live.pacing import Pacer
from labkit.live.svg import image
from labkit.live.ticker import take_turns
from labkit.live.view import LiveView
from labkit.runs.system import System, TopicFacts, WorkerFacts

PERIOD = 0.5  # seconds between two updates
PEEKED = 5  # records shown of the chosen topic
NOTHING = "none"


class Topology(LiveView):
    """Each topic and worker with records per second, lag, errors and dead letters; choosing a topic peeks into it."""

    def __init__(self, system: System, tap_of: Callable[[str], Tap], pacer: Pacer) -> None:
        self._system, self._tap_of = system, tap_of
        self._tap: Tap | None = None
        self._peeked: list[Record] = []
        self._words = ""
        self._svg = self._rows = Markup()
        self._answered = False
        self._drawing = HTML("Nothing is running yet.")
        self._table = HTML(layout=Layout(overflow="auto"), tabbable=True)
        self._lock = threading.RLock()
        self.choice = ToggleButtons(options=(NOTHING,), description="Peek into:", style={"button_width": "auto"})
        take_turns(self.choice, self._lock)
        super().__init__("topology", [self._drawing, self.choice, self._table], pacer)
        self.start()

    def say(self, text: str) -> None:
        self._drawing.value = escape(text)

    def resend(self) -> None:
        with self._lock:
            super().resend()

    def _end(self) -> None:
        if self._answered:  # do not go on showing as running what has ended meanwhile
            self._look()
        self._follow(NOTHING)
        self.choice.disabled = True
        self._svg += Markup("<p>This topology has ended.</p>")

    def _collect(self) -> float:
        before = (self._svg, self._rows)
        self._look()
        if before != (self._svg, self._rows):
            self._touch()
        return PERIOD

    def _look(self) -> None:
        try:
            self._draw(*self._system.look())
            self._peek(self.choice.value)
            self._answered = True
        except LabError as error:  # Kafka may come back, or allow it later
            self._words = str(error)
            self._svg = escape(self._words)
            self._answered = False

    def _paint(self) -> None:
        self._drawing.value = self._svg or self._drawing.value
        self._table.value = self._rows

    def static_html(self) -> str:
        """What it shows, as static HTML."""
        drawn = image(self._svg, self._words) if self._svg.startswith("<svg") else escape(self._words)
        return (drawn or Markup("Nothing is running yet.")) + self._rows

    def summary(self) -> str:
        """What it shows, in words."""
        return self._words or "Nothing is running yet."

    def _draw(self, workers: Sequence[WorkerFacts], topics: Sequence[TopicFacts]) -> None:
        if not workers:
            return
        self._words, self._svg = topology_svg.words(workers, topics), topology_svg.draw(workers, topics)
        self.snapshot.ready.set()
        self._offer(topic.name for topic in topics)

    def _offer(self, topics: Iterable[str]) -> None:
        """Add topics to the choice. None is removed: its worker may be replaced while someone is looking."""
        with self._lock, self.choice.hold_sync():
            chosen, names = self.choice.value, tuple(dict.fromkeys([*self.choice.options, *topics]))
            if names != self.choice.options:
                self.choice.options = names
                self.choice.value = chosen

    def _peek(self, topic: str) -> None:
        if not self._tap or self._tap.names != (topic,):
            self._follow(topic)
        if not self._tap:
            self._rows = Markup()
            return
        self._peeked = [*self._peeked, *self._tap.read(timeout=0.05)][-PEEKED:]
        rows = Markup(table.of(self._peeked).to_html(index=False, border=0))  # pandas escapes
        self._rows = Markup("<div style='white-space:nowrap'>{}</div>").format(rows)

    def _follow(self, topic: str) -> None:
        """Peek into another topic, or into none."""
        if self._tap:
            self._tap.close()
        self._peeked, self._tap = [], None  # even if opening the next tap fails
        if topic != NOTHING:
            self._tap = self._tap_of(topic)
