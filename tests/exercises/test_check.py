"""What `lab.check` says to the answers that learners really give."""

import functools
import itertools
import re
from array import array
from collections import deque
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import markupsafe
import numpy as np
import orjson
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from quixstreams.dataframe.windows import Min

from labkit import Lab, LabError, progress
from labkit.exercises import (
    answer_types,
    attempt,
    behaviours,
    catalogue,
    checks,
    display,
    formatting,
    harness,
    records,
    short_answers,
)
from labkit.exercises.answer_types import ShortAnswer
from labkit.exercises.attempt import Attempt
from labkit.exercises.records import BASE
from labkit.exercises.verdict import Verdict
from tests.topics import topics_of


def solution_of(exercise: str) -> Path:
    return Path(__file__).parents[1] / "solutions" / f"{exercise.replace('-', '_')}.py"


SOLUTION = catalogue.module(solution_of("damp-rooms"))
damp_rooms = SOLUTION.answer


def returns_nothing(readings: Any) -> Any:
    readings["dew_point"] = readings["temperature"]


def returns_a_list(readings: Any) -> Any:
    return [readings]


def never_ends(readings: Any) -> Any:
    def transform(reading: Any) -> Any:
        while reading:
            pass

    return readings.apply(transform)


def never_begins(_: Any) -> Any:
    while True:
        pass


def fails_in_the_fifth_record(readings: Any) -> Any:
    seen = []

    def count(reading: Any) -> Any:
        seen.append(reading)
        return reading["humidity"] / (5 - len(seen))

    return readings.apply(count)


def prints_everything(readings: Any) -> Any:
    def say(reading: Any) -> None:
        for number in range(500):
            print("humidity", number, reading["humidity"])

    return damp_rooms(readings.update(say))


def drops_everything(readings: Any) -> Any:
    return readings[readings["humidity"] > 1000]


def has_an_inner_function_without_return(readings: Any) -> Any:
    def transform(reading: Any) -> None:
        reading["dew_point"] = 1.0

    return readings.apply(transform)


def subtracts_from_a_number(readings: Any) -> Any:
    readings["dew_point"] = readings["temperature"] - (100 - readings["humidity"]) / 5
    return readings


def asks_for_the_reading_before(readings: Any) -> Any:
    return readings[readings["temperature"].shift(1) > 0]


def mistypes_a_field(readings: Any) -> Any:
    return readings[readings["humidty"] > 60]


def uses_if(readings: Any) -> Any:
    if readings["humidity"] > 60:
        return readings
    return None


SLIPS: dict[Callable[..., Any], str] = {
    returns_nothing: "returned nothing instead of a stream: end the function with `return`",
    returns_a_list: "returned a list instead of a stream",
    fails_in_the_fifth_record: "ZeroDivisionError",
    drops_everything: "Nothing came out; ",
    has_an_inner_function_without_return: "Values are null: a function inside yours returned None",
    subtracts_from_a_number: "You cannot subtract a column from a number: put the column first",
    asks_for_the_reading_before: "A column has no .shift: use state",
    mistypes_a_field: "did you mean 'humidity'?\n  In your code, mistypes_a_field, line",
    uses_if: "A stream is neither true nor false",
}


@pytest.mark.parametrize("slip", SLIPS, ids=lambda each: each.__name__)
def test_a_usual_slip_is_named(lab: Lab, slip: Callable[..., Any]) -> None:
    verdict = lab.check("damp-rooms", slip)
    assert not verdict.passed
    assert verdict.points == 0
    assert SLIPS[slip] in repr(verdict)
    assert "LabError" not in repr(verdict)


def test_a_window_without_final_is_named(lab: Lab) -> None:
    never_emitted = catalogue.module(solution_of("coldest")).never_emitted
    assert "a window that emits nothing: end it with .final()" in repr(lab.check("coldest", never_emitted))


def test_an_exception_is_shown_with_the_line_and_the_record_that_it_met(lab: Lab) -> None:
    text = repr(lab.check("damp-rooms", fails_in_the_fifth_record))
    assert "In your code, count, line" in text
    assert 'return reading["humidity"] / (5 - len(seen))' in text
    fifth = catalogue.find("damp-rooms")[1].sent(records.RECORDED)[4]
    assert f"  The record it met: {formatting.input_record(fifth)}\n" in text


