"""Partitions as lanes: which process had each partition over the last minute, and what it does there."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from ipywidgets import HTML
from markupsafe import Markup, escape

from labkit.errors import LabError
from labkit.live import html, lanes_svg, svg
from labkit.live.lanes_svg import SPAN, Assignment, Members
from labkit.live.pacing import Pacer
from labkit.live.view import LiveView
from labkit.runs.assignments import Assignments

PERIOD = 0.5  # seconds between two updates
NOTHING = "Nothing has been assigned yet."
ENDED = html.element("p", "These lanes have ended.")


@dataclass(frozen=True)
class State:
    """The assignments over the last minute, oldest first, and the processes; or why they are not known."""

    seen: tuple[Assignment, ...] = ()
    members: Members = ()
    error: str = ""
    ended: bool = False

    @property
    def is_empty(self) -> bool:
        return not self.seen


class Lanes(LiveView[State]):
    """A lane for each partition that a run reads, coloured and labelled by the process that has it."""

    def __init__(self, assignments: Assignments, pacer: Pacer) -> None:
        self._assignments = assignments
        state = State()
        self._drawing = HTML(render(state))
        super().__init__("lanes", [self._drawing], pacer, state, PERIOD)

    def collect(self) -> State:
        now = time.monotonic()
        try:
            seen = [*self.state.seen, Assignment(now, tuple(self._assignments.lanes()))]
        except LabError as error:  # Kafka may come back, or allow it later
            return replace(self.state, error=str(error))
        return State(tuple(each for each in seen if each.time >= now - SPAN), tuple(self._assignments.members()))

    def collect_last(self) -> State:
        return replace(self.state, ended=True)

    def show_state(self, state: State) -> None:
        self._drawing.value = render(state)

    def static_html(self) -> Markup:
        return render(self.state, as_image=True)

    def summary(self) -> str:
        return words(self.state)

    def is_over(self) -> bool:
        return self._assignments.run.retired


def words(state: State) -> str:
    """Returns what lanes show as text."""
    if state.error or state.is_empty:
        return state.error or NOTHING
    return lanes_svg.words(state.seen[-1].lanes, state.members)


def render(state: State, as_image: bool = False) -> Markup:
    """Returns lanes as HTML; in a saved notebook their drawing must be an image."""
    text, end = words(state), ENDED if state.ended else ""
    if state.error or state.is_empty:
        return escape(text) + end
    drawing = lanes_svg.draw(state.seen, state.members)
    return (svg.image(drawing, text) if as_image else drawing) + end
