"""Reports are kept, and read again as long as they still mean the same."""

from pathlib import Path

import pytest

from labkit.grading import grade, sandbox
from labkit.grading.runner.job import Limits
from labkit.grading.sandbox import Outcome
from tests.grading.classes import RECORDS, grader, hand_in

REPORT = {
    *("student", "file", "status", "seconds", "phases", "sandbox", "executed", "trouble", "versions", "exercises"),
}
EXERCISE = {
    *("name", "title", "student", "points", "out_of", "behaviours", "diagnosis", "evidence", "hints", "discussion"),
    "said",
}


def test_a_report_of_another_format_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "run", lambda *_: Outcome(begun=True))
    made = hand_in(tmp_path / "class", {"anna": ([RECORDS], {}, "ok")})
    graded = grader(tmp_path / "out", Limits())
    (report,) = graded.grade(made.tasks, 1)
    assert graded.known(made.tasks[0]) == report
    changed = "raise grade.FORMAT, and note the new keys here"
    assert (grade.FORMAT, {*report}, {*report["exercises"][0]}) == (2, REPORT, EXERCISE), changed
    monkeypatch.setattr(grade, "FORMAT", 3)
    assert graded.known(made.tasks[0]) is None
