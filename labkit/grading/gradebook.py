"""The marks of a class as files: the gradebook, sheets of an LMS, answers in common, and feedback for each student."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from labkit.exercises.exercise import Exercise
from labkit.grading import feedback, files
from labkit.grading.copies import Copies
from labkit.grading.course import Course
from labkit.grading.escaping import printable
from labkit.grading.files import slug
from labkit.grading.lms import Sheet
from labkit.grading.results import Result

FORMULA = ("=", "+", "-", "@", "\t", "\r")
NBGRADER = (
    "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email",
    "raw_score", "late_submission_penalty", "score", "max_score",
)  # fmt: skip


def write(
    out: Path, course: Course, exercises: Sequence[Exercise], found: Sequence[Result], sheets: Sequence[Sheet],
    copies: Sequence[Copies],
) -> list[Path]:  # fmt: skip
    """Writes everything into a folder; returns the files for the class."""
    for result in found:
        name = slug(result.student)
        files.write(out / "feedback" / f"{name}.json", printable(json.dumps(feedback.results_json(result), indent=2)))
        files.write(out / "feedback" / f"{name}.html", printable(feedback.page(result)))
    tables = {"gradebook.csv": _csv(map(_harmless, row) for row in gradebook(course, exercises, found))}
    shares = {each.person.id: (each.score, each.out_of) for each in found if each.reports or each.points}
    if copies:
        rows = [(each.exercise, each.nodes, *map(_harmless, each.students)) for each in copies]
        tables["copies.csv"] = _csv([("exercise", "length", "students"), *rows])
    texts = {name: printable(text) for name, text in tables.items()}
    texts |= {each.name: each.filled(shares) for each in sheets}  # which say nothing of a submission but marks
    return [files.write(out / name, text) for name, text in texts.items()]


def gradebook(course: Course, exercises: Sequence[Exercise], found: Sequence[Result]) -> Iterator[list[Any]]:
    """Yields a header, and a row for each student: first the columns of nbgrader's export, then labkit's own."""
    names = [each.name for each in exercises]
    yield [*NBGRADER, "status", "seconds", *names, "remarks"]
    due = feedback.time(course.deadline.timestamp()) if course.deadline else ""
    for each in found:
        time = feedback.time(each.submitted) if each.submitted else ""
        first, last = each.person.first_and_last
        marks = [round(number, 2) for number in (each.raw, each.penalty, each.score, each.out_of)]
        points = [round(each.points[name], 2) if name in each.points else "" for name in names]
        who = [each.person.id, last, first, each.person.email]
        yield [
            "exercises",
            due,
            time,
            *who,
            *marks,
            each.status,
            round(each.seconds, 1),
            *points,
            "; ".join(each.remarks),
        ]


def _harmless(value: Any) -> Any:
    """Keeps a spreadsheet from taking text for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _csv(rows: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
