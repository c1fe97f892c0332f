"""The wall as a view: how many are where, what fails for how many, predictions as bars, raised hands, and a table."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ipywidgets import HTML, Box, Button, Dropdown, HBox, Layout, VBox
from markupsafe import Markup, escape

from labkit.kafka.clients import LOGGER
from labkit.live import Pacer
from labkit.live.poller import lock_messages
from labkit.live.view import LiveView
from labkit.wall import drawing
from labkit.wall.counting import ROUNDS
from labkit.wall.drawing import NEWEST, State
from labkit.wall.reading import Counts
from labkit.wall.tally import Table

WAIT = 0.2  # seconds that a read waits for the first record
PERIOD = 0.05  # seconds between two reads
CSS = Path(__file__).with_name("board.css")
AREAS = ("head", "there", "exercises", "question", "hands")


class Board(LiveView[State]):
    """The wall of a class; `begin_round` is called with the name of the question that is to be answered again."""

    def __init__(self, counts: Counts, table: Table, pacer: Pacer, begin_round: Callable[[str], object]) -> None:
        self._counts, self._items, self.begin_round = counts, table, begin_round
        self._said = ""
        self._lock = threading.RLock()
        self.question = Dropdown(options=[(NEWEST, "")], description="Question:")
        self.again = Button(description="Answer again", tooltip="Begins another round of this question")
        self._head, self._there, self._exercises, self._bars, self._hands, self._numbers = (HTML() for _ in range(6))
        asked = VBox([self._bars, HBox([self.question, self.again]).add_class("lab-toolbar")])
        parts = (self._head, self._there, self._exercises, asked, self._hands)
        for each, area in zip(parts, AREAS, strict=True):
            each.add_class(f"lab-area-{area}")
        style = HTML(f"<style>{CSS.read_text()}</style>", layout=Layout(display="none"))
        page = [Box(parts).add_class("lab-board-page"), self._numbers.add_class("lab-board-table"), style]
        super().__init__("wall", page, pacer, State(), PERIOD)
        self.add_class("lab-dashboard").add_class("lab-board")
        lock_messages(self.question, self._lock)
        self.question.observe(lambda _: self._at_once(), "value")
        self.again.on_click(lambda _: self._begin())
        self.show_state(self.state)

    def _begin(self) -> None:
        if name := self.state.shown:
            try:
                self.begin_round(name.name)
            except Exception as error:  # a traceback from here would reach nobody
                LOGGER.exception("no other round has begun")
                self._said = f"This has failed: {error}"
            self._at_once()

    def _at_once(self) -> None:
        """Show what has been chosen before the next record comes."""
        self.state = replace(self.state, chosen=self.question.value or "", said=self._said)
        self.paint()

    def collect(self) -> State:
        for item in self._counts.read(WAIT):
            self._items.take(item)
        now = self._counts.now()
        tally = self._items.tally(now)
        rate = round(self._counts.per_second(), 1)
        return State(tally, self.question.value or "", now // 1000, rate, self._counts.away, self._said)

    def collect_last(self) -> State:
        return replace(self.state, ended=True)

    def release(self) -> None:
        self._counts.close()
        self._pacer.close()  # which paints nothing else

    def show_state(self, state: State) -> None:
        self._head.value = drawing.head(state)
        self._there.value = drawing.there(state.tally)
        self._exercises.value = drawing.exercises(state.tally)
        self._bars.value = drawing.question(state.shown, state.said)
        self._hands.value = drawing.hands(state)
        self._numbers.value = drawing.table(state.tally)
        with self._lock:
            options = ((NEWEST, ""), *((each.title, each.name) for each in state.tally.questions))
            if options != tuple(self.question.options):
                chosen = self.question.value
                with self.question.hold_sync():
                    self.question.options = options
                    self.question.value = chosen
        shown = state.shown
        self.again.disabled = state.ended or not shown or len(shown.totals) >= ROUNDS or not shown.totals[-1]

    def show_message(self, text: str) -> None:
        self._head.value = escape(text)

    def static_html(self) -> Markup:
        return drawing.head(self.state) + drawing.table(self.state.tally)

    def summary(self) -> str:
        """Returns what the wall shows, in words. Example: print(board.summary())"""
        return drawing.words(self.state)
