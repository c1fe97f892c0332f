"""The answer: short sentences, and the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from labkit.backticks import marked_up
from labkit.why.causes import Cause
from labkit.why.sentences import sentence

LONGEST = 80  # characters of a line of source
RIGHT = "Nothing is wrong."


class Row(NamedTuple):
    """A line of the pipeline, and what it did."""

    number: int
    text: str
    did: str


class Why:
    """Short sentences about a run, or about one of its records: what explains most comes first.

    `causes` are the findings as data; there are none if nothing is wrong. `sentences` says them, `facts` what is known
    besides, and `rows` what each line of the pipeline did.

    Example: print(lab.why(run))
    """

    def __init__(self, subject: str, causes: Sequence[Cause], facts: str, title: str, rows: Sequence[Row]) -> None:
        self.subject, self.causes, self.facts = subject, tuple(causes), facts
        self.rows = [row._replace(text=_shortened(row.text)) for row in rows]
        self._title = title

    @property
    def sentences(self) -> list[str]:
        """What there is to say, what explains most first. Example: lab.why(run).sentences"""
        return [*map(sentence, self.causes)] or [RIGHT]

    def __str__(self) -> str:
        width = max((len(each.text) for each in self.rows), default=0)
        rows = [f"  {each.number:>4}  {each.text:{width}}  {each.did}" for each in self.rows]
        parts = [self.subject, *self.sentences, self.facts, *([self._title, *rows] if rows else [])]
        return "\n".join(filter(None, parts))

    __repr__ = __str__

    def html(self) -> str:
        """The same as HTML, in which all text is escaped. Example: lab.why(run).html()"""
        first, *others = map(marked_up, self.sentences)
        items = "".join(f"<li>{each}</li>" for each in others)
        rows = "".join(
            f"<tr>{_cell(str(each.number))}{_cell(f'<code>{escape(each.text)}</code>')}{_cell(escape(each.did))}</tr>"
            for each in self.rows
        )
        parts = [
            f"{escape(self.subject)}<br><b>{first}</b>",
            f"<ul style='margin:0'>{items}</ul>" if items else "",
            escape(self.facts),
            f"{escape(self._title)}<table>{rows}</table>" if rows else "",
        ]
        return "".join(f"<div style='margin:6px 0'>{each}</div>" for each in parts if each)

    _repr_html_ = html


def _cell(content: str) -> str:
    return f"<td style='text-align:left;padding:2px 16px 2px 0'>{content}</td>"


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
