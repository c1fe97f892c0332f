"""The step behind a mark: only what is wrong is stepped through, in its own sandbox, and may say anything."""

import io
import sys
from pathlib import Path

import pytest

from labkit.exercises import handing_in
from labkit.grading import sandbox
from labkit.grading.runner import notebook, stepping
from labkit.grading.runner.job import Limits
from labkit.grading.runner.messages import Channel
from labkit.grading.sandbox import Outcome
from tests.grading.classes import COLLECTION, DAMP, DEAD_LETTERS, START, graded, solution, write
from tests.grading.users import User

EXERCISE = COLLECTION.folder.exercise("damp-rooms")
VERDICT = {"exercise": "damp-rooms", "state": "handed in", "headline": "handed in"}
WRONG = solution("damp-rooms", "from_60_on")
FIELD = "import threading\nlock = threading.Lock()\n" + WRONG.replace(
    "def from_60_on(readings):", "def from_60_on(readings):\n    lock"
)
SHOWN = 'return readings[readings["humidity"] >= 60]'


def steps_and_phases(folder: Path) -> dict[str, tuple[dict[str, str], bool]]:
    """Of each student the steps that are told, and whether anything was stepped through."""
    for student, cells in {"anna": [DAMP, DEAD_LETTERS], "ben": [WRONG, DEAD_LETTERS], "eve": [FIELD]}.items():
        write(folder / "class" / student / "02_filter_exercises.ipynb", [START, *cells])
    return {
        each["student"]: ({mark["name"]: mark["step"] for mark in each["exercises"]}, "steps" in each["phases"])
        for each in graded(folder / "class", folder / "out", Limits())
    }


@pytest.mark.slow
def test_only_what_is_wrong_is_stepped_through(user: User) -> None:
    told = user.call(steps_and_phases, user.folder)
    assert told["anna"] == ({"damp-rooms": "", "dead-letters": ""}, False)
    assert told["eve"] == ({"damp-rooms": ""}, True), "what uses a lock cannot be sent to another process"
    steps, was_stepped = told["ben"]
    assert was_stepped
    assert steps["dead-letters"] == ""
    assert SHOWN in steps["damp-rooms"], "the line of the cell"
    assert "humidity 60" in steps["damp-rooms"], "the record that lies on the limit"


def test_the_last_check_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    data = [{handing_in.MIME: VERDICT, handing_in.ANSWER: each} for each in ("Zmlyc3Q=", "bGFzdA==")]
    cell = {"outputs": [{"output_type": "display_data", "data": each} for each in data]}
    monkeypatch.setattr(stepping, "_said", lambda _, answers: b'["x", "%s"]' % answers["damp-rooms"])
    assert told({said["exercise"]: answer for said, answer in notebook.verdicts(cell)}) == {"x": "last"}


def told(answers: dict[str, bytes]) -> dict[str, str]:
    """What the grader learns of these answers."""
    out, outcome = io.StringIO(), Outcome()
    stepping.tell({"damp-rooms": []}, answers, Channel("nonce", out))
    sandbox.receive(io.BytesIO(out.getvalue().encode()), "nonce", Limits(), outcome)
    return outcome.steps


@pytest.mark.parametrize("evil", [None, 1, [], {}, "no base64", "x", "é", "A" * 10**7], ids=lambda each: str(each)[:9])
def test_what_is_no_answer_is_not_stepped_through(evil: object) -> None:
    assert told({"damp-rooms": handing_in.answer({handing_in.ANSWER: evil})}) == {}


@pytest.mark.parametrize(
    ("says", "found"),
    [
        ("print('[\"damp-rooms\", \"' + 'x' * 50_000 + '\"]')", {"damp-rooms": "x" * stepping.LONGEST}),
        ("print('x' * 10**7)", {}),
        ("print('[' * 10**5)", {}),
        ("sys.stdout.buffer.write(b'\\xff\\n[1, 2]\\n{}\\n[\"a\"]\\n[\"damp-rooms\", \"\"]')", {"damp-rooms": ""}),
        ("os.kill(os.getpid(), 9)", {}),
        ("time.sleep(600)", {}),
    ],
)  # fmt: skip
def test_whatever_an_answer_says_it_is_cut_off_and_nobody_is_stopped(
    says: str, found: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stepping, "COMMAND", (sys.executable, "-c", f"import os, sys, time; {says}"))
    monkeypatch.setattr(stepping, "LIMIT", 2.0)
    assert told({"damp-rooms": b"an answer"}) == found
