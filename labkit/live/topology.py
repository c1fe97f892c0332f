"""The topology of the whole system: topics and workers with live numbers, why nothing comes out of a run, and a peek
into a topic.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from ipywidgets import HTML, Layout, ToggleButtons
from markupsafe import Markup, escape

from labkit import tables
from labkit.errors import LabError
from labkit.kafka.tap import Record, Tap
from labkit.live import html, svg, topology_svg
from labkit.live.pacing import Pacer
from labkit.live.poller import lock_messages
from labkit.live.questions import Questions
from labkit.live.view import LiveView, emptied
from labkit.runs.system import System, TopicState, WorkerState

PERIOD = 0.5  # seconds between two updates
PEEKED = 5  # records shown of the chosen topic
NOTHING = "none"
ENDED = html.element("p", "This topology has ended.")


@dataclass(frozen=True)
class State:
    """Workers and topics in the order of the data flow, and the newest records of the chosen topic; or why they
    are not known. `offered` are the topics to choose from; without a choice `peeked` is None.
    """

    workers: tuple[WorkerState, ...] = ()
    topics: tuple[TopicState, ...] = ()
    offered: tuple[str, ...] = (NOTHING,)
    peeked: tuple[Record, ...] | None = None
    questions: tuple[str, ...] = ()
    error: str = ""
    ended: bool = False

    @property
    def is_empty(self) -> bool:
        return not self.workers


class Topology(LiveView[State]):
    """Each topic and worker with records per second, lag, errors and dead letters; choosing a topic peeks into it."""

    def __init__(self, system: System, tap_of: Callable[[str], Tap], pacer: Pacer, questions: Questions) -> None:
        self._system, self._tap_of, self._questions = system, tap_of, questions
        self._tap: Tap | None = None
        state = State()
        self._drawing = HTML(render(state), tabbable=True)
        self._table = HTML(layout=Layout(overflow="auto"), tabbable=True)
        self._lock = threading.RLock()
        self.choice = ToggleButtons(options=state.offered, description="Peek into:", style={"button_width": "auto"})
        lock_messages(self.choice, self._lock)
        super().__init__("topology", [self._drawing, self.choice, self._table, questions], pacer, state, PERIOD)

    def collect(self) -> State:
        before = self.state
        try:
            workers, topics = self._system.state()
            with self._lock:
                chosen = self.choice.value
            peeked = self._peek(chosen)
        except LabError as error:  # Kafka may come back, or allow it later
            return replace(before, error=str(error))
        if not workers:
            return replace(before, peeked=peeked, error="")
        # No topic is withdrawn: its worker may be replaced while someone is looking.
        offered = tuple(dict.fromkeys([*before.offered, *(each.name for each in topics)]))
        return State(tuple(workers), tuple(topics), offered, peeked, self._questions.due())

    def collect_last(self) -> State:
        # Once more, unless Kafka has gone: what has ended meanwhile must not be shown as running.
        last = self.state if self.state.error else self.collect()
        return replace(last, peeked=None, ended=True)

    def release(self) -> None:
        self._follow(NOTHING)
        self._questions.end()

    def _peek(self, topic: str) -> tuple[Record, ...] | None:
        """Returns the newest records of a topic."""
        before = self.state.peeked or ()
        if not self._tap or self._tap.names != (topic,):
            self._follow(topic)
            before = ()
        if self._tap and emptied(self._tap):
            before = ()
        return (*before, *self._tap.read(timeout=0.05))[-PEEKED:] if self._tap else None

    def _follow(self, topic: str) -> None:
        """Tap another topic, or none."""
        if self._tap:
            self._tap.close()
        self._tap = None  # even if opening the next one fails
        if topic != NOTHING:
            self._tap = self._tap_of(topic)

    def show_state(self, state: State) -> None:
        self._drawing.value = render(state)
        self._table.value = render_peeked(state)
        self._questions.offer(state.questions)
        self._offer(state.offered)
        self.choice.disabled = state.ended

    def _offer(self, topics: tuple[str, ...]) -> None:
        """Set the topics to choose from, and keep what has been chosen."""
        with self._lock, self.choice.hold_sync():
            chosen = self.choice.value
            if topics != self.choice.options:
                self.choice.options = topics
                self.choice.value = chosen

    def static_html(self) -> Markup:
        return render(self.state, as_image=True) + self._questions.answer + render_peeked(self.state)

    def summary(self) -> str:
        return words(self.state)


def words(state: State) -> str:
    """Returns what a topology shows as text."""
    if state.error or state.is_empty:
        return state.error or "Nothing is running yet."
    return topology_svg.words(state.workers, state.topics)


def render(state: State, as_image: bool = False) -> Markup:
    """Returns the topology as HTML; in a saved notebook its drawing must be an image."""
    text, end = words(state), ENDED if state.ended else ""
    if state.error or state.is_empty:
        return escape(text) + end
    drawing = topology_svg.draw(state.workers, state.topics)
    return (svg.image(drawing, text) if as_image else drawing) + end


def render_peeked(state: State) -> Markup:
    """Returns the newest records of the chosen topic as HTML."""
    if state.peeked is None:
        return Markup()
    rows = Markup(tables.of(state.peeked).to_html(index=False, border=0))  # pandas escapes
    return html.element("div", rows, style="white-space:nowrap")
