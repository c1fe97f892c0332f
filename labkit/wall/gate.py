"""What is let through to be counted: records of the class, about the course, and not too many from anybody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from labkit.wall import records
from labkit.wall.given import TEACHER
from labkit.wall.records import Course, Record

SPAN = 10_000  # milliseconds
MOST = 30  # records from one student in so long: three notebooks at once send five
TELLS = 1_000  # milliseconds between two records of what was refused

Item = dict[str, Any]


@dataclass
class Seat:
    """How much a student has sent since a time (epoch ms)."""

    since: int = 0
    records: int = 0


@dataclass
class Gate:
    """Turns records into items: what each is about (`item`), who said it, and when Kafka got it.

    `labels` returns the label of each pseudonym of the class as it is now. What is refused is counted: `unknown` of
    nobody in the class, `unreadable` no record of this course, `too many`.
    """

    course: Course
    labels: Callable[[], Mapping[str, str]]
    refused: Counter[str] = field(default_factory=Counter)
    floods: Counter[str] = field(default_factory=Counter)
    _sent: dict[str, Seat] = field(default_factory=dict)
    _told: int = 0  # when what was refused was told last
    _untold: bool = False

    def items(self, raw: bytes | None, key: bytes | None, time: int, _: object = None) -> list[Item]:
        """Returns the items of a record: one if it is let through, and now and then a count of what was refused."""
        label = self.labels().get((key or b"").decode(errors="replace"))
        record = None
        if not (reason := self._refusal(label, time)):
            record = records.parsed(raw or b"", self.course)
            reason = "" if record and ("round" in record) == (label == TEACHER) else "unreadable"
        if reason:
            self._refuse(reason, label)
        return [*([_item(record, label, time)] if record and label and not reason else []), *self._news(time)]

    def _refusal(self, label: str | None, time: int) -> str:
        if not label:
            return "unknown"
        seat = self._sent.setdefault(label, Seat())
        if not seat.since <= time < seat.since + SPAN:
            seat.since, seat.records = time, 0
        seat.records += 1
        return "too many" if seat.records > MOST else ""

    def _refuse(self, reason: str, label: str | None) -> None:
        self.refused[reason] += 1
        self._untold = True
        if reason == "too many" and label:
            self.floods[label] += 1

    def _news(self, time: int) -> list[Item]:
        """Returns the count of what was refused, if it has changed and the last one is not too new."""
        if not self._untold or self._told <= time < self._told + TELLS:
            return []
        self._told, self._untold = time, False
        return [{"item": "refused", "refused": dict(self.refused), "floods": dict(self.floods), "time": time}]


def _item(record: Record, label: str, time: int) -> Item:
    """Returns what a record is about; signs of life and hands are items of their own for each student."""
    match record:
        case {"exercise": name}:
            item = f"exercise {name}"
        case {"question": name} | {"round": name}:
            item = f"question {name}"
        case {"hand": _}:
            item = f"hand {label}"
        case _:
            item = f"alive {label}"
    return {"item": item, "who": label, "time": time, **record}
