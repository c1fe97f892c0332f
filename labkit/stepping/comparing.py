"""Several pipelines on the same records, side by side: what comes out of one and not of another."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.stepping import page, words
from labkit.stepping.steps import Step, Steps, written_to

if TYPE_CHECKING:
    import pandas as pd


class Sides(tuple[Step | None, ...]):
    """A record in each pipeline, None in one that has failed before. Printed, it says so in words."""

    __slots__ = ()

    def __str__(self) -> str:
        return "\n\n".join("it has failed before" if each is None else str(each) for each in self)

    __repr__ = __str__


class Comparison:
    """Pipelines that were given the same records one by one: `steps[7]` says what each did with one.

    `sides` are the steps of each, and `differs` the numbers of the records for which not the same came out of all.

    Example: steps = lab.step(strict, patient, reads="sensor")
    """

    def __init__(self, sides: Sequence[Steps]) -> None:
        self.sides = tuple(sides)
        self.differs = [number for number in range(len(self)) if len({*self.came_out(number)}) > 1]

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

    def summary(self) -> str:
        """What went in and came out of each, and where they differ. Example: steps.summary()"""
        shown = ", ".join(map(str, self.differs[:20])) + ", …" * (len(self.differs) > 20)
        where = f"what comes out differs at {len(self.differs)} of {len(self)} records: {shown}"
        return "; ".join([*(each.summary() for each in self.sides), where if self.differs else "the same comes out"])

    def _repr_html_(self) -> str:
        return page.frame(self.title, page.of_both(self))

    @property
    def title(self) -> str:
        """What the page is called."""
        return f"Step through {' and '.join(each.name for each in self.sides)}"

    def __len__(self) -> int:
        return max(len(each) for each in self.sides)

    def __getitem__(self, number: int) -> Sides:
        found = range(len(self))[number]
        return Sides(each[found] if found < len(each) else None for each in self.sides)

    def __repr__(self) -> str:
        return f"{self.summary()}\nprint(step[0]) shows the first of them, step.save('step.html') makes a page."


def _came_out(step: Step | None) -> str:
    if step is None:
        return "it has failed before"
    outs = [f"{words.key(each.key)}: {words.value(each.value)}" for each in step.came_out]
    return "; ".join(outs) or (f"it fails: {step.trouble.reason}" if step.trouble else "nothing")
