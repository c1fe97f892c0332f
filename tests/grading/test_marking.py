"""Whatever comes out of a sandbox, marking neither raises, nor takes long, nor gives a point too many."""

import base64
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.exercises.behaviours import AtMost, Correct
from labkit.exercises.exercise import Exercise
from labkit.grading import authoring, marking, sandbox
from labkit.grading.grade import described
from labkit.grading.sandbox import Limits, Outcome
from labkit.stepping import words
from tests.exercises.sample import sampled

COLLECTION = authoring.of_the_package()
EXERCISES = COLLECTION.folder.exercises()

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


def said(topic: str, row: dict[str, Any]) -> dict[str, Any]:
    """A row as a line of the sandbox."""
    headers = {name.removeprefix("header."): text for name, text in row.items() if name.startswith("header.")}
    value = {name: each for name, each in row.items() if name not in ("key", "time") and not name.startswith("header.")}
    raw = value["value"].encode() if isinstance(value.get("value"), str) else json.dumps(value).encode()
    return {"topic": topic, "key": row["key"], "time": row["time"], "headers": headers, "value": base64.b64encode(raw)}


def right(exercise: Exercise) -> list[dict[str, Any]]:
    sent = exercise.sent("a seed")
    rows = COLLECTION.expected(exercise, sent)
    return [said(exercise.topic(name), each) for name, found in rows.items() for each in found]


def mark(exercise: Exercise, lines: list[dict[str, Any]]) -> marking.Mark:
    outcome = Outcome()
    for line in lines:
        outcome.records.setdefault(line["topic"], []).append(line)
    found = marking.mark(COLLECTION, exercise, exercise.sent("a seed"), outcome, Limits())
    assert "could not be judged" not in json.dumps(described(found))
    return found


@given(data=st.data(), exercise=st.sampled_from(EXERCISES))
def test_any_json_may_come_out(data: st.DataObject, exercise: Exercise) -> None:
    lines = [dict(each) for each in right(exercise)[:6]]
    for line in lines:
        value = json.loads(base64.b64decode(line["value"]))
        if data.draw(st.booleans()):
            value = value | data.draw(
                st.dictionaries(st.sampled_from([*value, "key", "time", "new"]), JSON, max_size=3)
            )
        line["value"] = base64.b64encode(json.dumps(data.draw(JSON | st.just(value))).encode())
        line |= data.draw(
            st.dictionaries(st.sampled_from(["key", "time", "headers", "value", "other"]), JSON, max_size=1)
        )
    assert 0 <= mark(exercise, lines).points <= exercise.points


def test_a_time_that_no_calendar_has_is_shown_as_it_is() -> None:
    assert [words.clock(each) for each in (61_001, -(10**15), 10**300)] == [
        "1970-01-01 00:01:01.001",
        f"{-(10**15)} ms",
        f"{10**300} ms",
    ]


def test_what_cannot_be_judged_earns_nothing_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marking, "judge", lambda *_: 1 / 0)
    found = marking.mark(COLLECTION, EXERCISES[0], EXERCISES[0].sent(1), Outcome(), Limits())
    assert (found.points, found.exercise.points) == (0, EXERCISES[0].points)
    assert found.judgement.diagnosis == ("The records could not be judged: ZeroDivisionError: division by zero",)


NESTED = ('{"answer": "x", "student": %s}', '{"device": %s, "timestamp": 0}', "%s", '{"a": %s}')


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda each: each.name)
def test_a_record_nested_a_thousand_deep_is_one_that_cannot_be_read(exercise: Exercise) -> None:
    deep = ("[" * 1015 + "]" * 1015, '{"":' * 1015 + "0" + "}" * 1015)
    values = [each % nested for each in NESTED for nested in deep]
    lines = [
        {"topic": exercise.topic(name), "key": None, "time": 0, "headers": {}, "value": base64.b64encode(each.encode())}
        for each in values
        for name in exercise.outputs
    ]
    for some in (lines, *([one] for one in lines)):
        assert mark(exercise, some).points <= exercise.points


