"""Classes to be graded: what their notebooks say, and what comes of it."""

from pathlib import Path
from typing import Any

import nbformat
import psutil
from nbformat.v4 import new_code_cell, new_notebook

from labkit.grading import authoring, submissions
from labkit.grading.exercises import Exercises
from labkit.grading.grade import Grader, Plan, plan
from labkit.grading.runner.job import Limits

COLLECTION = authoring.of_the_package()
EXERCISES = [COLLECTION.folder.exercise(name) for name in ("damp-rooms", "dead-letters", "which-records")]
SECRET = b"the secret of this course"

Class = dict[str, tuple[list[str], dict[str, int], str]]  # student -> cells, points, status

START = "from labkit import Lab\nlab = Lab()"
RECORDS = 'lab.check("which-records", ["C", "D"])'


def solution(name: str, answer: str = "answer") -> str:
    return COLLECTION.solution(name).read_text() + f'\nlab.check("{name}", {answer})'


DAMP, DEAD_LETTERS = solution("damp-rooms"), solution("dead-letters")


def write(path: Path, sources: list[str], **metadata: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = [new_code_cell(each) for each in sources]
    nbformat.write(new_notebook(cells=cells, metadata=metadata), path)


def hand_in(folder: Path, everybody: Class) -> Plan:
    for student, (sources, _, _) in everybody.items():
        write(folder / student / "02_filter_exercises.ipynb", sources)
    return plan(submissions.read(folder), EXERCISES)


def grader(kept: Path, limits: Limits) -> Grader:
    return Grader(Exercises((COLLECTION,)), SECRET, kept, limits)


def graded(folder: Path, out: Path, limits: Limits, jobs: int = 2) -> list[dict[str, Any]]:
    """The reports of a class; nothing else is left of its sandboxes."""
    reports = grader(out, limits).grade(plan(submissions.read(folder), EXERCISES).tasks, jobs)
    assert left_over() == []
    return reports


def points(report: dict[str, Any]) -> dict[str, int]:
    return {each["name"]: each["points"] for each in report["exercises"]}


def found(reports: list[dict[str, Any]]) -> dict[str, tuple[dict[str, int], str]]:
    return {each["student"]: (points(each), each["status"]) for each in reports}


def promised(everybody: Class) -> dict[str, tuple[dict[str, int], str]]:
    return {student: (marks, status) for student, (_, marks, status) in everybody.items()}


def left_over() -> list[str]:
    """The sandboxes that are still there."""
    return [each.name() for each in psutil.Process().children(recursive=True) if "bwrap" in each.name()]
