"""Reports are kept, and read again as long as they still mean the same."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from labkit.exercises import handing_in
from labkit.exercises.verdict import Verdict
from labkit.grading import feedback, grade, sandbox
from labkit.grading.files import slug
from labkit.grading.runner import notebook
from labkit.grading.runner.job import Limits
from labkit.grading.sandbox import Outcome
from tests.grading.classes import COLLECTION, RECORDS, grader, hand_in

REPORT = {
    *("student", "file", "status", "seconds", "phases", "sandbox", "executed", "trouble", "versions", "exercises"),
}
EXERCISE = {
    *("name", "title", "student", "points", "out_of", "behaviours", "diagnosis", "evidence", "hints", "discussion"),
    *("state", "said", "step"),
}


def test_a_report_of_another_format_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "run", lambda *_: Outcome(begun=True))
    made = hand_in(tmp_path / "class", {"anna": ([RECORDS], {}, "ok")})
    graded = grader(tmp_path / "out", Limits())
    (report,) = graded.grade(made.tasks, 1)
    assert graded.known(made.tasks[0]) == report
    changed = "raise grade.FORMAT, and note the new keys here"
    assert (grade.FORMAT, {*report}, {*report["exercises"][0]}) == (5, REPORT, EXERCISE), changed
    monkeypatch.setattr(grade, "FORMAT", 6)
    assert graded.known(made.tasks[0]) is None


def test_only_a_check_itself_says_that_something_was_handed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    printed = "● handed in: which-records: Which records come out?"
    outcome = Outcome(begun=True, outputs={0: printed})
    monkeypatch.setattr(sandbox, "run", lambda *_: outcome)
    made = hand_in(tmp_path / "class", {name: ([RECORDS], {}, "ok") for name in ("anna", "ben")})
    (report,) = grader(tmp_path / "out", Limits()).grade(made.tasks[:1], 1)
    assert "The notebook did not get to the check." in feedback.lines(report["exercises"][0])

    exercise = COLLECTION.folder.exercise("which-records")
    first, last = (handing_in.output(Verdict(exercise, state)) for state in ("unanswered", "handed in"))
    cell = {
        "outputs": [{"output_type": "display_data", "data": each} for each in (first, {}, {handing_in.MIME: 1}, last)]
    }
    lines = [f"nonce {json.dumps({'message': 'verdict'} | each)}\n" for each, _ in notebook.verdicts(cell)]
    sandbox.receive(io.BytesIO("".join(lines).encode()), "nonce", Limits(), outcome)
    (report,) = grader(tmp_path / "out", Limits()).grade(made.tasks[1:], 1)
    (judged,) = report["exercises"]
    assert (judged["state"], judged["said"]) == ("handed in", Verdict(exercise, "handed in").headline)
    assert feedback.lines(judged) == ["✗ not right    Your answer"]


def test_whose_marks_change_is_kept_in_a_table_whatever_the_student_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "run", lambda *_: Outcome(begun=True))
    names = ["=1", "a;=1", "Öz"]
    made = hand_in(tmp_path / "class", {name: ([RECORDS], {}, "ok") for name in names})
    for number in (1, 2):
        graded = grader(tmp_path / "out", Limits())
        for report in graded.grade(made.tasks, 2):
            file = next((tmp_path / "out" / "kept").glob(f"{slug(report['student'])}-*.json"))
            changed = report | {"versions": {}, "exercises": [report["exercises"][0] | {"points": number}]}
            file.write_text(json.dumps(changed))
        again = grader(tmp_path / "out", Limits())
        again.grade(made.tasks, 2, anew=True)
        assert sorted(again.changes) == [(name, "which-records", number, 0) for name in sorted(names)]
    table = [*csv.reader(io.StringIO((tmp_path / "out" / "changes.csv").read_text("utf-8-sig"), newline=""))]
    shown = ("'=1", "a, =1", "Öz")
    assert sorted(table) == sorted([name, "which-records", number, "0"] for name in shown for number in "12")


def test_what_nobody_has_foreseen_costs_its_own_row_and_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = 'lab.check("which-records", "evil")'

    def run(cells: list[str], *_: Any) -> Outcome:
        if cells == [evil]:
            raise RecursionError("maximum recursion depth exceeded")
        return Outcome(begun=True)

    monkeypatch.setattr(sandbox, "run", run)
    made = hand_in(tmp_path / "class", {"anna": ([RECORDS], {}, "ok"), "eve": ([evil], {}, "ok")})
    failures: dict[str, str] = {}
    graded = grader(tmp_path / "out", Limits())
    reports = graded.grade(made.tasks, 2, lambda task, why: failures.update({task.student: why}))
    assert [each["student"] for each in reports] == ["anna"]
    assert failures == {"anna": "", "eve": "RecursionError: maximum recursion depth exceeded"}
    assert [graded.known(each) is None for each in made.tasks] == [False, True]


def test_a_damaged_report_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "run", lambda *_: Outcome(begun=True))
    made = hand_in(tmp_path / "class", {"anna": ([RECORDS], {}, "ok")})
    graded = grader(tmp_path / "out", Limits())
    graded.grade(made.tasks, 1)
    (file,) = (tmp_path / "out" / "kept").iterdir()
    file.write_text(file.read_text()[:100])
    assert graded.known(made.tasks[0]) is None
