"""The files of a learning management system: who is in the course, and where the marks go.

Only its own exports have the ids that it imports: they are filled in and otherwise left as they are.
"""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from labkit.errors import LabError
from labkit.grading.course import Course

CANVAS_OWN = ("Student", "ID", "SIS User ID", "SIS Login ID", "Integration ID", "Root Account", "Section")
POINTS_POSSIBLE = "Points Possible"


@dataclass(frozen=True)
class Sheet:
    """A table of an LMS. `marks` is the column for marks, `most` the most points, by row."""

    name: str
    heads: list[str]
    rows: list[list[str]]
    ids: list[str]  # by row; empty where there is no student
    names: list[str]
    marks: int
    most: list[float | None]

    @property
    def roster(self) -> dict[str, str]:
        """The students' names by id."""
        return {number: name for number, name in zip(self.ids, self.names, strict=True) if number}

    def filled(self, shares: Mapping[str, tuple[float, float]]) -> list[list[str]]:
        """The table with marks; `shares` has the score of each id, and out of what. Other marks are left alone."""
        rows = [self.heads, *(row.copy() for row in self.rows)]
        for row, number, most in zip(rows[1:], self.ids, self.most, strict=True):
            if number in shares:
                score, out_of = shares[number]
                row[self.marks] = f"{score * most / out_of if most and out_of else score:.2f}"
        return rows


def sheets(course: Course) -> list[Sheet]:
    """The files that the course names. Raises LabError if one is not what the LMS exports."""
    found = [canvas(course.canvas, course.canvas_column)] if course.canvas else []
    return [*found, *([moodle(course.moodle)] if course.moodle else [])]


def canvas(file: Path, column: str) -> Sheet:
    """A Canvas gradebook export: below its heads there is a row with the points possible."""
    heads, rows = _table(file, ("Student", "ID"))
    works = [each for each in heads if each not in CANVAS_OWN and re.search(r" \(\d+\)$", each)]
    chosen = column or (works[0] if len(works) == 1 else "")
    if chosen not in heads:
        known = ", ".join(repr(each) for each in works)
        raise LabError(f"{file}: say in the course file which column takes the marks: column = one of {known}.")
    place = heads.index(chosen)
    names, ids = ([row[heads.index(name)].strip() for row in rows] for name in ("Student", "ID"))
    possible = [_number(row[place]) for row, name in zip(rows, names, strict=True) if name == POINTS_POSSIBLE]
    return Sheet("canvas.csv", heads, rows, ids, names, place, [*possible[:1], None][:1] * len(rows))


def moodle(file: Path) -> Sheet:
    """A grading worksheet of a Moodle assignment: it identifies students as `Participant 4711`."""
    heads, rows = _table(file, ("Identifier", "Grade"))
    ids = [re.sub(r"\D", "", row[heads.index("Identifier")]) for row in rows]
    names = [row[heads.index("Full name")] if "Full name" in heads else "" for row in rows]  # blind marking has none
    maximum = next((place for place, name in enumerate(heads) if name.casefold() == "maximum grade"), None)
    most = [None if maximum is None else _number(row[maximum]) for row in rows]
    return Sheet("moodle.csv", heads, rows, ids, names, heads.index("Grade"), most)


def _table(file: Path, needed: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            heads, *rows = list(csv.reader(text)) or [[]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise LabError(f"{file} cannot be read: {error}") from None
    if missing := [each for each in needed if each not in heads]:
        raise LabError(f"{file} has no column {missing[0]!r}: export it from the LMS once more.")
    return heads, [row + [""] * (len(heads) - len(row)) for row in rows if row]


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None
