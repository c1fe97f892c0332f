"""The answer: short sentences, and the evidence."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import NamedTuple

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

    def _repr_html_(self) -> str:
        first, *others = map(html.escape, self.sentences)
        items = "".join(f"<li>{each}</li>" for each in others)
        left = "style='text-align:left'"
        rows = "".join(
            f"<tr><td>{each.number}</td><td {left}><code>{html.escape(each.text)}</code></td>"
            f"<td {left}>{html.escape(each.did)}</td></tr>"
            for each in self.rows
        )
        return (
            f"<div><p>{html.escape(self.subject)}<br><b>{first}</b></p>"
            + (f"<ul>{items}</ul>" if items else "")
            + (f"<p>{html.escape(self.facts)}</p>" if self.facts else "")
            + (f"<p>{html.escape(self._title)}</p><table>{rows}</table>" if rows else "")
            + "</div>"
        )


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
