"""The verdict on an answer, as text; `display` shows it in a notebook."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from labkit.exercises import formatting
from labkit.exercises.attempt import Attempt
from labkit.exercises.evidence import Line
from labkit.exercises.exercise import Exercise
from labkit.exercises.judging import Finding, Judgement

if TYPE_CHECKING:
    from labkit.stepping import Steps

HOLDS, FAILED, OPEN = "✓ holds", "✗ falls short", "– not judged"
PRINTS_SHOWN = 8  # lines
ONE_FAULT = (
    "This program does what the exercise asks but for one fault. Copy it into a cell, run it, and find the fault."
)
OTHER_READINGS = "In a course, the grader uses other readings: what is right here only by chance fails there."

State = Literal["unanswered", "rejected", "judged", "handed in"]


@dataclass
class Verdict:
    """What `lab.check` found. `points` of `out_of` are earned by the behaviours that hold; `passed` is true if all do,
    and nothing went wrong on the way.

    Example: lab.check("damp-rooms", damp_rooms).passed
    """

    exercise: Exercise
    state: State
    remarks: Sequence[str] = ()
    attempt: Attempt = field(default_factory=Attempt)
    judgement: Judgement = field(default_factory=Judgement)
    checked: str = ""
    show: Callable[[Verdict], object] | None = None
    steps: Callable[[], Steps] | None = None  # steps through the answer
    packed: bytes = b""  # the answer, for the grader to step through elsewhere
    smaller_step: str = ""  # a program with one fault to find, once it is offered

    @property
    def passed(self) -> bool:
        return self.state == "judged" and not self.attempt.trouble and all(each.holds for each in self.findings)

    @property
    def points(self) -> int:
        return sum(each.points for each in self.findings)

    @property
    def out_of(self) -> int:
        return self.exercise.points

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.judgement.findings

    @property
    def shown(self) -> tuple[Finding, ...]:
        """The findings that add to the headline: none for a short answer, or if nothing could come out."""
        unknown = self.exercise.answer_type.hides_evidence or (self.attempt.trouble and not self.judgement.evidence)
        return () if unknown and not self.passed else self.findings

    @property
    def headline(self) -> str:
        """The result in one line."""
        name = f"{self.exercise.name}: {self.exercise.title}"
        if self.state == "unanswered":
            return f"○ not answered yet: {name}"
        if self.state == "rejected":
            return f"✗ cannot be checked: {name}"
        if self.state == "handed in":
            return f"● handed in: {name}"
        held = sum(each.holds for each in self.findings)
        if self.passed:
            return f"✓ all checks passed: {name} ({self.points} of {self.out_of} points)"
        many = f"{held} of {len(self.findings)} behaviours hold" if len(self.findings) > 1 else "not right yet"
        return f"✗ {many}: {name} ({self.points} of {self.out_of} points)"

    @property
    def trouble(self) -> list[str]:
        """What went wrong while the answer ran, with the line and record concerned."""
        found, record = self.attempt.trouble, self.attempt.record
        lines = [found.reason] if found else []
        lines += [f"In your code, {found.line}"] if found and found.line else []
        return lines + ([f"The record it met: {formatting.input_record(record)}"] if record else [])

    @property
    def prints(self) -> list[str]:
        """The last lines that the answer printed."""
        lines = [*self.attempt.prints][-PRINTS_SHOWN:]
        more = self.attempt.printed - len(lines)
        return ([f"… {more:,} lines above"] if more > 0 else []) + lines

    @property
    def first_failed(self) -> Finding | None:
        """The behaviour that the evidence is about."""
        return self.judgement.first_failed

    @property
    def closing(self) -> list[str]:
        """What to do next, or, after passing, what else to think of."""
        if self.passed:
            return [self.exercise.discussion, *([] if self.exercise.answer_type.hides_evidence else [OTHER_READINGS])]
        if self.state in ("judged", "rejected") and self.exercise.hints:
            smaller = [f'For a smaller step: lab.smaller_step("{self.exercise.name}")'] if self.smaller_step else []
            return [f'For a hint: lab.hint("{self.exercise.name}")', *smaller]
        return []

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _ipython_display_(self) -> None:
        self.show_once()

    def show_once(self) -> None:
        """Displays it below the current cell, unless that has been done."""
        if self.show:
            show, self.show = self.show, None
            show(self)

    def _lines(self) -> Iterator[str]:
        """Yields the verdict as text: all that the notebook shows, for screen readers and scripts."""
        yield self.headline
        yield from (f"  {each}" for each in (self.checked, *self.remarks, *self.trouble) if each)
        yield from (f"  {mark(each):13}  {each.behaviour.description}" for each in self.shown)
        if self.judgement.evidence and self.first_failed:
            yield f"The first that falls short: {self.first_failed.behaviour.description}"
            yield from (f"  {each}" for each in self.judgement.diagnosis)
            yield from table(self.judgement.evidence)
        if self.prints:
            yield "Printed:"
            yield from (f"  {each}" for each in self.prints)
        yield from self.closing


def mark(finding: Finding) -> str:
    """Whether a behaviour holds, in words."""
    return HOLDS if finding.holds else FAILED if finding.judged else OPEN


def table(evidence: Sequence[Line]) -> Iterator[str]:
    """Yields what went in, what was expected and what came out as the lines of a table."""
    heads = (("",), ("went in",), ("expected",), ("came out",))
    rows = [heads, *((("→ wrong" if e.wrong else "",), e.sent, e.expected, e.got) for e in evidence)]
    widths = [max(len(text) for row in rows for text in row[column]) for column in range(4)]
    for row in rows:
        for cells in itertools.zip_longest(*row, fillvalue=""):
            yield "  " + "  ".join(f"{text:{width}}" for text, width in zip(cells, widths, strict=True)).rstrip()
