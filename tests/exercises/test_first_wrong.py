"""A wrong answer, stepped through: what the steps write is what was judged, and they open at the first wrong record."""

import base64
import html
import re
import zlib
from collections.abc import Callable
from typing import Any

import ipywidgets
import orjson
import pytest

from labkit import Lab
from labkit.exercises import answer_types, catalogue, display, first_wrong, handing_in
from labkit.exercises.exercise import Exercise
from labkit.exercises.verdict import Verdict
from labkit.kafka import tap
from tests.exercises.test_check import solution_of
from tests.topics import topics_of

STEPPED = [
    each
    for each in catalogue.Folder(catalogue.COLLECTION).exercises()
    if isinstance(each.answer_type, answer_types.Pipeline) and each.answer_type.can_be_stepped
]
SAMPLE = 1  # wrong answers of each exercise; the others take minutes
CASES = [
    pytest.param(exercise, wrong, id=f"{exercise.name} {wrong.__name__}", marks=[pytest.mark.soak] * (n >= SAMPLE))
    for exercise in STEPPED
    for n, (wrong, _) in enumerate(catalogue.module(solution_of(exercise.name)).WRONG)
]


def place(record: tap.Record) -> tuple[str | None, int, bytes]:
    return record.key, record.timestamp, record.value


def shown(frame: str) -> dict[str, Any]:
    """The data of the page in a frame."""
    packed = re.search(r"atob\(&quot;([^&]*)&quot;\)", frame)
    assert packed
    document = zlib.decompress(base64.b64decode(html.unescape(packed[1]))).decode()
    found: dict[str, Any] = orjson.loads(document.partition('type="application/json">')[2].partition("</script>")[0])
    return found


@pytest.mark.parametrize(("exercise", "wrong"), CASES)
def test_the_steps_of_a_wrong_answer_write_what_was_judged(
    lab: Lab, exercise: Exercise, wrong: Callable[..., Any]
) -> None:
    verdict = lab.check(exercise.name, wrong)
    if not verdict.steps:
        assert verdict.attempt.trouble, "only what cannot be built, or never ends, has no steps"
        return
    steps = verdict.steps()
    if verdict.attempt.trouble:
        assert steps.trouble
        assert (steps.trouble.line, steps.failed_at) == (verdict.attempt.trouble.line, len(steps) - 1)
        return
    held = {}
    for output in exercise.outputs:
        topic = exercise.topic(output)
        wrote = [each for step in steps for each in step.written if each.topic == topic]
        held[output] = [*map(place, tap.everything(topics_of(lab), topic, raw=True))]
        written = [(each.key and each.key.decode(), each.timestamp, each.value) for each in wrote]
        assert sorted(written, key=repr) == sorted(held[output], key=repr)
    found = shown(first_wrong.page(verdict, steps))
    (first, *_) = [each for each in verdict.judgement.evidence if each.wrong]
    assert found["expected"] == [*first.expected]
    wrong_row = verdict.judgement.first_wrong
    assert wrong_row
    opened = steps[found["at"]]
    here = [(each.key and each.key.decode(), each.timestamp) for each in opened.written]
    came_out = (wrong_row.row["key"], wrong_row.row["time"])
    if came_out in [each[:2] for each in held[wrong_row.output]]:
        assert came_out in here
    elif wrong_row.source:
        assert opened.record.value == wrong_row.source.raw


def button(verdict: Verdict, monkeypatch: pytest.MonkeyPatch) -> ipywidgets.Widget | None:
    """The box of a verdict's button in a notebook; None if it has none."""
    boxes: list[ipywidgets.VBox] = []
    monkeypatch.setattr(display.Snapshot, "show", lambda self: boxes.append(self._widget))
    display.show(verdict)
    children = boxes[0].children
    numbers = [n for n, each in enumerate(children) if getattr(each, "description", "") == "Step through"]
    return children[numbers[0] : numbers[0] + 2] if numbers else None


def test_a_button_opens_the_steps_below_the_verdict(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    solutions = catalogue.module(solution_of("damp-rooms"))
    verdict = lab.check("damp-rooms", solutions.from_60_on)
    found = button(verdict, monkeypatch)
    assert found
    press, frame = found
    assert frame.value == ""
    press.click()
    page = shown(frame.value)
    assert page["title"] == "Step through from_60_on"
    assert [each["lines"][0] for each in page["blocks"]] == ["def from_60_on(readings):"]
    assert page["expected"] == ["nothing"]
    wrong = verdict.judgement.first_wrong
    assert wrong
    assert wrong.source
    assert page["at"] > 0
    assert page["records"][page["at"]]["time"] == wrong.source.timestamp == wrong.row["time"]
    assert press.disabled
    assert button(lab.check("damp-rooms", solutions.answer), monkeypatch) is None


def test_what_cannot_be_shown_has_no_button(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("which-windows", "after-restart", "keyed-readings"):
        wrong = catalogue.module(solution_of(name)).WRONG[0][0]
        assert lab.check(name, wrong).steps is None, name
    wrong = catalogue.module(solution_of("damp-rooms")).wrong_sign
    monkeypatch.setenv("LAB_GRADED", "1")
    shown: list[object] = []
    monkeypatch.setattr(display, "display", lambda output, **_: shown.append(output))
    display.hand_in(lab.check("damp-rooms", wrong))
    (output,) = shown
    assert {*output} == {"text/plain", handing_in.MIME, handing_in.ANSWER}, "nothing that JupyterLab draws"


def test_an_answer_that_fails_opens_at_its_record(lab: Lab) -> None:
    def fails(readings):
        return readings.apply(lambda each: 1 / 0 if each["humidity"] > 60 else each)

    verdict = lab.check("damp-rooms", fails)
    assert verdict.attempt.record
    assert verdict.steps
    steps = verdict.steps()
    page = shown(first_wrong.page(verdict, steps))
    assert page["at"] == steps.failed_at
    assert page["records"][page["at"]]["time"] == verdict.attempt.record.timestamp
