"""What a run or a producer shows below its cell: status, counts, last error, prints; buttons for its processes."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, cast

from ipywidgets import HTML
from markupsafe import Markup, escape

from labkit.live import html, theme
from labkit.live.buttons import Buttons
from labkit.live.pacing import Pacer
from labkit.live.view import LiveView
from labkit.runs.worker import Worker

if TYPE_CHECKING:
    from labkit.runs.replicas import Replicas

PERIOD = 0.5  # seconds between two updates
PRINTS_SHOWN = 12
CELL = "padding:0 24px 0 0;text-align:left"


def of(worker: Worker, pacer: Pacer) -> Panel:
    """Returns the live panel of a worker: every display of the worker shows the same one."""
    if worker not in _panels:
        _panels[worker] = Panel(worker, pacer)
    return _panels[worker]


class Panel(LiveView):
    """The live panel of a worker, updated until the worker has ended and can never be started again."""

    def __init__(self, worker: Worker, pacer: Pacer) -> None:
        self._worker: Worker | None = worker
        self._facts, self._html = worker.facts(), describe(worker)
        self._text = HTML(self._html)
        self._buttons = Buttons(cast("Replicas", worker)) if worker.killable else None
        self._ended = False
        super().__init__("panel", [self._text, *filter(None, [self._buttons])], pacer)
        self.snapshot.ready.set()
        self.start()

    def say(self, text: str) -> None:
        self._text.value = escape(text)

    def _paint(self) -> None:
        self._text.value = self._html
        if self._buttons:
            self._buttons.follow()

    def static_html(self) -> str:
        return self._html

    def summary(self) -> str:
        return self._facts

    def _collect(self) -> float | None:
        worker, before, ended_before = self._worker, self._html, self._ended
        if not worker:
            return None
        self._ended = worker.wait(PERIOD)
        self._facts, self._html = worker.facts(), describe(worker)
        if before != self._html:
            self._touch()
        if self._ended and not ended_before:
            self.snapshot.refresh(at_once=True)
        if self._ended and worker.retired:
            return None
        return PERIOD if self._ended else 0.0

    def _end(self) -> None:
        self._worker = None  # otherwise it would never be freed: ipywidgets keeps every widget
        if self._buttons:
            self._buttons.end()


_panels: weakref.WeakKeyDictionary[Worker, Panel] = weakref.WeakKeyDictionary()


def describe(worker: Worker) -> Markup:
    """A worker as HTML."""
    mark, colour = theme.STATUSES[worker.status]
    tables = [html.table(heads, rows, CELL, "margin:6px 0") for heads, *rows in worker.tables()]
    shortly = "" if tables else f": {worker.facts()}"
    status = html.element("b", f"{mark} {worker.status}", style=f"color:{colour}")
    lines = [html.join([status, " ", html.element("b", worker.name), shortly]), worker.beginning()]
    if worker.error:
        lines.append(html.element("b", worker.error.reason))
        if line := worker.error.line:
            lines.append(html.join([f"in your code, {line.where}: ", html.element("code", line.text)]))
    if stuck := worker.stuck():
        lines.append(html.element("b", stuck))
    lines.append(worker.note)
    if worker.prints:
        shown = list(worker.prints)[-PRINTS_SHOWN:]
        above = f"… {worker.printed - len(shown)} lines above: see .prints\n" if worker.printed > len(shown) else ""
        lines.append(html.element("pre", above + "\n".join(shown), style="margin:4px 0 0 16px"))
    text = html.join(filter(None, lines), Markup("<br>"))
    return html.element("div", text, *tables, style=f"border-left:4px solid {colour};padding:2px 8px;line-height:1.5")
