"""What came out beside what was expected, row by row."""

import difflib
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from labkit.exercises.behaviours import same
from labkit.exercises.evidence import ROWS, Line
from labkit.exercises.formatting import NOTHING
from labkit.stepping import words


class Row(NamedTuple):
    """A record by its value, and by its key and its time (epoch milliseconds) if these are compared too."""

    value: Any
    key: str | None = None
    time: int | None = None

    def __str__(self) -> str:
        time = None if self.time is None else words.clock(self.time)
        return " ".join([*filter(None, [time, self.key]), words.value(self.value)])


class Pair(NamedTuple):
    """The numbers of an expected row and of the one that came out in its place; None if there is none."""

    expected: int | None
    got: int | None
    right: bool


def alike(got: Any, expected: Any) -> bool:
    """Whether two values are equal as JSON; rounding errors do not count."""
    if isinstance(got, Mapping) and isinstance(expected, Mapping):
        return got.keys() == expected.keys() and all(alike(got[name], expected[name]) for name in got)
    if isinstance(got, list | tuple) and isinstance(expected, list | tuple):
        return len(got) == len(expected) and all(map(alike, got, expected))
    return same(got, expected)


def difference(expected: Sequence[Row], got: Sequence[Row]) -> list[Pair]:
    """Returns the rows in order, those side by side that belong together; empty if all are right."""
    if len(expected) == len(got) and all(map(alike, got, expected)):
        return []
    ours, theirs = [*map(_rough, expected)], [*map(_rough, got)]
    return [*_paired(difflib.SequenceMatcher(None, ours, theirs, autojunk=False), expected, got)]


def _paired(matcher: "difflib.SequenceMatcher[str]", expected: Sequence[Row], got: Sequence[Row]) -> Iterator[Pair]:
    for _, first, end, came, until in matcher.get_opcodes():
        for one, other in itertools.zip_longest(range(first, end), range(came, until)):
            right = one is not None and other is not None and alike(got[other], expected[one])
            yield Pair(one, other, right)


def _rough(row: Row) -> str:
    """Returns a text that is the same for rows that may be alike."""
    return json.dumps(_rounded(row), sort_keys=True, default=repr)


def _rounded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _rounded(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [*map(_rounded, value)]
    return f"{value:.9g}" if isinstance(value, int | float) and not isinstance(value, bool) else value


def lines(
    pairs: Sequence[Pair], expected: Sequence[Row], got: Sequence[Row], went_in: Callable[[int], str]
) -> list[Line]:
    """Returns the first wrong rows, after the right one before them; `went_in` is of a row that came out."""
    first = next(number for number, each in enumerate(pairs) if not each.right)
    wrong = [each for each in pairs if not each.right]
    shown = [*pairs[max(first - 1, 0) : first], *wrong[:ROWS]]
    return [
        Line(
            ("" if each.got is None else went_in(each.got),),
            (NOTHING if each.expected is None else str(expected[each.expected]),),
            (NOTHING if each.got is None else str(got[each.got]),),
            not each.right,
        )
        for each in shown
    ]
