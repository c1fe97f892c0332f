"""What a pipeline computes and then does not use: a stream does not change by itself, as a table does."""

import ast
from collections.abc import Iterable, Iterator
from typing import Protocol

from quixstreams.core.stream import Stream

from labkit.runs.blame import Line
from labkit.runs.stateful import Use

WORDS = (
    "nothing uses what is computed {here}: a stream does not change by itself, so give the result a name and return "
    "it, as in readings = readings[condition] (02_filter)"
)


class Computed(Protocol):
    """A column that a `line` computes, and whether anything has used it since."""

    @property
    def line(self) -> Line | None: ...

    @property
    def is_used(self) -> bool: ...


class Results:
    """The columns that a pipeline's function computes, the steps that do something by themselves, such as printing, and
    how the state is used; all grow while the function runs.
    """

    def __init__(self) -> None:
        self.columns: list[Computed] = []
        self.effects: list[Stream] = []
        self.state = Use()

    def unused(self, steps: Iterable[Stream], end: Stream) -> Iterator[Line]:
        """Yield the first line of each branch that leads neither to the last step, `end`, nor to an effect; `steps`
        come after those that they follow.
        """
        used = {each for last in (end, *self.effects) for each in last.root_path()}
        for step in steps:
            line = getattr(step, "line", None)
            if line and step not in used and used.issuperset(step.parents):
                yield line
        yield from (each.line for each in self.columns if each.line and not each.is_used and _is_alone(each.line))


def _is_alone(line: Line) -> bool:
    """Whether a line only computes something, and gives it no name."""
    try:
        return isinstance(ast.parse(line.text).body[0], ast.Expr)
    except (SyntaxError, IndexError):  # it goes on in other lines
        return False
