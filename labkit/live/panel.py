"""What a run or a producer shows below its cell: status, counts, last error, prints; buttons for its processes, and one
that asks why nothing comes out.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from ipywidgets import HTML
from markupsafe import Markup

from labkit.live import html, theme
from labkit.live.buttons import Buttons
from labkit.live.pacing import Pacer
from labkit.live.questions import Ask, Questions
from labkit.live.view import LiveView
from labkit.runs.run import Run
from labkit.runs.worker import Status, Worker

if TYPE_CHECKING:
    from labkit.runs.blame import Blame
    from labkit.runs.replicas import Replicas

PERIOD = 0.5  # seconds between two updates
PRINTS_SHOWN = 12
WHY = "Why does nothing come out?"
CELL = "padding:0 24px 0 0;text-align:left"

Table = tuple[tuple[str, ...], ...]


def of(worker: Worker, pacer: Pacer, ask: Ask) -> Panel:
    """Returns the live panel of a worker: every display of the worker shows the same one."""
    if worker not in _panels:
        _panels[worker] = Panel(worker, pacer, ask)
        _panels[worker].start()
    return _panels[worker]


@dataclass(frozen=True)
class State:
    """A worker at one moment; `prints` are its last lines, of `printed` in all."""

    name: str
    status: Status
    done: str
    origin: str
    error: Blame | None
    stuck: str
    notice: str
    note: str
    tables: tuple[Table, ...]
    prints: tuple[str, ...]
    printed: int
    members: tuple[bool, ...]  # which of its processes are alive
    ended: bool
    questions: tuple[str, ...] = ()
    is_empty = False


class Panel(LiveView[State]):
    """The live panel of a worker, updated until the worker has ended and can never be started again."""

    def __init__(self, worker: Worker, pacer: Pacer, ask: Ask) -> None:
        self._worker: Worker | None = worker
        self._buttons = Buttons(cast("Replicas", worker)) if worker.killable else None
        state = collect(worker)
        self._text = HTML(render(state))
        self._questions = Questions(ask, self._runs) if isinstance(worker, Run) else None
        parts = [self._text, *(each for each in (self._buttons, self._questions) if each)]
        super().__init__("panel", parts, pacer, state, PERIOD)
        self.snapshot.ready.set()

    def update(self) -> float | None:
        ended_before = self.state.ended
        pause = super().update()
        if self.state.ended and not ended_before:
            self.snapshot.refresh(at_once=True)
        return pause

    def collect(self) -> State:
        if not self._worker:
            return self.state
        return replace(collect(self._worker), questions=self._questions.due() if self._questions else ())

    def collect_last(self) -> State:
        return self.collect()

    def release(self) -> None:
        self._worker = None  # otherwise it would never be freed: ipywidgets keeps every widget
        if self._buttons:
            self._buttons.end()
        if self._questions:
            self._questions.end()

    def show_state(self, state: State) -> None:
        self._text.value = render(state)
        if self._buttons:
            self._buttons.follow()
        if self._questions:
            self._questions.offer(state.questions)

    def static_html(self) -> Markup:
        return render(self.state) + (self._questions.answer if self._questions else "")

    def summary(self) -> str:
        return self.state.done

    def _runs(self) -> dict[str, Run]:
        return {WHY: self._worker} if isinstance(self._worker, Run) else {}

    def pause(self) -> float:
        if not self._worker or self.state.ended:
            return super().pause()
        self._worker.wait(super().pause())  # its end is shown at once
        return 0.0

    def is_over(self) -> bool:
        return not self._worker or (self.state.ended and self._worker.retired)


_panels: weakref.WeakKeyDictionary[Worker, Panel] = weakref.WeakKeyDictionary()


def collect(worker: Worker) -> State:
    """Returns what a panel shows of a worker now."""
    ended = worker.wait(0)  # first: what it did last must not be missed
    unfinished = tuple(filter(None, [worker.printing]))
    return State(
        worker.name,
        worker.status,
        worker.summary(),
        worker.origin(),
        worker.error,
        worker.stuck(),
        worker.notice,
        worker.note,
        tuple(tuple(tuple(row) for row in table) for table in worker.tables()),
        (tuple(worker.prints) + unfinished)[-PRINTS_SHOWN:],
        worker.printed + len(unfinished),
        tuple(each.alive for each in cast("Replicas", worker).members) if worker.killable else (),
        ended,
    )


def render(state: State) -> Markup:
    """Returns a panel as HTML."""
    _, colour = theme.STATUSES[state.status]
    tables = [html.table(heads, rows, CELL, "margin:6px 0") for heads, *rows in state.tables]
    text = html.join(filter(None, _lines(state)), Markup("<br>"))
    return html.element("div", text, *tables, style=f"border-left:4px solid {colour};padding:2px 8px;line-height:1.5")


def _lines(state: State) -> Iterable[str]:
    mark, colour = theme.STATUSES[state.status]
    status = html.element("b", f"{mark} {state.status}", class_="lab-drawing", style=f"color:{colour}")
    yield html.join([status, " ", html.element("b", state.name), "" if state.tables else f": {state.done}"])
    yield state.origin
    if state.error:
        yield html.element("b", state.error.reason)
        if line := state.error.line:
            yield html.join([f"in your code, {line.where}: ", html.element("code", line.text)])
        if state.error.record:
            yield html.join(["at the record ", html.element("code", state.error.record)])
    for each in filter(None, [state.notice, state.stuck]):
        yield html.element("b", each)
    yield state.note
    if state.prints:
        above = state.printed - len(state.prints)
        more = f"… {above} lines above: see .prints\n" if above > 0 else ""
        yield html.element("pre", more + "\n".join(state.prints), style="margin:4px 0 0 16px")
