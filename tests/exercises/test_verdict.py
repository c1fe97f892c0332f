"""What a verdict shows and names for a wrong answer: the records that explain it, first things first."""

import json
import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from quixstreams.dataframe.windows import Count, Min

from labkit import Lab
from labkit.exercises import catalogue
from labkit.exercises.answer_types import REMEMBERED
from labkit.exercises.behaviours import AtMost
from labkit.exercises.judging import Finding, judge
from labkit.exercises.records import RECORDED, Row
from labkit.exercises.verdict import Verdict
from labkit.grading import authoring
from tests.exercises.test_check import solution_of

COLLECTION = authoring.of_the_package()


def solutions(exercise: str) -> ModuleType:
    return catalogue.module(solution_of(exercise))


def numbers(verdict: Verdict) -> list[int]:
    """The input records in the evidence, without those that only came before."""
    shown = [text for line in verdict.judgement.evidence for text in line.sent if text.startswith("#")]
    return [int(text[1:].split()[0]) for text in shown]


def counting(**options: int) -> Callable[[Any], Any]:
    return lambda readings: readings.tumbling_window(duration_ms=10_000, **options).agg(count=Count()).final()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (counting(), "No late reading is counted: is there a grace, and is it in milliseconds?"),
        (counting(grace_ms=4), "No late reading is counted: is there a grace, and is it in milliseconds?"),
        (counting(grace_ms=2000), "The grace is too short: what comes 3 s after the end of a window is not counted."),
        (counting(grace_ms=6000), "The grace is too long: what comes 4 s after the end of a window is still counted."),
    ],
)
def test_a_wrong_grace_is_named_and_each_reading_that_it_costs(
    lab: Lab, answer: Callable[[Any], Any], said: str
) -> None:
    verdict = lab.check("out-of-order", answer)
    assert any(line.startswith(said) for line in verdict.judgement.diagnosis)
    for line in verdict.judgement.evidence:
        expected, got = (int(text.split()[-1]) for (text,) in (line.expected, line.got))
        named = [text for text in line.sent if re.search(r"counted: it came [1-6] s after the end", text)]
        assert len(named) == abs(expected - got)
        assert all(("not counted" in text) == (got < expected) for text in named)


def test_a_grace_that_nobody_asked_for_is_named(lab: Lab) -> None:
    def coldest(readings: Any) -> Any:
        return readings.hopping_window(7000, 2000, grace_ms=2000).agg(minimum=Min("temperature")).final()

    verdict = lab.check("coldest", coldest)
    devices = sorted({str(each.key) for each in catalogue.find("coldest")[1].sent(catalogue.RECORDED)})
    assert f"Only the last windows of {' and '.join(devices)} are missing" in repr(verdict)
    assert "is there a grace that the exercise does not ask for?" in repr(verdict)
    assert verdict.judgement.evidence[0].wrong, "right windows before it would fill the screen"


def test_where_only_one_device_has_no_last_window_nobody_asks_for_a_grace(lab: Lab) -> None:
    text = repr(lab.check("heartbeat", solutions("heartbeat").filtered_first))
    assert re.search(r"Only the last windows of \S+ are missing, as if they were still open\.\n", text)


def test_a_missing_header_is_named(lab: Lab) -> None:
    assert "There is no header 'reason'." in repr(lab.check("dead-letters", solutions("dead-letters").no_reason))


def test_a_run_that_failed_is_not_explained_by_its_windows(lab: Lab) -> None:
    def coldest(readings: Any) -> Any:
        def stops(window: Any) -> Any:
            return window if window["start"] % 60_000 < 10_000 else 1 / 0

        return solutions("coldest").answer(readings).apply(stops)

    text = repr(lab.check("coldest", coldest))
    assert "ZeroDivisionError" in text
    assert "still open" not in text


def test_records_under_another_name_are_not_said_to_be_missing(lab: Lab) -> None:
    verdict = lab.check("hot-device", solutions("hot-device").renamed)
    _, exercise = catalogue.find("hot-device")
    hot = sum(each.part == "hot" for each in exercise.sent(RECORDED))
    assert f"{hot} records came out with another device, such as 'turbine-0' instead of 'turbine'." in repr(verdict)


