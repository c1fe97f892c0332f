"""What a student has reported, held against the fault. The first two reports count: trying all causes does not pay."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from labkit.errors import LabError
from labkit.incidents.causes import CAUSES, EVIDENCE, named
from labkit.incidents.verdict import Part

COUNT = 2  # reports


class OneOf(tuple[str, ...]):
    """Values that are equally right as a piece of evidence."""

    __slots__ = ()


class Report(NamedTuple):
    """A cause, and the evidence for it."""

    cause: str
    evidence: Mapping[str, Any]


class Reports:
    """The reports on one incident."""

    def __init__(self) -> None:
        self._all: list[Report] = []

    def __len__(self) -> int:
        return len(self._all)

    def add(self, cause: str, evidence: Mapping[str, Any]) -> str:
        """Keep a report that counts, and return what became of it. Raises LabError if it is not complete."""
        cause = named(cause)
        wanted = CAUSES[cause].evidence
        if missing := [each for each in wanted if each not in evidence]:
            needed = "; ".join(f"{each}, {EVIDENCE[each]}" for each in missing)
            raise LabError(f"A report of {cause!r} needs evidence: {needed}.")
        if more := [each for each in evidence if each not in wanted]:
            raise LabError(f"A report of {cause!r} has no {', '.join(more)}: its evidence is {', '.join(wanted)}.")
        new = Report(cause, {each: canonical(evidence[each]) for each in wanted})
        if self._all and self._all[-1] == new:
            return "That is what you have reported already."
        if len(self._all) >= COUNT:
            return f"This one is too late: the first {COUNT} reports count."
        self._all.append(new)
        return f"Report {len(self._all)} of {COUNT}: {cause}"

    def judged(self, cause: str, evidence: Callable[[], Mapping[str, Any]]) -> tuple[Part, Part]:
        """Returns the parts cause and evidence. `evidence` returns the right one, if that is needed."""
        if not self._all:
            return Part("cause", "open", "no report yet: incident.report(...)"), Part("evidence", "open")
        newest, left = self._all[-1], COUNT - len(self._all)
        if newest.cause != cause:
            words = f"it is not {newest.cause!r}; " + (
                f"{left} report is left" if left else f"it was {cause!r}, and no report is left"
            )
            return Part("cause", "falls short", words), Part("evidence", "open")
        wrong = [name for name, right in evidence().items() if newest.evidence[name] not in _accepted(right)]
        found = Part("cause", "holds", newest.cause)
        if not wrong:
            return found, Part("evidence", "holds", _listed(f"{name} {each}" for name, each in newest.evidence.items()))
        words = f"not the right {_listed(wrong)}" + (f"; {left} report is left" if left else "")
        return found, Part("evidence", "falls short", words)


def _accepted(right: Any) -> list[str]:
    return [*map(canonical, right)] if isinstance(right, OneOf) else [canonical(right)]


def canonical(value: Any) -> str:
    """Returns a piece of evidence as text, however it is written: 2, 2.0 and "2" are equal, [0, 2] and {2, 0} too."""
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(sorted(map(canonical, value)))
    text = str(value.item() if hasattr(type(value), "item") else value).strip().lower()
    return text.removesuffix(".0")


def _listed(parts: Iterable[str]) -> str:
    return ", ".join(parts)
