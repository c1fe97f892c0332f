"""Several pipelines on the same records, side by side: what comes out of one and not another, and where they part."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.stepping import page, words
from labkit.stepping.outcomes import Outcome
from labkit.stepping.steps import Step, Steps, written_to

if TYPE_CHECKING:
    import pandas as pd


SHOWN = 20  # numbers of records
FAILED = "it has failed before"


class Sides(tuple[Step | None, ...]):
    """A record in each pipeline, None in one that has failed before. Printed, it says so in words, with ≠ before each
    line that did something else than those of another.
    """

    names: Sequence[str]  # of the pipelines

    def __new__(cls, steps: Iterable[Step | None], names: Sequence[str]) -> Sides:
        made = super().__new__(cls, steps)
        made.names = names
        return made

    @functools.cached_property
    def apart(self) -> list[list[Outcome]]:
        """What lines of each pipeline did that those of another did not. Example: steps[7].apart"""
        did = [each.outcomes if each else None for each in self]
        return [_alone(own or [], [each for each in did if each is not own and each is not None]) for own in did]

    @property
    def parts(self) -> str:
        """Where they part, in words: the first such line of each. Example: steps[7].parts"""
        firsts = [f"{name} {_told(its[0])}" for name, its in zip(self.names, self.apart, strict=True) if its]
        return f"They part: {' | '.join(firsts)}" if firsts else ""

    def __str__(self) -> str:
        pairs = zip(self, self.apart, strict=True)
        told = [step.told({each.line for each in its}) if step else FAILED for step, its in pairs]
        named = [f"{name}: {text}" for name, text in zip(self.names, told, strict=True)]
        return "\n\n".join(filter(None, [*named, self.parts]))

    __repr__ = __str__


class Comparison:
    """Pipelines that were given the same records one by one: `steps[7]` says what each did with one.

    `sides` are the steps of each, `differs` the numbers of the records for which not the same came out of all, and
    `parts` of those with which not all lines did the same.

    Example: steps = lab.step(strict, patient, reads="sensor")
    """

    def __init__(self, sides: Sequence[Steps]) -> None:
        self.sides = tuple(sides)
        names = [each.name for each in sides]
        self._all = [Sides(each, names) for each in itertools.zip_longest(*sides)]
        self.differs = [number for number in range(len(self)) if len({*self.came_out(number)}) > 1]
        self.parts = [number for number, each in enumerate(self) if each.parts]

    def came_out(self, number: int) -> list[str]:
        """What came out of each pipeline for a record, in words. Example: steps.came_out(7)"""
        return [_came_out(each) for each in self[number]]

    def table(self) -> pd.DataFrame:
        """The tables of all, one below the other, with the name of the pipeline. Example: steps.table()"""
        import pandas as pd

        return pd.concat([each.table().assign(pipeline=each.name) for each in self.sides], ignore_index=True)

    def save(self, path: str | PathLike[str]) -> Path:
        """Write a page in which one steps through both, without a kernel and without a network.

        Example: steps.save("both.html")
        """
        return written_to(path, page.of_both(self))

    def framed(self, at: int = 0) -> str:
        """The same page as HTML for a notebook, open at a record. Example: steps.framed(at=7)"""
        return page.frame(self.title, page.of_both(self, at))

    def summary(self) -> str:
        """What went in and came out of each, and where they differ. Example: steps.summary()"""
        differs = f"what comes out differs at {self._listed(self.differs)}" if self.differs else "the same comes out"
        parts = [f"their lines part at {self._listed(self.parts)}"] if self.parts else []
        return "; ".join([*(each.summary() for each in self.sides), differs, *parts])

    def _listed(self, numbers: Sequence[int]) -> str:
        shown = ", ".join(map(str, numbers[:SHOWN])) + ", …" * (len(numbers) > SHOWN)
        return f"{len(numbers)} of {len(self)} records: {shown}"

    def _repr_html_(self) -> str:
        return self.framed()

    @property
    def title(self) -> str:
        """What the page is called."""
        return f"Step through {' and '.join(each.name for each in self.sides)}"

    def __len__(self) -> int:
        return len(self._all)

    def __getitem__(self, number: int) -> Sides:
        return self._all[number]

    def __iter__(self) -> Iterator[Sides]:
        return iter(self._all)

    def __repr__(self) -> str:
        return f"{self.summary()}\nprint(step[0]) shows the first of them, step.save('step.html') makes a page."


def _alone(own: Sequence[Outcome], others: Sequence[Sequence[Outcome]]) -> list[Outcome]:
    """Returns what one pipeline did that one of the others did not, or in another order."""
    kept = [_shared(own, each) for each in others]
    return [each for number, each in enumerate(own) if any(number not in found for found in kept)]


def _shared(own: Sequence[Outcome], other: Sequence[Outcome]) -> set[int]:
    """Returns the numbers of what another pipeline did, too: preferably in a line that reads the same."""
    alike = {(each.line.text, each.words) for each in own} & {(each.line.text, each.words) for each in other}

    def did(outcome: Outcome) -> tuple[str, ...]:
        text = [outcome.line.text] if (outcome.line.text, outcome.words) in alike else []
        told = () if outcome.kind == "left out" else outcome.words  # by whichever condition
        return (outcome.kind, *told, *text)

    matcher = SequenceMatcher(None, [*map(did, own)], [*map(did, other)], autojunk=False)
    return {number for first, _, length in matcher.get_matching_blocks() for number in range(first, first + length)}


def _told(outcome: Outcome) -> str:
    return f"in line {outcome.line.number}: {'; '.join(outcome.words)}"


def _came_out(step: Step | None) -> str:
    if step is None:
        return FAILED
    outs = [f"{words.key(each.key)}: {words.value(each.value)}" for each in step.came_out]
    return "; ".join(outs) or (f"it fails: {step.trouble.reason}" if step.trouble else "nothing")
