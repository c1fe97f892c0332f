"""What a run or a producer shows of itself below its cell: state, counts, last error, prints."""

from __future__ import annotations

import html
import threading
import weakref
from collections.abc import Sequence

from ipywidgets import HTML

from labkit.live import theme
from labkit.live.still import Still
from labkit.runs.worker import Worker

PERIOD = 0.5  # seconds between two looks
PRINTS_SHOWN = 12


def show(worker: Worker) -> None:
    """Display a live panel of the worker; every display of it shows the same."""
    _still(worker).show()


_stills: weakref.WeakKeyDictionary[Worker, Still] = weakref.WeakKeyDictionary()


def _still(worker: Worker) -> Still:
    if worker not in _stills:
        panel, words = HTML(describe(worker)), weakref.WeakMethod(worker.facts)  # or nothing would ever forget a worker
        _stills[worker] = Still(panel, lambda: panel.value, lambda: facts() if (facts := words()) else "")
        _stills[worker].ready.set()
        arguments = (worker, panel, _stills[worker])
        threading.Thread(target=_follow, args=arguments, name=f"lab-panel-{worker.name}", daemon=True).start()
    return _stills[worker]


def _follow(worker: Worker, panel: HTML, still: Still) -> None:
    """Keep the panel up to date until the worker has ended; traitlets send a value only if it has changed."""
    while not worker.wait(PERIOD):
        panel.value = describe(worker)
        still.refresh()
    panel.value = describe(worker)
    still.refresh(at_once=True)


def describe(worker: Worker) -> str:
    """The state of a worker as HTML."""
    mark, colour = theme.STATES[worker.state]
    tables = [_table(rows) for rows in worker.tables()]
    name, facts = html.escape(worker.name), "" if tables else f": {html.escape(worker.facts())}"
    lines = [f"<b style='color:{colour}'>{mark} {worker.state}</b> <b>{name}</b>{facts}"]
    if beginning := worker.beginning():
        lines.append(html.escape(beginning))
    if worker.error:
        lines.append(f"<b>{html.escape(worker.error.reason)}</b>")
        if worker.error.line:
            where, text = html.escape(worker.error.line.where), html.escape(worker.error.line.text)
            lines.append(f"in your code, {where}: <code>{text}</code>")
    if stuck := worker.stuck:
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