def test_an_answer_that_fails_is_not_started_again(lab: Lab) -> None:
    text = repr(lab.check("changes", fails_in_the_fifth_record))
    fifth = catalogue.find("changes")[1].sent(records.RECORDED)[4]
    assert f"  The record it met: {formatting.input_record(fifth)}\n" in text
    assert text.count("ZeroDivisionError") == 1


@pytest.mark.parametrize("slip", [never_ends, never_begins])
def test_an_endless_loop_is_ended_and_its_line_shown(
    lab: Lab, slip: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Attempt, "limit", 1.0)
    text = repr(lab.check("damp-rooms", slip))
    assert "It did not finish within 1 s and was stopped" in text
    assert "while" in text.partition("In your code")[2]
    assert lab.check("damp-rooms", damp_rooms).passed, "the next check works as if nothing had been"


def test_thousands_of_prints_are_shortened_and_cost_no_point(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    verdict = lab.check("damp-rooms", prints_everything)
    assert verdict.passed
    assert re.search(r"… 23,99\d lines above\n  humidity 49\d", repr(verdict))
    assert capsys.readouterr() == ("", "")


UNITS = {
    "in kelvin": lambda t: t + 273.15,
    "in degrees Fahrenheit": lambda t: t * 9 / 5 + 32,
    "the other way round": lambda t: -t,
}


@pytest.mark.parametrize("unit", UNITS)
def test_a_wrong_unit_is_named(lab: Lab, unit: str) -> None:
    def in_another_unit(readings: Any) -> Any:
        found = damp_rooms(readings)
        found["dew_point"] = found["dew_point"].apply(UNITS[unit])
        return found

    assert unit in repr(lab.check("damp-rooms", in_another_unit))


def test_a_field_of_another_name_is_named(lab: Lab) -> None:
    assert "There is no field 'dew_point': did you mean 'dewpoint'?" in repr(
        lab.check("damp-rooms", SOLUTION.another_name)
    )


def test_values_that_are_not_json_are_named(lab: Lab) -> None:
    as_python_text = catalogue.module(solution_of("keyed-readings")).as_python_text
    text = repr(lab.check("keyed-readings", as_python_text))
    assert "A value is not JSON: {'device': " in text
    assert "– not judged" in text


def test_windows_of_milliseconds_are_named(lab: Lab) -> None:
    def coldest(readings: Any) -> Any:
        return readings.hopping_window(7, 2).agg(minimum=Min("temperature")).final()

    assert "The windows are 7 ms long: durations are in milliseconds." in repr(lab.check("coldest", coldest))


def test_a_misspelt_field_of_a_window_is_named(lab: Lab) -> None:
    def coldest(readings: Any) -> Any:
        return readings.hopping_window(7000, 2000).agg(minimum=Min("temprature")).final()

    assert "'minimum' is null: is the field that it is computed from spelt right" in repr(lab.check("coldest", coldest))


def test_an_endless_producer_and_an_endless_consumer_are_ended(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Attempt, "limit", 1.0)

    def produce(readings: Any, producer: Any, topic: str) -> None:
        while True:
            producer.produce(topic=topic, key="again", value=str(readings))

    def consume(*_: Any) -> None:
        while True:
            pass

    assert "did not finish within 1 s" in repr(lab.check("keyed-readings", produce))
    assert "The call 1 of 5: It did not finish within 1 s" in repr(lab.check("read-on", consume))


def test_an_answer_that_writes_far_too_much_is_not_told_that_nothing_came_out(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(harness, "MOST", 100)

    def produce(_: Any, producer: Any, topic: str) -> None:
        for _ in range(101):
            producer.produce(topic=topic, key="again", value="{}")

    text = repr(lab.check("keyed-readings", produce))
    assert "More than 100 records came out" in text
    assert "Nothing came out" not in text
    monkeypatch.setenv(attempt.GRADED, "1")
    text = repr(lab.check("keyed-readings", produce))
    assert "More than 100 records came out" in text
    assert "  0 records came out" not in text


def test_a_field_is_left_out_of_the_evidence_only_if_it_repeats_the_key_or_the_time() -> None:
    row = {"key": None, "time": BASE, "device": None, "value": None, "end": BASE, "timestamp": BASE}
    assert formatting.row(row, ()) == "12:00:00 no key device null, value null, end 12:00:00"
    row = {"key": "pond", "time": BASE, "device": "pond", "room": "pond", "timestamp": 1}
    assert formatting.row(row, ()) == "12:00:00 pond room pond, timestamp 1"


def test_windows_that_come_out_again_and_again_are_named(lab: Lab) -> None:
    at_each_reading = catalogue.module(solution_of("coldest")).at_each_reading
    assert "windows came out more than once: with .current()" in repr(lab.check("coldest", at_each_reading))


def test_the_first_wrong_record_is_shown_with_what_went_in_and_what_was_expected(lab: Lab) -> None:
    verdict = lab.check("damp-rooms", SOLUTION.wrong_sign)
    table = repr(verdict).partition("The first that falls short: dew_point")[2].splitlines()
    assert re.split(r"  +", table[1].strip()) == ["went in", "expected", "came out"]
    line = next(each for each in table if "→" in each)  # after a right one
    mark, went_in, expected, came_out = re.split(r"  +", line.strip())
    assert mark == "→ wrong"
    assert re.fullmatch(r"#\d+ 12:00:\d\d\.\d+ \S+ temperature [\d.-]+, humidity [\d.]+", went_in)
    assert re.fullmatch(r"12:00:\d\d\.\d+ \S+ dew_point [\d.-]+", expected)
    assert re.fullmatch(r"12:00:\d\d\.\d+ \S+ dew_point [\d.-]+", came_out)
    assert expected != came_out


def test_of_two_inputs_the_records_of_both_are_shown_and_stepped_through(lab: Lab) -> None:
    verdict = lab.check("where-it-hangs", catalogue.module(solution_of("where-it-hangs")).the_newest)
    move, reading = next(each.sent for each in verdict.judgement.evidence if each.wrong)
    assert re.fullmatch(r"#\d+ places: 12:00:\d\d\.500 \S+ place .+", move)
    assert re.fullmatch(r"#\d+ 12:00:\S+ \S+ temperature [\d.-]+", reading)
    assert verdict.steps
    assert {each.record.topic for each in verdict.steps()} == {"grade.where-it-hangs.in", "grade.where-it-hangs.places"}


def test_at_which_record_of_two_inputs_an_answer_fails_is_not_guessed(lab: Lab) -> None:
    def everything_of_both(readings: Any, places: Any) -> Any:
        return readings.join_asof(places)

    verdict = lab.check("where-it-hangs", everything_of_both)
    assert "Overlapping columns: device, timestamp" in repr(verdict)
    assert "The record it met" not in repr(verdict)


def test_an_answer_for_one_input_is_told_that_there_are_two(lab: Lab) -> None:
    assert "takes 1 positional argument but 2 were given" in repr(
        lab.check("where-it-hangs", lambda readings: readings)
    )


def test_the_html_says_the_same_as_the_text_and_needs_no_colour(lab: Lab) -> None:
    verdict = lab.check("damp-rooms", SOLUTION.another_name)
    html = markupsafe.Markup(re.sub(r"<[^>]+>", "\n", display.of(verdict))).unescape()
    for line in repr(verdict).splitlines()[:-1]:  # instead of the last one there is a button
        assert all(part in html for part in re.split(r"  +|falls short: ", line.strip()))


def test_what_a_student_writes_is_escaped(lab: Lab) -> None:
    def mark_up(readings: Any) -> Any:
        print("<script>alert(1)</script>")
        return readings.apply(lambda _: {"<b>": "<i>"})

    assert "<script>" not in display.of(lab.check("damp-rooms", mark_up))
    assert "<i>" not in display.of(lab.check("damp-rooms", mark_up))


def test_an_application_may_count_its_records_itself(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def copy_some(app: Any, source: str, target: str, records: int) -> None:
        app.dataframe(app.topic(source)).to_topic(app.topic(target))
        app.run(count=records)

    monkeypatch.chdir(tmp_path)
    assert lab.check("read-on", copy_some).passed
    assert not (tmp_path / "state").exists()


# ------------------------------------------------------------ not answered, not an answer

NOTHING: list[Any] = [None, ..., lambda _: None, lambda _: ...]


@pytest.mark.parametrize("answer", NOTHING)
def test_a_stub_is_not_answered_yet(lab: Lab, answer: Any) -> None:
    verdict = lab.check("damp-rooms", answer)
    assert (verdict.state, verdict.points) == ("unanswered", 0)
    assert repr(verdict) == "○ not answered yet: damp-rooms: Damp rooms, and their dew points"


SQL = "INSERT INTO results\nSELECT a FROM b"
ANSWERED = {
    f"{SQL} -- as in ...": True, f"/* the\n... */ {SQL}": True, f"{SQL} WHERE a <> '...'": True,
    f"{SQL} WHERE `...`": True, f"{SQL} WHERE a = 'it''s' -- ...": True, f"-- it's\n{SQL}": True, SQL.lower(): True,
    f"{SQL} ...": False, f"-- mine\n{SQL} ... -- it": False, f"{SQL} '--' ...": False, "": False, " ;\n": False,
    "-- nothing yet": False,
}  # fmt: skip


@pytest.mark.parametrize(("answer", "expected"), ANSWERED.items())
def test_three_dots_in_a_comment_or_a_text_of_sql_are_no_gap(answer: str, expected: bool) -> None:
    refusal = checks.refused(catalogue.find("flink-extremes")[1], answer)
    assert refusal is None if expected else refusal and refusal.state == "unanswered"


def test_a_comment_does_not_end_a_statement_of_sql() -> None:
    statement = "SELECT '-- a;', /*+ OPTIONS('a'='b') */ b -- first;\nFROM c;\n"
    assert answer_types.statement(statement) == "SELECT '-- a;', /*+ OPTIONS('a'='b') */ b \nFROM c"


def test_a_run_instead_of_its_function_is_named(lab: Lab) -> None:
    lab.create_topic("sensor")
    run = lab.run(damp_rooms, reads="sensor", writes="damp")
    assert "That is a run, with topics of its own. Give the function itself" in repr(lab.check("damp-rooms", run))


def test_a_result_instead_of_a_function_is_named(lab: Lab) -> None:
    text = repr(lab.check("damp-rooms", [1, 2]))
    assert "expects a function, not [1, 2]. Give it by its name alone, without parentheses." in text
    assert "expects a list of partitions" in repr(lab.check("which-partition", damp_rooms))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    answer=st.one_of(
        st.none(), st.integers(), st.floats(), st.text(), st.binary(), st.lists(st.text()), st.builds(object),
        st.sampled_from([print, len, object, Lab, functools.partial(print, end=""), "".join, iter([]), Ellipsis]),
    ),
    exercise=st.sampled_from(["damp-rooms", "which-partition", "keyed-readings", "flink-extremes"]),
)  # fmt: skip
def test_no_answer_of_any_kind_raises_or_earns(lab: Lab, answer: Any, exercise: str) -> None:
    if exercise == "which-partition" and isinstance(answer, str) and short_answers.canonical(answer) == "1, 4":
        return
    if exercise == "flink-extremes" and isinstance(answer, str):
        return  # it would be tried, for seconds
    assert isinstance(verdict := lab.check(exercise, answer), Verdict)
    assert verdict.points == 0
    assert repr(verdict)


PAIRS = pd.DataFrame({"partition": [1, 4]})
TWO_COLUMNS = PAIRS.assign(key="a")
FROM_TABLES: list[Any] = [
    *(PAIRS["partition"], PAIRS["partition"].to_numpy(), PAIRS["partition"].unique(), pd.Index([4, 1])),
    *(
        PAIRS["partition"].astype("category").unique(),
        [np.int64(4), np.float64(1.0)],
        frozenset({1, 4}),
        range(1, 5, 3),
    ),
    *(deque([4, 1]), array("i", [1, 4]), {4: "a", 1: "b"}.keys(), {"a": 4, "b": 1}.values(), np.array([[1], [4]])),
    *("1 and 4", "4 AND 1", "{1, 4}", "1 & 4", "[1 4]", ["1 and 4"], [np.array([1]), 4], [1, 4, 4.0]),
    *(
        "1 und 4",
        "1 y 4",
        "1 et 4",
        "1 e 4",
        "1 en 4",
        "1 och 4",
        "1 i 4",
        "1 og 4",
        "1、4",
        "\uff11 und \uff14",
        "\u0664, \u0661",
    ),
    *(
        "set([1, 4])",
        "array([1, 4])",
        "frozenset({1, 4})",
        "np.array([1, 4], dtype=int64)",
        "[np.int64(1), np.int64(4)]",
    ),
    *(PAIRS, PAIRS.to_dict("list")["partition"]),
]


@pytest.mark.parametrize("answer", FROM_TABLES, ids=lambda each: type(each).__name__)
def test_an_answer_may_come_from_a_table(answer: Any) -> None:
    exercise = catalogue.find("which-partition")[1]
    assert checks.refused(exercise, answer) is None
    assert short_answers.canonical(answer) == "1, 4"


@pytest.mark.parametrize("answer", [np.int64(4), np.float64(4.0), Decimal(4), np.array(4), PAIRS["partition"].max()])
def test_a_number_of_any_kind_is_a_number(answer: Any) -> None:
    assert checks.refused(catalogue.find("which-partition")[1], answer) is None
    assert short_answers.canonical(answer) == "4"


EMPTY = ["", " ", "...", [], (), set(), PAIRS["partition"][:0], np.array([]), range(0), [None, None], [...], "{ }"]


@pytest.mark.parametrize("answer", EMPTY)
def test_an_empty_answer_is_none(answer: Any) -> None:
    refusal = checks.refused(catalogue.find("which-partition")[1], answer)
    assert refusal
    assert refusal.state == "unanswered"


@pytest.mark.parametrize("answer", [TWO_COLUMNS, np.ndarray, b"1 4", {1: 4}])
@pytest.mark.parametrize("exercise", ["damp-rooms", "which-partition", "keyed-readings", "flink-extremes"])
def test_what_is_no_answer_at_all_is_refused(exercise: str, answer: Any) -> None:
    found = catalogue.find(exercise)[1]
    assert checks.refused(found, answer) or callable(answer)


def test_an_unknown_exercise_is_an_error_that_names_the_nearest(lab: Lab) -> None:
    with pytest.raises(LabError, match=r"There is no exercise 'damp_rooms': did you mean 'damp-rooms'\?"):
        lab.check("damp_rooms", damp_rooms)


@pytest.mark.parametrize(
    ("got", "expected", "equal"),
    [
        *((0.1 + 0.2, 0.3, True), (3, 3.0, True), (0.3001, 0.3, False)),
        *((3, 3, True), (4, 3, False), (True, 1, False), ("3", 3, False), (None, 0.0, False)),
    ],
)
def test_rounding_errors_do_not_count_and_all_else_does(got: Any, expected: Any, equal: bool) -> None:
    assert behaviours.same(got, expected) is equal


def test_a_record_that_comes_out_twice_is_wrong() -> None:
    rows = {("sensor-1",): {"time": 1}, ("sensor-2",): {"time": 2}}
    got = {("sensor-1",): [rows["sensor-1",]], ("sensor-2",): [rows["sensor-2",]] * 2}
    comparison = behaviours.Comparison(("key",), rows, got, lambda _: set())
    assert behaviours.Once("no record comes out twice").wrong(comparison) == [("sensor-2",)]


@pytest.mark.parametrize("answer", ["c", "C", " c ", "(c)", "c.", ["c"]])
def test_a_letter_may_be_written_as_people_write_it(answer: Any) -> None:
    assert short_answers.canonical(answer) == "c"


def test_a_letter_is_an_answer_even_if_some_language_says_and_with_it() -> None:
    assert short_answers.canonical("A, E and I") == short_answers.canonical("a e i") == "a, e, i"


def partitions() -> Iterator[int]:
    yield 1
    yield 4


@pytest.mark.parametrize("answer", [partitions, lambda: map(int, "14"), lambda: iter([4, 1]), lambda: reversed([1, 4])])
def test_what_can_be_read_only_once_is_read_once(lab: Lab, answer: Callable[[], Iterator[int]]) -> None:
    assert lab.check("which-partition", answer()).passed


def test_what_never_ends_is_no_right_answer(lab: Lab) -> None:
    assert not lab.check("which-partition", itertools.count(1)).points
    assert lab.check("which-partition", iter([])).state == "unanswered"


LISTS = {
    "which-records": [["C", "D"], ("d", "c"), {"D", "C"}, "C, D", "c d", "[C; D]"],
    "which-windows": [[5, 10, 15], [15.0, 10.0, 5.0], ["5", "10", "15"], "5, 10, 15", {5, 10, 15}],
}


@pytest.mark.parametrize(("name", "answer"), [(name, each) for name, answers in LISTS.items() for each in answers])
def test_a_list_may_be_written_in_any_order_and_form(lab: Lab, name: str, answer: Any) -> None:
    assert lab.check(name, answer).passed
    assert not lab.check(name, [*list(answer)[:1], "x"]).passed


EXERCISES = catalogue.Folder(catalogue.COLLECTION).exercises()
ORDERED = [each for each in EXERCISES if isinstance(each.answer_type, ShortAnswer) and each.answer_type.ordered]


@pytest.mark.slow
def test_where_the_order_is_the_answer_it_counts(lab: Lab) -> None:
    pairs = {"after-a-kill", "after-restart", "catching-up", "how-many-processes"}
    assert {each.name for each in ORDERED} == {*pairs, "night-shift"}
    for exercise in ORDERED:
        parts = catalogue.module(solution_of(exercise.name)).answer(exercise.sent(catalogue.RECORDED))
        backwards = [*reversed(parts)]
        for right in (parts, " and ".join(map(str, parts)), np.array(parts)):
            assert lab.check(exercise.name, right).passed
        for wrong in (backwards, ", ".join(map(str, backwards)), range(len(parts))):
            assert not lab.check(exercise.name, wrong).passed
        assert "The order counts, and a set has none." in repr(lab.check(exercise.name, {*parts}))


def test_a_wrong_short_answer_does_not_tell_the_right_one(lab: Lab) -> None:
    html = display.of(lab.check("which-partition", [1]))
    assert "expected" not in html
    assert "The answer is right" not in html


def test_the_numbers_of_a_question_are_the_students_own(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    asked, passed = set(), 0
    for lab.student in ("", "Anna Ek", " anna  EK ", "Ben", "Cleo", "Dan", "Eve"):
        lab.question("which-windows")
        asked.add(capsys.readouterr().out)
        passed += lab.check("which-windows", [5, 10, 15]).passed
    assert (len(asked), passed) == (6, 1)
    with pytest.raises(LabError, match="coldest is the same for everybody"):
        lab.question("coldest")


# ------------------------------------------------------------ around


def test_a_check_leaves_no_run_no_group_and_no_changelog(lab: Lab) -> None:
    for _ in range(2):
        lab.check("coldest", catalogue.module(solution_of("coldest")).answer)
        lab.check("read-on", catalogue.module(solution_of("read-on")).answer)
    assert len(lab.workers) == 0
    assert lab.groups().empty
    internal = [name for name in topics_of(lab).admin.list_topics(timeout=5).topics if "grade.coldest" in name]
    assert {name for name in internal if name.startswith("changelog")} == set()


def test_hints_come_one_by_one(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(4):
        lab.hint("damp-rooms")
    said = capsys.readouterr().out.splitlines()
    assert [line[5:11] for line in said] == ["1 of 3", "2 of 3", "3 of 3", "1 of 3"]


def test_a_smaller_step_is_offered_when_two_answers_have_fallen_short(
    lab: Lab, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def said() -> str:
        lab.smaller_step("damp-rooms")
        return capsys.readouterr().out

    for answer in (None, SOLUTION.from_60_on):
        assert "lab.smaller_step" not in repr(lab.check("damp-rooms", answer))
    assert said() == "A smaller step comes when 2 answers of your own have fallen short; so far: 1.\n"
    assert 'For a smaller step: lab.smaller_step("damp-rooms")' in repr(lab.check("damp-rooms", SOLUTION.all_rooms))
    program = said().partition("\n\n")[2]
    assert 'lab.smaller_step("damp-rooms")' not in repr(lab.check("damp-rooms", damp_rooms))
    found: dict[str, Any] = {"lab": SimpleNamespace(check=lambda name, answer: (name, answer))}
    exec(program, found)
    verdict = lab.check("damp-rooms", found["damp_rooms"])
    assert 0 < verdict.points < verdict.out_of
    assert "so far: 0." in lab.checks.smaller_step("coldest")
    monkeypatch.setenv("LAB_GRADED", "1")  # where no answer is judged
    assert 'lab.check("coldest", coldest)' in lab.checks.smaller_step("coldest")


def test_a_short_answer_has_no_smaller_step(lab: Lab) -> None:
    for _ in range(3):
        verdict = lab.check("which-windows", [1])
    assert "lab.smaller_step" not in repr(verdict)
    assert lab.checks.smaller_step("which-windows") == "There is no smaller step for this exercise."
    with pytest.raises(LabError, match="There is no exercise 'damp-room': did you mean 'damp-rooms'"):
        lab.smaller_step("damp-room")


def test_progress_remembers_what_has_passed_and_when_first(lab: Lab) -> None:
    def state() -> str:
        return lab.progress().set_index("name").loc["damp-rooms", "state"]

    lab.check("damp-rooms", SOLUTION.from_60_on)
    assert state() == "not yet"
    lab.check("damp-rooms", damp_rooms)
    first = state()
    assert re.fullmatch(r"passed \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", first)
    lab.check("damp-rooms", SOLUTION.from_60_on)
    assert state() == first
    progress.path().write_text('{"damp-rooms": "2025-01-01 12:00:00"}')
    lab.check("damp-rooms", damp_rooms)
    assert state() == "passed 2025-01-01 12:00:00 UTC"


@pytest.mark.parametrize("content", [b'{"damp-rooms": "2025', b"[1]", b"\xff"])
def test_a_damaged_file_is_kept_and_said(content: bytes) -> None:
    progress.path().write_bytes(content)
    with pytest.raises(LabError, match=r"progress\.json, where your progress is kept, is damaged"):
        checks.table()
    remark = progress.record("coldest")
    (kept,) = progress.path().parent.glob("progress.json.damaged-*")
    assert kept.read_bytes() == content
    assert f"The old one is {kept}." in remark
    assert [*progress.passed()] == ["coldest"]
    assert progress.record("damp-rooms") == ""


def test_progress_that_cannot_be_read_now_is_not_replaced(tmp_path: Path) -> None:
    progress.path().mkdir()  # reading a directory is an error
    (progress.path() / "what was passed").touch()
    with pytest.raises(LabError, match="cannot be read: Is a directory"):
        progress.passed()
    assert progress.record("coldest") == ""
    assert {each.name for each in tmp_path.iterdir()} <= {"progress.json", "progress.json.lock"}


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("def", r"SyntaxError: invalid syntax \(broken\.py, line 1\)"),
        ("x = 1\n1 / 0", r"ZeroDivisionError: .* \(line 2\)"),
    ],
)
def test_an_exercise_that_cannot_be_imported_is_an_error_of_one_line(
    code: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken.py").write_text(code)
    monkeypatch.setenv("LAB_EXERCISES", str(tmp_path))
    with pytest.raises(LabError, match=rf"broken\.py cannot be imported: {reason}"):
        checks.table()
    assert catalogue.find("damp-rooms")


def test_progress_that_cannot_be_read_or_written_spoils_no_verdict(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    progress.path().write_text("half of a")
    verdict = lab.check("which-partition", [1, 4])
    assert verdict.passed
    assert "  The file with your progress was damaged" in repr(verdict)
    (tmp_path / "file").touch()
    monkeypatch.setenv("LAB_PROGRESS", str(tmp_path / "file" / "progress.json"))
    assert lab.check("which-partition", [1, 4]).passed


def test_graded_it_reads_what_the_grader_has_written_and_says_nothing_of_right_or_wrong(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    exercise = catalogue.find("damp-rooms")[1]
    lab.create_topic("grade.damp-rooms.in")
    lab.checks.harness(exercise).write("in", exercise.sent("a student's"))
    monkeypatch.setenv(attempt.GRADED, "1")
    verdict = lab.check("damp-rooms", damp_rooms)
    out = [dict(each.value) for each in lab.records("grade.damp-rooms.out")]
    assert verdict.state == "handed in"
    assert repr(verdict).splitlines()[0] == "● handed in: damp-rooms: Damp rooms, and their dew points"
    assert f"{len(out)} records came out." in repr(verdict)
    assert {each["timestamp"] for each in out} <= {each.fields["timestamp"] for each in exercise.sent("a student's")}
    assert len(out) == sum(dict(each.value)["humidity"] > 60 for each in exercise.sent("a student's"))
    assert "✓" not in repr(verdict)
    assert not progress.passed()


def test_the_recorded_expectations_of_other_readings_are_refused(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (catalogue.COLLECTION / "damp_rooms.py").read_text().replace("damp-rooms", "wet-rooms")
    (tmp_path / "wet_rooms.py").write_text(source)
    (tmp_path / "recorded").mkdir()
    (tmp_path / "recorded" / "wet-rooms.json").write_bytes(orjson.dumps({"readings": "others", "expected": {}}))
    monkeypatch.setenv("LAB_EXERCISES", str(tmp_path))
    with pytest.raises(LabError, match="missing or out of date: `lab prove --exercises"):
        lab.check("wet-rooms", damp_rooms)
