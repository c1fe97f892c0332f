"""Each exercise keeps its promises: see `labkit.grading.proof`."""

from dataclasses import replace

import pytest

from labkit import Lab
from labkit.exercises import catalogue, kinds
from labkit.exercises.exercise import Exercise, Sent
from labkit.grading import authoring, proof
from tests.exercises import mutants

COLLECTION = authoring.of_the_package()
EXERCISES = COLLECTION.folder.exercises()
FUNCTIONS = [each for each in EXERCISES if each.kind.accepts(print)]
QUESTIONS = [each for each in EXERCISES if each.question]
SLOW = [each for each in EXERCISES if each.name.startswith("flink")]
QUICK = [each for each in EXERCISES if each not in SLOW]

# Mutants that pass, and why they are right answers too.
ANY_REASON = "any text will do as the reason"
HOW_LONG = "how long one poll waits makes no difference"
EQUIVALENT = {
    "dead-letters": {
        "text: 'no JSON' -> 'no JSONx'": ANY_REASON,
        "text: 'no object' -> 'no objectx'": ANY_REASON,
        "text: 'no temperature' -> 'no temperaturex'": ANY_REASON,
    },
    "late-readings": {"constant: False -> True": "True only asks for a line in the log"},
    "read-on": {
        "constant: 1.0 -> 2.0": HOW_LONG,
        "constant: 1.0 -> 0.0": HOW_LONG,
        "without timeout: reader.poll(timeout=1.0) -> reader.poll()": HOW_LONG,
    },
    "retries": {
        "constant: 20 -> 21": "any memory longer than the retries will do",
        "constant: 20 -> 19": "any memory longer than the retries will do",
    },
}


def by_name(exercises: list[Exercise]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("exercise", exercises, ids=lambda each: each.name)


@by_name(EXERCISES)
def test_its_recorded_expectations_are_the_oracles(exercise: Exercise) -> None:
    assert COLLECTION.folder.recording(exercise.name).read_bytes() == COLLECTION.recording(exercise)


@by_name(EXERCISES)
def test_each_behaviour_is_judged_by_some_record_with_every_seed(exercise: Exercise) -> None:
    for seed in (0, *proof.SEEDS):
        parts = {each.part for each in exercise.sent(seed)}
        assert {each.part for each in exercise.behaviours} - {""} <= parts


@by_name(QUICK)
def test_unanswered_earns_nothing_the_reference_everything_and_wrong_answers_lose_what_they_break(
    exercise: Exercise, lab: Lab
) -> None:
    found = [*proof.faults(lab.checks, COLLECTION, exercise)]
    assert not found, "\n".join(found)


@by_name(FUNCTIONS)
def test_every_mutant_of_the_reference_is_caught(exercise: Exercise, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "LIMIT", 3.0)
    file = COLLECTION.solution(exercise.name)
    verdicts = {words: proof.tried(lab.checks, COLLECTION, exercise, mutant) for words, mutant in mutants.of(file)}
    assert len(verdicts) >= 3
    passed = {words for words, verdict in verdicts.items() if verdict.passed}
    assert passed == {*EQUIVALENT.get(exercise.name, {})}


@by_name(QUESTIONS)
def test_a_question_has_many_answers_and_no_slip_gives_the_right_one(exercise: Exercise) -> None:
    solutions = COLLECTION.solutions_of(exercise)
    cases = [exercise.sent(seed) for seed in catalogue.seeds(exercise)]
    answers = [kinds.canonical(solutions.answer(case)) for case in cases]
    assert len(cases) == 21
    assert len({*answers}) > 10
    for wrong, _ in solutions.WRONG:
        assert not [case for case, right in zip(cases, answers, strict=True) if kinds.canonical(wrong(case)) == right]


# Of each statement in Flink SQL: pieces, and what to put in their place.
SQL = {
    "flink-extremes": {
        "MIN(": "MAX(",
        "MAX(": "AVG(",
        "COUNT(*)": "COUNT(DISTINCT temperature)",
        "INTERVAL '10'": "INTERVAL '11'",
        "GROUP BY sensor_id,": "WHERE temperature > 0 GROUP BY sensor_id,",
        "temperature)": "humidity)",
    },
    "flink-hottest": {
        " DESC": " ASC",
        "ORDER BY temperature": "ORDER BY event_time",
        "place = 1": "place = 2",
        "PARTITION BY window_start, window_end": "PARTITION BY window_start, window_end, sensor_id",
        "INTERVAL '10'": "INTERVAL '20'",
        "sensor_id, temperature\n": "sensor_id, humidity\n",
    },
}


@by_name(SLOW)
def test_flink_exercises_keep_the_same_promises(exercise: Exercise, lab: Lab) -> None:
    found = [*proof.faults(lab.checks, COLLECTION, exercise, seeds=())]
    assert not found, "\n".join(found)


@by_name(SLOW)
def test_the_flink_references_pass_on_twenty_other_seeds(exercise: Exercise, lab: Lab) -> None:
    """In one job: the readings of each seed come an hour after those of the seed before."""
    sent = [later(each, seed) for seed in proof.SEEDS for each in exercise.sent(seed)]
    answer = COLLECTION.solutions_of(exercise).answer
    assert lab.checks.judged(exercise, answer, sent, COLLECTION.expected(exercise, sent)).passed


def later(record: Sent, hours: int) -> Sent:
    timestamp = record.timestamp + hours * 3_600_000
    return replace(record, timestamp=timestamp, value=record.fields | {"timestamp": timestamp})


@by_name(SLOW)
def test_every_mutant_of_the_sql_is_caught(exercise: Exercise, lab: Lab) -> None:
    answer = COLLECTION.solutions_of(exercise).answer
    for words, mutant in mutants.of_text(answer, SQL[exercise.name]):
        assert not proof.tried(lab.checks, COLLECTION, exercise, mutant).passed, words
