"""The picture of the whole system: topics and workers with live numbers, and a look into a topic."""

from __future__ import annotations

import html
import threading
from collections.abc import Callable, Iterable, Sequence

from ipywidgets import HTML, ToggleButtons, VBox

from labkit.errors import LabError
from labkit.live import diagram, table
from labkit.live.still import Still, image
from labkit.live.ticker import Ticker, take_turns
from labkit.runs.system import System, TopicFacts, WorkerFacts
from labkit.runs.tap import Record, Tap

PERIOD = 0.5  # seconds between two updates
PEEKED = 5  # records shown of the chosen topic
NOTHING = "none"


class Picture(VBox):  # type: ignore[misc]
    """Each topic and worker with records a second, lag, errors and dead letters; choosing a topic peeks into it."""

    def __init__(self, system: System, tap_of: Callable[[str], Tap]) -> None:
        self._system, self._tap_of = system, tap_of
        self._tap: Tap | None = None
        self._peeked: list[Record] = []
        self._answered = False
        self._words = "Nothing runs yet."
        self._sketch = self._words
        self._drawing = HTML(self._words)
        self._lock = threading.RLock()
        self.choice = ToggleButtons(options=(NOTHING,), description="Peek into:", style={"button_width": "auto"})
        self._table = HTML()
        take_turns(self.choice, self._lock)
        super().__init__([self._drawing, self.choice, self._table])
        self.still = Still(self, lambda: self._sketch + self._table.value, lambda: self._words)
        self._ticker = Ticker("picture", self._tick, self._fail)
        self._ticker.start()

    def close(self) -> None:
        """Stop following; the last picture stays."""
        if not self._ticker.closed:
            self._ticker.close()
            if self._answered:  # what has ended meanwhile must not stay there as if it ran
                self._look()
            self._follow(NOTHING)
            self.choice.disabled = True
            self._drawing.value += "<p>This picture has ended.</p>"
            self.still.refresh(at_once=True)

    def _ipython_display_(self) -> None:
        self.still.show()

    def _fail(self, error: Exception) -> None:
        self._drawing.value = f"This picture has failed: {html.escape(str(error))}. Run the cell again."

    def _tick(self) -> float:
        self._look()
        self.still.refresh()
        return PERIOD

    def _look(self) -> None:
        try:
            self._draw(*self._system.look())
            self._peek(self.choice.value)
            self._answered = True
        except LabError as error:  # Kafka has gone; perhaps it comes back
            self._words = str(error)
            self._sketch = self._drawing.value = html.escape(self._words)
            self._answered = False

    def _draw(self, workers: Sequence[WorkerFacts], topics: Sequence[TopicFacts]) -> None:
        if not workers:
            return
        self._words = diagram.words(workers, topics)
        self._drawing.value = svg = diagram.svg(workers, topics)
        self._sketch = image(svg, self._words)
        self.still.ready.set()
        self._offer(topic.name for topic in topics)

    def _offer(self, topics: Iterable[str]) -> None:
        """Let these be chosen too. None is taken away: its worker may just be being replaced, and somebody looks."""
        with self._lock, self.choice.hold_sync():
            chosen, names = self.choice.value, tuple(dict.fromkeys([*self.choice.options, *topics]))
            if names != self.choice.options:
                self.choice.options = names
                self.choice.value = chosen

    def _peek(self, topic: str) -> None:
        if not self._tap or self._tap.names != (topic,):
            self._follow(topic)
        if not self._tap:
            self._table.value = ""
            return
        self._peeked = [*self._peeked, *self._tap.read(timeout=0.05)][-PEEKED:]
        self._table.value = table.of(self._peeked).to_html(index=False, border=0)

    def _follow(self, topic: str) -> None:
        """Look into another topic, or into none."""
        if self._tap:
            self._tap.close()
        self._peeked, self._tap = [], None  # also if there is no other tap to be had
        if topic != NOTHING:
            self._tap = self._tap_of(topic)
