"""A page in which one steps through the records: one document, which needs no kernel, no network and no other file.

Whatever is in a record stays text: the data are JSON in which no mark-up can end, and the script makes only text of it.
"""

from __future__ import annotations

import base64
import html
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from labkit.runs.blame import Line
from labkit.stepping import words
from labkit.stepping.memory import Clock, Entry, Gone, Identity, Window
from labkit.stepping.outcomes import Outcome
from labkit.stepping.recording import Out

if TYPE_CHECKING:
    from labkit.stepping.comparing import Comparison
    from labkit.stepping.steps import Step, Steps

HERE = Path(__file__).parent
HEIGHT = 720  # pixels, in a notebook
LONGEST = 1_000  # characters of a value
ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def of(steps: Steps) -> str:
    """Returns the document."""
    return document(data(steps))


def of_both(comparison: Comparison, at: int = 0) -> str:
    """Returns a document in which the pages of several pipelines are side by side, and step together."""
    sides = comparison.sides
    found = {
        "title": comparison.title,
        "summary": comparison.summary(),
        "at": at,
        "names": [each.name for each in sides],
        "pages": [document(_compared(each, comparison, side)) for side, each in enumerate(sides)],
        "outs": [[*map(_shortened, comparison.came_out(number))] for number in range(len(comparison))],
        "differs": comparison.differs,
        "parts": [_shortened(each.parts) for each in comparison],
    }
    return document(found, "both")


def _compared(steps: Steps, comparison: Comparison, side: int) -> dict[str, Any]:
    """Returns what the page of one of several pipelines shows: which lines did something else than the others' too."""
    found = data(steps)
    for step, beside, record in zip(steps, comparison, found["records"], strict=False):
        apart = {each.line for each in beside.apart[side]}
        for outcome, line in zip(step.outcomes, record["lines"], strict=True):
            line["apart"] = outcome.line in apart
    return found | {"compared": True}


def framed(steps: Steps, at: int = 0, expected: Sequence[str] = ()) -> str:
    """Returns the document in a frame, open at a record; of that it says what is `expected` beside what came out."""
    return frame(f"Step through {steps.name}", document(data(steps, at, expected)))


def frame(title: str, text: str) -> str:
    """Returns a document in a frame, which shows it in a notebook and keeps it apart from the notebook's own page.

    It is packed, which makes it a quarter of the size in a saved notebook.
    """
    style = f"box-sizing: border-box; width: 100%; height: {HEIGHT}px; border: 1px solid #8888"
    packed = base64.b64encode(zlib.compress(text.encode(), 9)).decode()
    unpacking = html.escape(_file("frame.html").replace("${packed}", packed))
    return (
        f'<iframe title="{html.escape(title)}" sandbox="allow-scripts" style="{style}" srcdoc="{unpacking}"></iframe>'
    )


def document(found: Mapping[str, Any], kind: str = "page") -> str:
    """Returns the document that shows what `data` returns; of the `kind` "both" it shows several."""
    text = orjson.dumps(found, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    for character, escaped in ESCAPED.items():
        text = text.replace(character, escaped)
    title = html.escape(found["title"])
    files = {"style": _file("page.css"), "body": _file(f"{kind}.html"), "script": _file(f"{kind}.js")}
    parts = {"title": title, "kind": kind, "data": text, **files}
    before, *sections = _file("shell.html").split("${")
    named = (section.partition("}") for section in sections)
    return before + "".join(parts[name] + after for name, _, after in named)


def _file(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def data(steps: Steps, at: int = 0, expected: Sequence[str] = ()) -> dict[str, Any]:
    """Returns everything that the page shows, as JSON has it; see `framed`."""
    numbers: dict[Identity, int] = {}
    return {
        "title": f"Step through {steps.name}",
        "summary": steps.summary(),
        "reads": steps.reads,
        "blocks": [{"file": each.name, "first": each.first, "lines": each.lines} for each in steps.blocks],
        "at": at,
        "expected": [*map(_shortened, expected)],
        "records": [_record(each, steps, numbers) for each in steps],
    }


def _record(step: Step, steps: Steps, numbers: dict[Identity, int]) -> dict[str, Any]:
    record = step.record
    return {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "key": words.key(record.key),
        "time": record.timestamp,
        "value": _shortened(words.value(words.loaded(record.value))),
        "marks": step.marks,
        "unreadable": step.unreadable,
        "trouble": str(step.trouble) if step.trouble else "",
        "failed": _place(step.trouble.line, steps) if step.trouble and step.trouble.line else None,
        "lines": [_line(each, steps) for each in step.outcomes],
        "out": [{"key": words.key(each.key), "value": _shortened(words.value(each.value))} for each in step.came_out],
        "written": [
            {
                "topic": each.topic,
                "key": words.key(each.key),
                "value": _shortened(words.value(words.loaded(each.value))),
            }
            for each in step.written
        ],
        "prints": [*map(_shortened, step.prints)],
        "state": [
            [numbers.setdefault(identity, len(numbers)), _entry(entry)] for identity, entry in step.changes.items()
        ],
    }


def _line(outcome: Outcome, steps: Steps) -> dict[str, Any]:
    return {
        **_place(outcome.line, steps),
        "kind": outcome.kind,
        "words": [*map(_shortened, outcome.words)],
        "changed": _changed(outcome),
        "in": _values(outcome.came),
        "out": _values(outcome.went),
    }


def _changed(outcome: Outcome) -> list[str]:
    """Returns the fields that a line has changed or added, each as it stands in the value that went on."""
    if not outcome.changed:
        return []
    (went,) = outcome.went
    return [f"{name} {words.part(each)}" for name, each in went.value.items() if str(name) in outcome.changed]


def _place(line: Line, steps: Steps) -> dict[str, int]:
    """Returns the block in which a line stands, and the number of the line."""
    blocks = enumerate(steps.blocks)
    found = (number for number, each in blocks if each.file == line.file and line.number in each.numbers)
    return {"block": next(found, -1), "line": line.number}


def _values(outs: Sequence[Out]) -> list[str]:
    return [_shortened(words.value(each.value)) for each in outs[:20]]


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _entry(entry: Entry | Gone) -> dict[str, Any] | str:
    if isinstance(entry, Gone):
        return entry.value
    common = {"store": entry.store, "partition": entry.partition, "key": words.key(entry.key)}
    if isinstance(entry, Clock):
        return {"kind": "time", **common, "time": entry.time}
    if not isinstance(entry, Window):
        return {"kind": "value", **common, "name": entry.name, "value": _shortened(words.value(entry.value))}
    return {
        "kind": "window",
        **common,
        "start": entry.start,
        "end": entry.end,
        "holds": _shortened(words.value(entry.holds)),
        "closes": entry.closes,
        "by": entry.closed_by,
        "full": "" if entry.closes is not None else f"{entry.records} of {entry.full_at} records",
    }
