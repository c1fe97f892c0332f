"""How an exercise judges an answer: each behaviour compares the output records with the expected ones."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from labkit.exercises.records import Row

Identity = tuple[Hashable, ...]


@dataclass
class Comparison:
    """The expected and the actual rows of one output, by their identity: their values in `columns`, and which of the
    rows with these values it is.

    `parts` says which parts of the input a row was made from. `repeats_cost` says for which rows a repetition counts as
    a record that is not expected: for those by which no `Once` is judged. `main` is the comparison of the first output,
    for the others.
    """

    columns: tuple[str, ...]
    expected: Mapping[Identity, Row]
    got: Mapping[Identity, Sequence[Row]]
    parts: Callable[[Identity], set[str]]
    repeats_cost: Callable[[Identity], bool] = lambda _: True
    main: "Comparison | None" = None

    @cached_property
    def nothing_right(self) -> bool:
        return not any(each in self.got for each in self.expected) and bool(self.expected)

    @cached_property
    def most_came(self) -> bool:
        """Whether at least half of the expected rows have come out, here and in the first output."""
        came = sum(each in self.got for each in self.expected)
        return 2 * came >= len(self.expected) and (self.main is None or self.main.most_came)

    @cached_property
    def identities(self) -> list[Identity]:
        """All identities, in order of time."""
        return sorted({**self.expected, **self.got}, key=self._time)

    def _time(self, identity: Identity) -> int:
        time: int = (self.expected.get(identity) or self.got[identity][0])["time"]
        return time


@dataclass(frozen=True)
class Behaviour(ABC):
    """Something that the answer must do. If `part` is given, only that part of the input counts.

    No behaviour holds for an answer without a single expected output record.
    """

    description: str
    part: str = field(default="", kw_only=True)
    output: str = field(default="out", kw_only=True)
    points: int = field(default=1, kw_only=True)

    def concerned(self, comparison: Comparison) -> list[Identity]:
        """Returns the rows by which this behaviour is judged."""
        return [each for each in comparison.identities if not self.part or self.part in comparison.parts(each)]

    def wrong(self, comparison: Comparison) -> list[Identity]:
        """Returns the rows that violate this behaviour; empty if it holds."""
        concerned = self.concerned(comparison)
        return concerned if comparison.nothing_right else list(self._wrong(comparison, concerned))

    def holds(self, comparison: Comparison) -> bool:
        return self.can_be_judged(comparison) and not self.wrong(comparison)

    def can_be_judged(self, comparison: Comparison) -> bool:
        """Whether the records that came out say whether it holds."""
        return not comparison.nothing_right

    @property
    def fields(self) -> tuple[str, ...]:
        """The columns that it compares; empty if it compares none in particular."""
        return ()

    def doubtful(self, comparison: Comparison) -> tuple[str, ...]:  # noqa: ARG002
        """Returns the columns that may be wrong."""
        return self.fields

    @abstractmethod
    def _wrong(self, comparison: Comparison, concerned: Iterable[Identity]) -> Iterable[Identity]: ...


@dataclass(frozen=True)
class Present(Behaviour):
    """Every expected record comes out, and no other."""

    def can_be_judged(self, comparison: Comparison) -> bool:
        """That nothing superfluous came out shows nothing, unless most of what must come out has."""
        is_promise = any(each in comparison.expected for each in self.concerned(comparison))
        return is_promise or comparison.most_came or bool(self.wrong(comparison))

    def _wrong(self, comparison: Comparison, concerned: Iterable[Identity]) -> Iterable[Identity]:
        for each in concerned:
            came = len(comparison.got.get(each, ()))
            if bool(came) != (each in comparison.expected) or (came > 1 and comparison.repeats_cost(each)):
                yield each


@dataclass(frozen=True)
class Once(Behaviour):
    """No record comes out twice."""

    def can_be_judged(self, comparison: Comparison) -> bool:
        """That no record came twice shows nothing, unless most of what must come out has."""
        return super().can_be_judged(comparison) and (comparison.most_came or bool(self.wrong(comparison)))

    def _wrong(self, comparison: Comparison, concerned: Iterable[Identity]) -> Iterable[Identity]:
        return (each for each in concerned if len(comparison.got.get(each, ())) > 1)


@dataclass(frozen=True)
class ExactlyOnce(Once):
    """Every expected record comes out, and none twice."""

    def _wrong(self, comparison: Comparison, concerned: Iterable[Identity]) -> Iterable[Identity]:
        return (each for each in concerned if len(comparison.got.get(each, ())) != (each in comparison.expected))


@dataclass(frozen=True)
class Correct(Behaviour):
    """Some columns are right in every expected record that comes out, and there is at least one such record. If they
    are `optional`, a record may lack them.
    """

    columns: tuple[str, ...] = field(default=(), kw_only=True)
    optional: bool = field(default=False, kw_only=True)

    @property
    def fields(self) -> tuple[str, ...]:
        return self.columns

    def holds(self, comparison: Comparison) -> bool:
        judged = [each for each in self.concerned(comparison) if each in comparison.expected]
        return super().holds(comparison) and any(each in comparison.got for each in judged)

    def _wrong(self, comparison: Comparison, concerned: Iterable[Identity]) -> Iterable[Identity]:
        judged = [each for each in concerned if each in comparison.expected]
        found = [each for each in judged if each in comparison.got]
        return (each for each in found if not self._right(comparison, each)) if found else judged

    def _right(self, comparison: Comparison, identity: Identity) -> bool:
        return all(self._is_right(row, comparison.expected[identity]) for row in comparison.got[identity])

    def _is_right(self, row: Row, expected: Row) -> bool:
        names = [name for name in self.columns if name in row or not self.optional]
        return all(same(row.get(name), expected[name]) for name in names)


@dataclass(frozen=True)
class Unchanged(Correct):
    """Every expected record that comes out has the expected columns and no others, apart from those in `but`."""

    but: tuple[str, ...] = field(default=(), kw_only=True)

    def doubtful(self, comparison: Comparison) -> tuple[str, ...]:
        wrong = [each for each in self.wrong(comparison) if each in comparison.got]
        pairs = [(row, comparison.expected[each]) for each in wrong for row in comparison.got[each]]
        return tuple(dict.fromkeys(name for pair in pairs for name in self._differences(*pair)))

    def _is_right(self, row: Row, expected: Row) -> bool:
        return not self._differences(row, expected)

    def _differences(self, row: Row, expected: Row) -> list[str]:
        """Returns the columns that are missing, superfluous or wrong in a row."""
        names = [name for name in {**expected, **row} if name not in self.but]
        return [name for name in names if not (name in row and name in expected and same(row[name], expected[name]))]


@dataclass(frozen=True)
class Given(Correct):
    """Some columns hold text, of any content, in every expected record that comes out."""

    def _is_right(self, row: Row, expected: Row) -> bool:  # noqa: ARG002
        values = [row.get(name) for name in self.columns]
        return all(isinstance(each, str) and each.strip() for each in values)


@dataclass(frozen=True)
class AtMost(Correct):
    """Some columns hold numbers that are no larger than the expected ones, in every expected record that comes out."""

    def can_be_judged(self, comparison: Comparison) -> bool:
        """That little was needed shows nothing, unless most of what must come out has."""
        return super().can_be_judged(comparison) and comparison.most_came

    def _is_right(self, row: Row, expected: Row) -> bool:
        return all(isinstance(row.get(name), int | float) and row[name] <= expected[name] for name in self.columns)


def same(got: object, expected: object) -> bool:
    """Whether two JSON values are equal. Where one is a float, rounding errors do not count."""
    if {type(got), type(expected)} in ({float}, {float, int}):
        return math.isclose(got, expected, rel_tol=1e-13, abs_tol=1e-9)  # type: ignore[arg-type]
    return type(got) is type(expected) and got == expected
