"""What a run or a producer shows of itself below its cell: status, counts, last error, prints."""

from __future__ import annotations

import html
import weakref
from collections.abc import Sequence

from ipywidgets import HTML

from labkit.live import theme
from labkit.live.pacing import Pacer
from labkit.live.view import LiveView
from labkit.runs.worker import Worker

PERIOD = 0.5  # seconds between two looks
PRINTS_SHOWN = 12


def of(worker: Worker, pacer: Pacer) -> Panel:
    """The live panel of a worker: every display of it shows the same."""
    if worker not in _panels:
        _panels[worker] = Panel(worker, pacer)
    return _panels[worker]


class Panel(LiveView):
    """What a worker says of itself, until it has ended."""

    def __init__(self, worker: Worker, pacer: Pacer) -> None:
        self._worker: Worker | None = worker
        self._html, self._facts = describe(worker), worker.facts()
        self._text = HTML(self._html)
        super().__init__("panel", [self._text], pacer)
        self.snapshot.ready.set()
        self.start()

    def say(self, text: str) -> None:
        self._text.value = html.escape(text)

    def _paint(self) -> None:
        self._text.value = self._html

    def static_html(self) -> str:
        return self._html

    def summary(self) -> str:
        return self._facts

    def _collect(self) -> float | None:
        if not self._worker:
            return None
        ended, before = self._worker.wait(PERIOD), self._html
        self._html, self._facts = describe(self._worker), self._worker.facts()
        if before != self._html:
            self._touch()
        return None if ended else 0.0

    def _end(self) -> None:
        self._worker = None  # else nothing would ever forget it: a widget is never forgotten


_panels: weakref.WeakKeyDictionary[Worker, Panel] = weakref.WeakKeyDictionary()


def describe(worker: Worker) -> str:
    """A worker as HTML."""
    mark, colour = theme.STATUSES[worker.status]
    tables = [_table(rows) for rows in worker.tables()]
    name, facts = html.escape(worker.name), "" if tables else f": {html.escape(worker.facts())}"
    lines = [f"<b style='color:{colour}'>{mark} {worker.status}</b> <b>{name}</b>{facts}"]
    if beginning := worker.beginning():
        lines.append(html.escape(beginning))
    if worker.error:
        lines.append(f"<b>{html.escape(worker.error.reason)}</b>")
        if worker.error.line:
            where, text = html.escape(worker.error.line.where), html.escape(worker.error.line.text)
            lines.append(f"in your code, {where}: <code>{text}</code>")
    if stuck := worker.stuck():
        lines.append(f"<b>{html.escape(stuck)}</b>")
    if worker.note:
        lines.append(html.escape(worker.note))
    if worker.prints:
        shown = list(worker.prints)[-PRINTS_SHOWN:]
        above = f"… {worker.printed - len(shown)} lines above: see .prints\n" if worker.printed > len(shown) else ""
        lines.append(f"<pre style='margin:4px 0 0 16px'>{html.escape(above + chr(10).join(shown))}</pre>")
    style = f"border-left:4px solid {colour};padding:2px 8px;line-height:1.5"
    return f"<div style='{style}'>{'<br>'.join(lines)}{''.join(tables)}</div>"


def _table(rows: Sequence[Sequence[str]]) -> str:
    heads, *others = [[html.escape(each) for each in row] for row in rows]
    style = "padding:0 24px 0 0;text-align:left"
    lines = ["".join(f"<th style='{style}'>{each}</th>" for each in heads)]
    lines += ["".join(f"<td style='{style}'>{each}</td>" for each in row) for row in others]
    return f"<table style='margin:6px 0'>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"
