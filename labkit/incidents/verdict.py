"""The verdict on an incident: cause, evidence and repair, each by itself."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Literal, NamedTuple

State = Literal["holds", "falls short", "open"]
MARKS: dict[State, str] = {"holds": "✓ holds", "falls short": "✗ falls short", "open": "– not judged"}


class Part(NamedTuple):
    """One of the three parts, and what there is to say about it."""

    name: str
    state: State
    words: str = ""


class Verdict:
    """What `incident.verdict()` found: `parts` are cause, evidence and repair; `passed` is true if all three hold.

    Example: incident.verdict().passed
    """

    def __init__(self, title: str, *parts: Part) -> None:
        self.title, self.parts = title, parts

    @property
    def passed(self) -> bool:
        return all(each.state == "holds" for each in self.parts)

    @property
    def held(self) -> tuple[str, ...]:
        """The names of the parts that hold. Example: incident.verdict().held"""
        return tuple(each.name for each in self.parts if each.state == "holds")

    @property
    def headline(self) -> str:
        """The result in one line. Example: incident.verdict().headline"""
        if all(each.state == "open" for each in self.parts):
            return f"○ not reported yet: {self.title}"
        if self.passed:
            return f"✓ solved: {self.title}"
        return f"✗ {len(self.held)} of {len(self.parts)} parts hold: {self.title}"

    def __repr__(self) -> str:
        return "\n".join([self.headline, in_words(self.parts)])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr>{_cell(MARKS[each.state])}{_cell(each.name)}{_cell(each.words)}</tr>" for each in self.parts
        )
        return f"<div style='margin:6px 0'><b>{escape(self.headline)}</b><table>{rows}</table></div>"


def in_words(parts: Iterable[Part]) -> str:
    """Returns a line for each part."""
    return "\n".join(f"  {MARKS[each.state]:13}  {each.name:8}  {each.words}".rstrip() for each in parts)


def _cell(text: str) -> str:
    return f"<td style='text-align:left;padding:2px 16px 2px 0'>{escape(text)}</td>"