@pytest.mark.parametrize("exercise", [each for each in EXERCISES if not each.question], ids=lambda each: each.name)
def test_what_every_student_has_earns_nothing_on_other_readings(exercise: Exercise) -> None:
    recorded = COLLECTION.folder.expected(exercise, exercise.sent("0"))
    for rows in (recorded, *(COLLECTION.expected(exercise, exercise.sent(seed)) for seed in range(1, 6))):
        lines = [said(exercise.topic(name), each) for name, found in rows.items() for each in found]
        assert mark(exercise, lines).points == 0


@pytest.mark.parametrize("exercise", [each for each in EXERCISES if not each.question], ids=lambda each: each.name)
def test_nothing_left_out_and_nothing_twice_is_no_merit_if_little_came(exercise: Exercise) -> None:
    assert mark(exercise, right(exercise)).points == exercise.points
    first = {line["topic"]: line for line in reversed(right(exercise))}
    held = [each.behaviour for each in mark(exercise, [*first.values()]).judgement.findings if each.holds]
    assert not [each for each in held if not isinstance(each, Correct) or isinstance(each, AtMost)]


@given(exercise=st.sampled_from(EXERCISES), junk=st.lists(JSON, max_size=5))
def test_lines_that_are_no_records_are_left_out(exercise: Exercise, junk: list[Any]) -> None:
    outcome = Outcome(records={exercise.topic("out"): junk})
    assert marking.mark(COLLECTION, exercise, exercise.sent("a seed"), outcome, Limits()).points == 0


def test_a_record_that_is_too_large_is_left_out() -> None:
    line = {"key": None, "time": 0, "headers": {}, "value": base64.b64encode(b" " * 99 + b"7")}
    assert len(marking.rows([line], False, Limits(record_size=100))) == 1
    assert marking.rows([line], False, Limits(record_size=99)) == []


def test_where_too_much_came_out_nobody_says_that_nothing_did() -> None:
    (exercise,) = (each for each in EXERCISES if each.name == "damp-rooms")
    outcome = Outcome()
    said = json.dumps({"message": "too much", "topic": exercise.topic("out")})
    sandbox.receive(io.BytesIO(f"nonce {said}\n".encode()), "nonce", Limits(), outcome)
    found = marking.mark(COLLECTION, exercise, exercise.sent(1), outcome, Limits())
    assert (found.points, found.judgement.evidence) == (0, ())
    assert found.judgement.diagnosis == (marking.TOO_MUCH,)


def test_readings_differ_by_student_exercise_and_secret() -> None:
    cases = [
        (b"secret", "anna", "one"),
        (b"secret", "ben", "one"),
        (b"secret", "anna", "two"),
        (b"other", "anna", "one"),
    ]
    assert len({marking.seed(*each) for each in cases}) == 4


@pytest.mark.parametrize(
    "exercise", [each for each in EXERCISES if each.answer_type.hides_evidence], ids=lambda each: each.name
)
def test_a_wrong_short_answer_is_marked_without_the_right_one(exercise: Exercise) -> None:
    (line,) = right(exercise)
    raw = base64.b64encode(b'{"answer": "0"}').decode()
    found = mark(exercise, [line | {"value": raw}])
    assert found.points < exercise.points
    assert json.loads(base64.b64decode(line["value"]))["answer"] not in json.dumps(described(found))
    assert found.judgement.evidence == ()


@sampled(EXERCISES)
def test_a_full_topic_is_marked_in_seconds(exercise: Exercise) -> None:
    """Half of its records are the same ones again and again, half are all different."""
    lines = right(exercise)
    many = (lines * 20_000)[: Limits().topic_size // 300]
    others = [line | {"time": number} for number, line in enumerate(many)]
    assert mark(exercise, [*many, *others]).points <= exercise.points
