"""What an instructor judges by hand: criteria in the course file, and their points in a table beside the marks."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labkit.errors import LabError
from labkit.grading import notebooks
from labkit.grading.course import TEMPLATE, Criterion
from labkit.grading.roster import Person, called
from labkit.grading.tables import Table, as_number, harmless

FILE = "rubric.csv"
WHO, COMMENT = ("id", "name"), "comment"
PROJECT = "10_your_project_exercises.ipynb"  # where students read by what their projects are judged
HEAD, ROW = "| criterion |", re.compile(r"^\| (?!-)(.+?) \| (.+?) \|$", flags=re.MULTILINE)
POINTS = 5.0  # for each of its criteria, unless the instructor says otherwise


@dataclass(frozen=True)
class Judgement:
    """What a student was given by hand: points by criterion, and a comment for the feedback page."""

    points: Mapping[str, float] = field(default_factory=dict)
    comment: str = ""


def of_the_project(folder: Path) -> list[Criterion]:
    """Returns the criteria in the notebook for projects, which is in the folder of the lab's notebooks."""
    texts = (each.source for each in notebooks.cells((folder / PROJECT).read_bytes()))
    _, *found = ROW.findall(next(each for each in texts if HEAD in each))
    return [Criterion(name=name, text=text, points=POINTS) for name, text in found]


def course_file(folder: Path) -> str:
    """Returns a course file to fill in, with these criteria."""
    tables = [
        [
            "[[rubric]]",
            f"name = {json.dumps(each.name)}",
            f"text = {json.dumps(each.text)}",
            f"points = {each.points:g}",
        ]
        for each in of_the_project(folder)
    ]
    return TEMPLATE.replace("# RUBRIC\n", "".join(f"# {line}\n" for table in tables for line in table))


def read(file: Path, criteria: Sequence[Criterion], everybody: Mapping[str, Person]) -> dict[str, Judgement]:
    """Returns the judgements in a table, by student; none if there is no table yet. An empty cell is not judged yet.

    Raises LabError if a row is for nobody, or if a cell has no number or more points than there are.
    """
    if not file.exists():
        return {}
    table = Table(file, WHO[:1], "delete it, and `lab grade` writes it anew.")
    ids, comments = (map(_as_written, table.column(each)) for each in (WHO[0], COMMENT))
    columns = {each.name: (each.points, table.column(head(each))) for each in criteria}
    found = {}
    for row, (number, comment) in enumerate(zip(ids, comments, strict=True)):
        cells = {name: (most, cells[row]) for name, (most, cells) in columns.items()}
        points = {name: _points(file, number, name, *each) for name, each in cells.items() if each[1].strip()}
        if points or comment:
            found[_student(file, number, everybody)] = Judgement(points, comment)
    return found


def rows(
    criteria: Sequence[Criterion], judged: Mapping[str, Judgement], everybody: Mapping[str, Person]
) -> Iterator[list[Any]]:
    """Yields the table to be filled in: a header, and a row for each student with what has been given so far."""
    yield [*WHO, *map(head, criteria), COMMENT]
    for student, person in sorted(everybody.items(), key=lambda each: (each[1].name or each[0], each[0])):
        given = judged.get(student, Judgement())
        points = [f"{given.points[each.name]:g}" if each.name in given.points else "" for each in criteria]
        yield [person.id, person.name, *points, given.comment]


def head(criterion: Criterion) -> str:
    """Returns the header of a criterion's column."""
    return f"{criterion.name} (of {criterion.points:g})"


def _as_written(cell: str) -> str:
    """Returns a text without the quote that kept spreadsheets from taking it for a formula."""
    plain = cell.removeprefix("'")
    return plain.strip() if harmless(plain) == cell else cell.strip()


def _points(file: Path, number: str, name: str, most: float, cell: str) -> float:
    points = as_number(cell)
    if points is None or not 0 <= points <= most:
        raise LabError(f"{file}: {cell.strip()!r} for {number} in {name} must be a number from 0 to {most:g}.")
    return points


def _student(file: Path, number: str, everybody: Mapping[str, Person]) -> str:
    students = [student for student, person in everybody.items() if person.id == number]
    students = students or called(number, everybody)
    if len(students) != 1:
        raise LabError(f"{file}: {'several students are' if students else 'nobody is'} called {number!r}.")
    return students[0]
