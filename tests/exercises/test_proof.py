"""Each exercise keeps its promises: see `labkit.grading.proof`.

Each run of the tests proves a sample of that. `pytest -m proof` proves all of it for the exercises that the ledger does
not vouch for, or, with LAB_PROVE=all, for every one, and records that in the ledger.
"""

import itertools
import os
from pathlib import Path
from typing import Any

import pytest

from labkit import Lab
from labkit.exercises import catalogue
from labkit.exercises.exercise import Exercise
from labkit.grading import proof
from tests.exercises import near_misses, proving
from tests.exercises.ledger import PROVE, Ledger
from tests.exercises.proving import COLLECTION
from tests.exercises.sample import sampled

LEDGER = Ledger(Path(__file__).parents[2])
EXERCISES = COLLECTION.folder.exercises()
FUNCTIONS = [each for each in EXERCISES if each.answer_type.accepts(print)]
QUESTIONS = [each for each in EXERCISES if each.question]
SLOWEST_FIRST = sorted(EXERCISES, key=lambda each: each.name not in proving.SQL)  # parallel workers end together


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


def normal(exercise: Exercise, answer: Any) -> str:
    return exercise.answer_type.normal({"out": [{"answer": answer}]})["out"][0]["answer"]


@by_name(EXERCISES)
def test_each_expected_record_can_be_told_from_all_others(exercise: Exercise) -> None:
    for seed in (0, *proof.SEEDS):
        for name, rows in COLLECTION.expected(exercise, exercise.sent(seed)).items():
            columns = exercise.identity.get(name, ("key", "time"))
            different = {str(sorted(row.items(), key=str)) for row in rows}
            assert len({tuple(str(row.get(each)) for each in columns) for row in rows}) == len(different), (seed, name)


@by_name(QUESTIONS)
def test_a_question_has_many_answers_and_no_slip_gives_the_right_one(exercise: Exercise) -> None:
    solutions = COLLECTION.solutions_of(exercise)
    cases = [exercise.sent(seed) for seed in catalogue.seeds(exercise)]
    answers = [normal(exercise, solutions.answer(case)) for case in cases]
    assert len(cases) == 21
    assert len({*answers}) > 10
    for wrong, _ in solutions.WRONG:
        assert not [case for case, right in zip(cases, answers, strict=True) if normal(exercise, wrong(case)) == right]


@sampled(EXERCISES, slow={*proving.SQL, "lost-numbers", "compatible-change"})  # a process more, and a registry
def test_unanswered_earns_nothing_the_reference_everything_and_a_wrong_answer_loses_what_it_breaks(
    exercise: Exercise, lab: Lab
) -> None:
    found = [*proof.faults(lab.checks, COLLECTION, exercise, seeds=(), wrong_answers=1)]
    assert not found, "\n".join(found)


@sampled(FUNCTIONS)
def test_a_mutant_of_the_reference_is_caught(exercise: Exercise, lab: Lab) -> None:
    right = proving.EQUIVALENT.get(exercise.name, {})
    mutant = next(mutant for change, mutant in proving.mutants_of(exercise) if change not in right)
    assert not proving.passes(lab.checks, exercise, mutant)


@sampled([each for each in EXERCISES if not each.question])
def test_a_slip_in_the_output_costs_something(exercise: Exercise) -> None:
    found = [*itertools.islice(proving.slips_that_pass(exercise, 0, everywhere=True), 3)]
    assert not found, "\n".join(found)


@sampled([each for each in EXERCISES if not each.question])
def test_no_answer_that_comes_near_earns_everything_with_any_seed(exercise: Exercise) -> None:
    passed = proving.near_misses_that_pass(exercise, (0, *proof.SEEDS[:2]))
    assert passed <= near_misses.right(exercise.name)


@by_name(EXERCISES)
def test_the_whole_proof_is_in_the_ledger(exercise: Exercise) -> None:
    if reason := LEDGER.outdated(exercise):
        pytest.fail(reason, pytrace=False)


def test_the_ledger_has_no_exercise_that_is_gone() -> None:
    if gone := [each.stem for each in LEDGER.removed(EXERCISES)]:
        pytest.fail(f"the ledger has exercises that are gone, {', '.join(gone)}: run {PROVE}", pytrace=False)


@pytest.fixture(scope="module")
def digests() -> dict[str, str]:
    """What the exercises were like when this process began to prove them."""
    return {each.name: LEDGER.digest(each) for each in EXERCISES}


@pytest.mark.proof
@by_name(SLOWEST_FIRST)
def test_every_promise_holds_and_every_mutant_is_caught(
    exercise: Exercise, digests: dict[str, str], request: pytest.FixtureRequest
) -> None:
    """Starts a broker only if there is something to prove."""
    if LEDGER.outdated(exercise) or os.environ.get("LAB_PROVE") == "all":
        lab: Lab = request.getfixturevalue("lab")
        proved, found = proving.prove(lab.checks, exercise)
        assert not found, "\n".join(found)
        assert LEDGER.digest(exercise) == digests[exercise.name], "it changed while it was being proved"
        LEDGER.enter(exercise, digests[exercise.name], proved)


@pytest.mark.proof
def test_an_exercise_that_is_gone_leaves_the_ledger() -> None:
    for each in LEDGER.removed(EXERCISES):
        each.unlink()
