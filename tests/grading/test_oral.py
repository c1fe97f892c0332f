"""Which reading or number an oral check is about."""

import ast
import base64
import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from labkit.exercises.answer_types import Pipeline
from labkit.exercises.records import Sent
from labkit.grading import constants, marking, oral
from labkit.grading.exercises import Exercises
from labkit.grading.grade import Grader, Task
from labkit.grading.runner.job import Limits
from labkit.grading.sandbox import Outcome, Wrong
from tests.grading.classes import COLLECTION, DAMP, DEAD_LETTERS, RECORDS, SECRET, START, grader, hand_in
from tests.grading.reports import task

PIPELINES = [each for each in COLLECTION.folder.exercises() if isinstance(each.answer_type, Pipeline)]


@pytest.mark.parametrize("exercise", PIPELINES, ids=lambda each: each.name)
def test_one_reading_is_changed_and_it_matters(exercise: oral.Exercise) -> None:
    sent = exercise.sent("a seed")
    for seed in range(3):
        change = oral.changed(COLLECTION, exercise, sent, random.Random(seed))
        n, old, missing = change.number, sent[change.number], len(sent) - len(change.sent)
        assert change.sent[:n] == sent[:n]
        assert change.sent[n + 1 - missing :] == sent[n + 1 :]
        if missing:
            assert change.after == "it is missing"
        else:
            new = change.sent[n]
            assert len({name for name in old.fields if old.fields[name] != new.fields[name]}) == 1
            assert (old.key, old.timestamp, old.part) == (new.key, new.timestamp, new.part)
        assert COLLECTION.expected(exercise, change.sent) != COLLECTION.expected(exercise, sent)
        assert change.before != change.after


def test_each_student_can_be_asked_about_all_notebooks_with_a_pipeline() -> None:
    short = [each for each in COLLECTION.folder.exercises() if each.name == "which-records"]
    question = oral.Task(task("cleo", code=RECORDS).submission, tuple(short))
    everything = [task("anna", "1.ipynb", code=DAMP), task("anna", "2.ipynb", code=DAMP), question, task("ben")]
    found = oral.tasks(everything)
    assert {first.student: [each.submission.file for each in found[first]] for first in found} == {
        "anna": ["1.ipynb", "2.ipynb"], "ben": ["02.ipynb"],
    }  # fmt: skip


class Stub(Grader):
    """Out of the notebooks that say so, something comes; none is run."""

    def run(self, task: Task, sent: Mapping[str, Sequence[Sent]], wrong: Wrong = lambda _: {}) -> Outcome:  # noqa: ARG002
        value = base64.b64encode(json.dumps({"readings": len(sent["damp-rooms"])}).encode()).decode()
        records = {
            exercise.topic("out"): [{"key": None, "time": 0, "value": value, "headers": {}}]
            for exercise in task.exercises
            if "works" in task.sources[0]
        }
        return Outcome(status="ok", records=records)


def asked_about(tmp_path: Path, working: str) -> set[str]:
    """The notebooks that twenty students are asked about."""
    found = set()
    for number in range(20):
        files = ("week1.ipynb", "week2.ipynb", "week3.ipynb")
        term = [task(f"student {number}", file, code="works" if file[4] in working else "") for file in files]
        page = oral.sheet(Stub(Exercises((COLLECTION,)), SECRET, tmp_path), term, "Anna")
        found |= {file for file in files if f"<small>{file}</small>" in page}
    return found


def test_of_a_term_any_notebook_out_of_which_something_came_may_be_asked_about(tmp_path: Path) -> None:
    assert asked_about(tmp_path, "123") == {"week1.ipynb", "week2.ipynb", "week3.ipynb"}
    assert asked_about(tmp_path, "2") == {"week2.ipynb"}
    assert asked_about(tmp_path, "") == {"week1.ipynb", "week2.ipynb", "week3.ipynb"}


@pytest.mark.usefixtures("sandboxes")
def test_what_has_been_answered_is_asked_about(tmp_path: Path) -> None:
    students = [f"student {number}" for number in range(20)]
    luck = {
        each: random.Random(marking.seed(SECRET, each, "oral")).choice(("damp-rooms", "other")) for each in students
    }
    student = next(each for each in students if luck[each] == "damp-rooms")
    made = hand_in(tmp_path / "class", {student: ([START, 'lab.check("damp-rooms", None)', DEAD_LETTERS], {}, "ok")})
    (page,) = grader(tmp_path / "out", Limits()).each(
        lambda task: oral.sheet(grader(tmp_path, Limits()), [task], "Anna"), made.tasks, 1
    )
    assert "dead-letters" in page
    assert "Nothing came out" not in page


CODE = """
LIMIT = 303.0
def answer(readings, grace=2_000):
    é = "é", readings[0], readings[-1], readings[:3]; hot = readings[readings["kelvin"] > 0x12F]
    return hot.tumbling_window(1e4, grace).reduce(lambda old, new: old + 1, initializer=lambda _: -5)
"""


@pytest.mark.parametrize("seed", range(5))
def test_each_number_in_a_function_is_changed_and_nothing_else(seed: int) -> None:
    found = [*constants.changed(CODE, random.Random(seed))]
    assert sorted(each.line for each in found) == [3, 4, 5, 5, 5]
    for each in found:
        old, new = (ast.dump(ast.parse(source)) for source in (CODE, each.source))
        assert len(new.split("Constant(")) == len(old.split("Constant("))
        assert sum(a != b for a, b in zip(old.split("Constant("), new.split("Constant("), strict=True)) == 1
        lines = zip(CODE.split("\n"), each.source.split("\n"), strict=True)
        assert [(number, a.strip(), b.strip()) for number, (a, b) in enumerate(lines, 1) if a != b] == [
            (each.line, each.before, each.after)
        ]


@pytest.mark.parametrize("source", ["%matplotlib inline", "def f(:", "1 / 0", "x = '\f'\r1\n", "(" * 5000, "\0", ""])
def test_what_is_no_python_has_no_numbers(source: str) -> None:
    assert [*constants.changed(source, random.Random(0))] == []


@pytest.mark.parametrize("number", [0, 1, -3, 5.25, 303.0, 5000, -86_400_000])
def test_another_number_has_the_same_sign(number: float) -> None:
    for seed in range(20):
        changed = constants.another(number, random.Random(seed))
        assert changed != number
        assert changed != 0
        assert changed * number >= 0
