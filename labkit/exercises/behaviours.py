"""How an exercise judges an answer: each behaviour compares the output records with the expected ones."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from labkit.exercises.records import Row

Identity = tuple[Hashable, ...]


@dataclass
class Comparison:
    """The expected and the actual rows of one output, by their identity, which is their values in `columns`.

    `parts` says which parts of the input a row was made from.
    """

    columns: tuple[str, ...]
    expected: Mapping[Identity, Row]
    got: Mapping[Identity, Sequence[Row]]
    parts: Callable[[Identity], set[str]]

    @property
    def nothing_right(self) -> bool:
        return not any(each in self.got for each in self.expected) and bool(self.expected)

    @property
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
        return not comparison.nothing_right and not self.wrong(comparison)

    @property
    def fields(self) -> tuple[str, ...]:
        """The columns that it compares; empty if it compares none in particular."""
        return ()

    @abstractmethod
    def _wrong(self, comparison: Comparison, concerned: Iterable[Identity]) -> Iterable[Identity]: ...


@dataclass(frozen=True)
class Present(Behaviour):
    """Every expected record comes out, and no other."""

    def _wrong(self, comparison: Comparison, concerned: Iterable[Identity]) -> Iterable[Identity]:
        return (each for each in concerned if (each in comparison.expected) != (each in comparison.got))


@dataclass(frozen=True)
class Once(Behaviour):
    """No record comes out twice."""

    def _wrong(self, comparison: Comparison, concerned: Iterable[Identity]) -> Iterable[Identity]:
        return (each for each in concerned if len(comparison.got.get(each, ())) > 1)


@dataclass(frozen=True)
class Correct(Behaviour):
    """Some columns are right in every expected record that comes out, and there is at least one such record."""

    columns: tuple[str, ...] = field(default=(), kw_only=True)

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
        expected = comparison.expected[identity]
        return all(same(row.get(name), expected[name]) for row in comparison.got[identity] for name in self.columns)


@dataclass(frozen=True)
class Given(Correct):
    """Some columns hold text, of any content, in every expected record that comes out."""

    def _right(self, comparison: Comparison, identity: Identity) -> bool:
        values = [row.get(name) for row in comparison.got[identity] for name in self.columns]
        return all(isinstance(each, str) and each.strip() for each in values)


def same(got: object, expected: object) -> bool:
    """Whether two JSON values are equal. Where one is a float, rounding errors do not count."""
    if {type(got), type(expected)} in ({float}, {float, int}):
        return math.isclose(got, expected, rel_tol=1e-9, abs_tol=1e-6)  # type: ignore[arg-type]
    return type(got) is type(expected) and got == expected