def test_a_missing_key_and_a_time_in_seconds_are_named(lab: Lab) -> None:
    answers = solutions("keyed-readings")
    assert "The records have no key." in repr(lab.check("keyed-readings", answers.no_key))
    in_seconds = lab.check("keyed-readings", answers.in_seconds)
    assert "'time' is a thousandth of it: is it in seconds" in repr(in_seconds)
    assert [each.got[0][:10] for each in in_seconds.judgement.evidence] == ["1970-01-21"] * 5


def test_the_records_are_shown_in_the_order_in_which_they_went_in(lab: Lab) -> None:
    shown = numbers(lab.check("hot-device", solutions("hot-device").not_spread))
    assert len(shown) == 5
    assert shown == sorted(shown)


def test_a_repeated_record_is_shown_with_the_number_of_each_time(lab: Lab) -> None:
    shown = numbers(lab.check("retries", lambda readings: readings))
    assert len(shown) == len({*shown}) == 4


def test_what_an_answer_should_have_remembered_is_shown_too(lab: Lab) -> None:
    sent = catalogue.find("wrong-clock")[1].sent(catalogue.RECORDED)
    for line in lab.check("wrong-clock", lambda readings: readings).judgement.evidence:
        ahead, *earlier = [sent[int(re.findall(r"#(\d+)", text)[0])] for text in line.sent]
        assert earlier == [each for each in reversed(sent[: sent.index(ahead)]) if each.key == ahead.key][:2]
        assert all(text.startswith("before it: #") for text in line.sent[1:])


def test_a_value_that_is_no_json_yet_is_said(lab: Lab) -> None:
    assert "(json.loads makes an object" in repr(lab.check("dead-letters", lambda records, _: records))

    def send(readings: Any, producer: Any, topic: str) -> None:
        producer.produce(topic=topic, key="a", value=readings[0])

    assert "(json.dumps makes JSON of a value)" in repr(lab.check("keyed-readings", send))


def test_many_wrong_rows_fit_on_a_screen(lab: Lab) -> None:
    def two_each(readings: Any, producer: Any, topic: str) -> None:
        for reading in readings:
            for _ in range(20):
                producer.produce(topic=topic, key="x", value=json.dumps(reading), timestamp=reading["timestamp"])

    for exercise, answer in (("hot-device", two_each), ("coldest", solutions("coldest").hottest)):
        assert 0 < sum(line.height for line in lab.check(exercise, answer).judgement.evidence) <= 24


def judged_with_a_state(name: str, out: list[Row]) -> Finding:
    """What is said of the state of an answer whose state has not grown, and out of which this came."""
    exercise = COLLECTION.folder.exercise(name)
    sent = exercise.sent(0)
    expected = {each: [*rows] for each, rows in COLLECTION.expected(exercise, sent).items()}
    state = [{**each, "growth": 1.0} for each in expected[REMEMBERED]]
    judgement = judge(exercise, sent, expected, {"out": out, REMEMBERED: state})
    return next(each for each in judgement.findings if isinstance(each.behaviour, AtMost))


@pytest.mark.parametrize("name", ["changes", "outages", "lost-numbers", "retries", "one-turbine-again"])
def test_a_state_that_nobody_reads_earns_nothing_and_one_slip_does_not_cost_its_point(name: str) -> None:
    exercise = COLLECTION.folder.exercise(name)
    everything = [{"key": each.key, "time": each.timestamp, **each.fields} for each in exercise.sent(0)]
    found = judged_with_a_state(name, everything)
    assert (found.holds, found.judged, found.points) == (False, False, 0)
    right = [*COLLECTION.expected(exercise, exercise.sent(0))["out"]]
    assert judged_with_a_state(name, right).points == 1
    assert judged_with_a_state(name, [each | {"more": 1} for each in right]).points == 1
