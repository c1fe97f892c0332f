"""The steps behind a mark, as the sandbox tells them: what is in them may come from anybody."""

import io
import itertools
import json
from typing import Any

import pytest

from labkit.exercises import handing_in
from labkit.grading import sandbox
from labkit.grading.grade import _step
from labkit.grading.marking import mark
from labkit.grading.runner import notebook
from labkit.grading.runner.job import Limits
from labkit.grading.sandbox import Outcome
from tests.grading.classes import COLLECTION

EXERCISE = COLLECTION.folder.exercise("damp-rooms")
SENT = EXERCISE.sent("a seed")
VERDICT = {"exercise": "damp-rooms", "state": "handed in", "headline": "handed in"}


def told(*checks: object) -> Outcome:
    """What the grader learns from a cell with checks that tell these steps."""
    data = [{handing_in.MIME: VERDICT, handing_in.STEPS: each} for each in checks]
    cell = {"outputs": [{"output_type": "display_data", "data": each} for each in data]}
    outcome = Outcome()
    messages = [
        each
        for verdict, steps in notebook.verdicts(cell)
        for each in (
            {"message": "verdict", **verdict},
            *({"message": "step", "exercise": "damp-rooms", **s} for s in steps),
        )
    ]
    lines = "".join(f"nonce {json.dumps(each)}\n" for each in messages)
    sandbox.receive(io.BytesIO(lines.encode()), "nonce", Limits(), outcome)
    return outcome


def step(number: int, **more: Any) -> dict[str, Any]:
    record = SENT[number]
    return {"text": f"step {number}", "places": [[EXERCISE.topic("in"), record.key, record.timestamp]]} | more


def shown(outcome: Outcome) -> str:
    """The step of the first wrong record, where nothing has come out at all."""
    return _step(mark(COLLECTION, EXERCISE, SENT, outcome, Limits()), outcome)


def test_the_step_is_that_of_the_first_wrong_record() -> None:
    found = shown(told([step(number) for number in range(len(SENT))]))
    expected = {(row["key"], row["time"]) for row in COLLECTION.expected(EXERCISE, SENT)["out"]}
    first = next(number for number, each in enumerate(SENT) if (each.key, each.timestamp) in expected)
    assert found == f"step {first}"


def test_the_last_check_counts() -> None:
    every = range(len(SENT))
    outcome = told([step(n) for n in every], [step(n, text=f"again {n}") for n in every])
    assert len(outcome.steps["damp-rooms"]) == len(SENT)
    assert shown(outcome).startswith("again")


DEEP: Any = json.loads("[" * 500 + "]" * 500)


@pytest.mark.parametrize(
    "evil",
    [
        None, "x", 1, {}, [], [None], ["x"], [[]], DEEP, [{}], [{"text": 1}], [{"text": DEEP}], [{"places": DEEP}],
        [{"places": [DEEP]}], [{"places": [["t", "k"]]}], [{"places": [[1, 2, 3]]}], [{"places": [["t", {}, 1]]}],
        [{"text": "x" * 10**6, "places": [["t", None, 1]] * 10**4}] * 10**3,
    ],
    ids=itertools.count(),  # as text the deep one takes a second
)  # fmt: skip
def test_whatever_a_step_says_it_is_cut_off_and_nobody_is_stopped(evil: object) -> None:
    outcome = told(evil)
    steps = outcome.steps["damp-rooms"]
    assert len(steps) <= handing_in.MOST_STEPS
    assert all(len(each.text) <= handing_in.LONGEST_STEP for each in steps)
    assert shown(outcome) == ""
    assert shown(told([*(evil if isinstance(evil, list) else []), step(0)][-2:])) in ("", "step 0")
