"""The marks of a class as files: the gradebook, sheets of an LMS, answers in common, and feedback for each student."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from labkit.exercises.exercise import Exercise
from labkit.grading import feedback, files, handing_back, lms, overview, tables, times
from labkit.grading.copies import Copies
from labkit.grading.course import RUBRIC, Course
from labkit.grading.escaping import printable
from labkit.grading.files import slug
from labkit.grading.lms import Sheet
from labkit.grading.results import Result

NBGRADER = (
    "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email",
    "raw_score", "late_submission_penalty", "score", "max_score",
)  # fmt: skip


def write(
    out: Path, course: Course, exercises: Sequence[Exercise], found: Sequence[Result], sheets: Sequence[Sheet],
    copies: Sequence[Copies],
) -> list[Path]:  # fmt: skip
    """Writes everything into a folder; returns the files for the class."""
    pages = {result.student: printable(feedback.page(result)) for result in found}
    for result in found:
        name = slug(result.student)
        files.write(out / "feedback" / f"{name}.json", printable(json.dumps(feedback.results_json(result), indent=2)))
        files.write(out / "feedback" / f"{name}.html", pages[result.student])
    texts: dict[str, str | bytes] = {"gradebook.csv": tables.text(gradebook(course, exercises, found))}
    texts["class.html"] = printable(overview.page(found))
    if copies:
        rows = [(each.exercise, each.nodes, *each.students) for each in copies]
        texts["copies.csv"] = tables.text([("exercise", "length", "students"), *rows])
    marks = shares(found)
    comments = {each.person.id: feedback.comment(each) for each in found}
    texts |= {each.name: each.filled(marks, comments) for each in sheets}
    participants = {number for sheet in sheets if sheet.name == lms.MOODLE for number in sheet.roster}
    texts |= handing_back.zips([each for each in found if each.person.id in marks], pages, participants)
    return [files.write(out / name, text) for name, text in texts.items()]


def shares(found: Sequence[Result]) -> dict[str, tuple[float, float]]:
    """Returns the score and the maximum of each id that was graded, unless several students claim it."""
    ids = Counter(each.person.id for each in found)
    graded = (each for each in found if (each.reports or each.points) and ids[each.person.id] == 1)
    return {each.person.id: (each.score, each.out_of) for each in graded}


def gradebook(course: Course, exercises: Sequence[Exercise], found: Sequence[Result]) -> Iterator[list[Any]]:
    """Yields a header, and a row for each student: first the columns of nbgrader's export, then labkit's own: points of
    each exercise and criterion, and of each lesson less what being late costs.
    """
    names = [*(each.name for each in exercises), *(each.name for each in course.rubric)]
    lessons = list(dict.fromkeys(each.lesson for each in exercises))
    parts = [*lessons, *([RUBRIC] if course.rubric else [])]
    yield [*NBGRADER, "status", "seconds", *names, *parts, "remarks"]
    deadlines = [time for each in lessons if (time := course.due(each))]
    due = times.shown(max(deadlines), course.zone) if deadlines else ""
    for each in found:
        first, last = each.person.first_and_last
        marks = [round(number, 2) for number in (each.raw, each.penalty, each.score, each.out_of)]
        points = [round(each.points[name], 2) if name in each.points else "" for name in names]
        who = [each.person.id, last, first, each.person.email]
        yield [
            "exercises",
            due,
            each.handed_in,
            *who,
            *marks,
            each.status,
            round(each.seconds, 1),
            *points,
            *(round(each.of_lessons().get(part, 0), 2) for part in parts),
            " | ".join(each.remarks),
        ]
