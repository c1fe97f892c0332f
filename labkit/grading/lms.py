"""The files of a learning management system: who is in the course, and where the marks go.

An LMS imports only ids from its own exports, so these are filled in, and otherwise stay byte for byte.
"""

import datetime
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from labkit.errors import LabError
from labkit.grading import times
from labkit.grading.course import Course
from labkit.grading.roster import Person
from labkit.grading.tables import Table, as_number
from labkit.grading.times import Zone

CANVAS_OWN = ("Student", "ID", "SIS User ID", "SIS Login ID", "Integration ID", "Root Account", "Section")
MOODLE = "moodle.csv"
ROUNDED = re.compile(r"\d[.,]\d+E[+-]?\d+", re.IGNORECASE)
SAID = 3  # unreadable times that are shown as they are
COMMENTS = "Feedback comments"  # of Moodle
POINTS_POSSIBLE, TEST_STUDENT = "Points Possible", "Student, Test"  # no students


@dataclass(frozen=True)
class Sheet:
    """A table of an LMS. `people` has the student of each row, or None; `marks` is the column for marks, and `most` the
    maximum points, by row.
    """

    name: str
    table: Table
    people: list[Person | None]
    marks: int
    most: list[float | None]
    notes: tuple[str, ...] = ()  # what could not be read

    @property
    def roster(self) -> dict[str, Person]:
        """The students by id."""
        return {person.id: person for person in self.people if person}

    def filled(self, shares: Mapping[str, tuple[float, float]], comments: Mapping[str, str] | None = None) -> str:
        """Returns the table with marks, as CSV; `shares` has each id's score and maximum, and `comments` a comment for
        a cell that has none. All else stays, byte for byte.
        """
        place = self.table.heads.index(COMMENTS) if COMMENTS in self.table.heads else None
        new = {}
        for row, (person, most) in enumerate(zip(self.people, self.most, strict=True)):
            if person and person.id in shares:
                score, out_of = shares[person.id]
                new[row, self.marks] = f"{score * most / out_of if most and out_of else score:.2f}"
                comment = (comments or {}).get(person.id)
                if comment and place is not None and not self.table.rows[row][place]:
                    new[row, place] = comment
        return self.table.with_cells(new)


def sheets(course: Course) -> list[Sheet]:
    """Returns the files that the course names. Raises LabError if one is not what the LMS exports."""
    found = [canvas(course.canvas.export, course.canvas.column)] if course.canvas else []
    return [*found, *([moodle(course.moodle.worksheet, course.zone)] if course.moodle else [])]


def canvas(file: Path, column: str) -> Sheet:
    """Returns a Canvas gradebook export: below the header there is a row with the points possible."""
    table = _Export(file, ("Student", "ID"))
    works = [each for each in table.heads if each not in CANVAS_OWN and re.search(r" \(\d+\)$", each)]
    chosen = column or (works[0] if len(works) == 1 else "")
    if chosen not in table.heads:
        known = ", ".join(repr(each) for each in works)
        raise LabError(f"{file}: say in the course file which column takes the marks: column = one of {known}.")
    marks, names = table.column(chosen), [each.strip() for each in table.column("Student")]
    possible = [mark for mark, name in zip(marks, names, strict=True) if name == POINTS_POSSIBLE]
    logins = zip(table.column("SIS Login ID"), table.column("SIS User ID"), strict=True)
    people = [
        Person(number, name, logins=login) if number and name != TEST_STUDENT else None
        for number, name, login in zip(table.column("ID"), names, logins, strict=True)
    ]
    most = [*map(as_number, possible[:1]), None][:1] * len(table.rows)
    notes = [
        f"{file}: {each!r} points possible is not a number: points stay as they are." for each in _no_numbers(possible)
    ]
    return table.sheet("canvas.csv", people, chosen, most, tuple(notes))


def moodle(file: Path, zone: Zone = datetime.UTC) -> Sheet:
    """Returns a grading worksheet of a Moodle assignment: it identifies students as `Participant 4711`."""
    table = _Export(file, ("Identifier", "Grade"))
    ids = [re.sub(r"\D", "", each) for each in table.column("Identifier")]
    names = table.column("Full name")  # blind marking has none
    logins = zip(table.column("ID number"), table.column("Username"), strict=True)
    said = table.column("Last modified (submission)")
    read = [times.of_moodle(each, zone) for each in said]
    rows = zip(ids, names, table.column("Email address"), logins, read, strict=True)
    people = [Person(*each) if each[0] else None for each in rows]
    unread = [text for text, time in zip(said, read, strict=True) if time is None and text.strip(" -")]
    notes = [f"{file}: the time {each!r} cannot be read; that of the file counts." for each in unread[:SAID]]
    notes += [f"{file}: nor can {len(unread) - SAID} other times."] if len(unread) > SAID else []
    maxima = table.column("Maximum grade")
    notes += [
        f"{file}: the maximum grade {each!r} is not a number: points stay as they are." for each in _no_numbers(maxima)
    ]
    return table.sheet(MOODLE, people, "Grade", [*map(as_number, maxima)], tuple(notes))


def _no_numbers(cells: Sequence[str]) -> list[str]:
    return sorted({each for each in cells if each.strip(" -") and as_number(each) is None})


class _Export(Table):
    """A table as an LMS exports it."""

    def __init__(self, file: Path, needed: Sequence[str]) -> None:
        super().__init__(file, needed, "is it the right file, exported in English?")
        self.file = file

    def sheet(
        self,
        name: str,
        people: Sequence[Person | None],
        marks: str,
        most: list[float | None],
        notes: tuple[str, ...] = (),
    ) -> Sheet:
        """Returns the table as a sheet. Raises LabError if an id is spoiled, or stands for two students."""
        ids = {row: person.id for row, person in enumerate(people, 2) if person}
        for row, number in ids.items():
            if ROUNDED.fullmatch(number):
                raise LabError(
                    f"{self.file}, row {row}: {number} is no id. A spreadsheet has rounded it: export the file once "
                    "more, and do not save it in one."
                )
        if twice := [number for number, many in Counter(ids.values()).items() if many > 1]:
            rows = " and ".join(str(row) for row, number in ids.items() if number == twice[0])
            raise LabError(f"{self.file}: {twice[0]} is in the rows {rows}, and an id is one student's.")
        return Sheet(name, self, [*people], self.heads.index(marks), most, notes)
