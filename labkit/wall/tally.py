"""What the wall knows at one moment, from the newest record of each item; plain Python, without Kafka."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from labkit.wall import slips
from labkit.wall.course import Exercise, Question

PRESENT = 60_000  # milliseconds since a sign of life for which a student counts as there
HELPED = 600_000  # milliseconds after the last sign of life in which a hand stays up
ELSEWHERE = "another notebook"


@dataclass(frozen=True)
class Shortfall:
    """A behaviour that falls short, for so many students."""

    behaviour: str
    students: int


@dataclass(frozen=True)
class Tried:
    """An exercise, how many have tried and passed it, what fails, and the commonest slip with how many make it."""

    name: str
    title: str
    tried: int
    passed: int
    fails: tuple[Shortfall, ...]
    slip: str
    slipped: int
    time: int


@dataclass(frozen=True)
class Bar:
    """An answer, and how many have given it in each round."""

    says: str
    students: tuple[int, ...]


@dataclass(frozen=True)
class Asked:
    """A question, and its answers; `totals` has how many have answered in each round."""

    name: str
    title: str
    bars: tuple[Bar, ...]
    totals: tuple[int, ...]
    time: int


@dataclass(frozen=True)
class Tally:
    """`there` has how many are in each notebook; `hands` where a hand is up and since when, the first one first;
    `refused` how many records were left out, and `floods` whose.
    """

    there: tuple[tuple[str, int], ...] = ()
    exercises: tuple[Tried, ...] = ()
    questions: tuple[Asked, ...] = ()
    hands: tuple[tuple[str, int], ...] = ()
    refused: tuple[tuple[str, int], ...] = ()
    floods: tuple[tuple[str, int], ...] = ()

    @property
    def students(self) -> int:
        return sum(many for _, many in self.there)

    @property
    def is_empty(self) -> bool:
        return not (self.there or self.exercises or self.questions or self.hands)


@dataclass
class Table:
    """The newest record of each item. `exercises` and `questions` are those of the course, in order."""

    exercises: Mapping[str, Exercise]
    questions: Mapping[str, Question]
    _items: dict[str, dict[str, Any]] = field(default_factory=dict)
    _raised: dict[str, int] = field(default_factory=dict)

    def take(self, item: dict[str, Any]) -> None:
        """Take a record of the counts."""
        kind, _, name = item["item"].partition(" ")
        if kind == "hand" and item["hand"]:
            self._raised.setdefault(name, item["time"])
        elif kind == "hand":
            self._raised.pop(name, None)
        self._items[item["item"]] = item

    def tally(self, now: int) -> Tally:
        """Returns everything as it is at a time (epoch ms)."""
        seen = {name: each for kind, name, each in self._of("alive")}
        there = Counter(each["alive"] or ELSEWHERE for each in seen.values() if now < each["time"] + PRESENT)
        refused = self._items.get("refused", {})
        return Tally(
            tuple(sorted(there.items())),
            tuple(each for name in self.exercises if (each := self._tried(name))),
            tuple(asked for name in self.questions if (asked := self._asked(name))),
            tuple(self._hands(seen, now)),
            tuple(sorted(refused.get("refused", {}).items())),
            tuple(sorted(refused.get("floods", {}).items(), key=lambda each: -each[1])),
        )

    def _of(self, kind: str) -> list[tuple[str, str, dict[str, Any]]]:
        parted = ((*item.partition(" ")[::2], each) for item, each in self._items.items())
        return [each for each in parted if each[0] == kind]

    def _tried(self, name: str) -> Tried | None:
        if not (found := self._items.get(f"exercise {name}")):
            return None
        title, behaviours = self.exercises[name]
        fails = [Shortfall(behaviours[n], many) for n, many in found["fails"] if n < len(behaviours)]
        slip, slipped = (found["slips"] or [["", 0]])[0]
        counts = found["tried"], found["passed"]
        return Tried(name, title, *counts, tuple(fails), slips.words_of(slip), slipped, found["time"])

    def _asked(self, name: str) -> Asked | None:
        if not (found := self._items.get(f"question {name}")):
            return None
        title, choices = self.questions[name]
        rounds = [dict(each) for each in found["rounds"]]
        says = choices or {said: f"{said:g}" for said in sorted({said for each in rounds for said in each})}
        bars = tuple(Bar(words, tuple(each.get(said, 0) for each in rounds)) for said, words in says.items())
        return Asked(name, title, bars, tuple(sum(each.values()) for each in rounds), found["time"])

    def _hands(self, seen: Mapping[str, Mapping[str, Any]], now: int) -> Sequence[tuple[str, int]]:
        """Returns the seat, or else the label, of each raised hand whose notebook has not long been closed."""
        found = []
        for name, since in sorted(self._raised.items(), key=lambda each: each[1]):
            last = max(since, seen.get(name, {}).get("time", 0))
            if now < last + HELPED:
                found.append((self._items[f"hand {name}"]["seat"] or name, since))
        return found
