"""Whether an exercise keeps its promises: an empty answer earns nothing, the reference earns everything, and each wrong
answer loses exactly the behaviours that it breaks. (The first two are the rule of rustlings for its exercises.) A
smaller step falls short, and is right once its one fault is repaired.

The solutions file has the reference, `answer`, and `WRONG`: pairs of a wrong answer and the first words of each
behaviour that it breaks. It may have `RIGHT`: other answers that are right too. For a question with a short answer,
these are functions of its case. `REPAIR` is what is wrong in the text of the smaller step, and what is right instead.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from labkit.exercises import records
from labkit.exercises.checks import Checks, refused
from labkit.exercises.exercise import Exercise
from labkit.exercises.verdict import Verdict
from labkit.grading.authoring import Collection

SEEDS = tuple(range(1, 21))
WRONG_ANSWERS = 3  # at least


def faults(
    checks: Checks,
    collection: Collection,
    exercise: Exercise,
    seeds: Iterable[int] = SEEDS,
    wrong_answers: int | None = None,
) -> Iterator[str]:
    """Yields what is wrong with an exercise, one line each. Takes seconds: every answer runs on the real broker.

    Only the first `wrong_answers` are tried, if a number is given.
    """
    solutions = collection.solutions_of(exercise)
    for unanswered in (None, lambda *_: None) if exercise.answer_type.accepts(print) else (None,):
        if not refused(exercise, unanswered):
            yield "an unanswered exercise is tried"
    for seed in (records.RECORDED, *seeds):
        verdict = tried(checks, collection, exercise, solutions.answer, seed)
        if not verdict.passed:
            yield f"the reference falls short with seed {seed}:\n{verdict}"
    for right in getattr(solutions, "RIGHT", ()):
        verdict = tried(checks, collection, exercise, right)
        if not verdict.passed:
            yield f"the right answer {right.__name__} falls short:\n{verdict}"
    yield from _faults_of_the_smaller_step(checks, collection, exercise)
    if len(solutions.WRONG) < WRONG_ANSWERS:
        yield f"there are {len(solutions.WRONG)} wrong answers, not {WRONG_ANSWERS}"
    for wrong, breaks in solutions.WRONG[:wrong_answers]:
        verdict = tried(checks, collection, exercise, wrong)
        if not loses_exactly(verdict, breaks):
            name = getattr(wrong, "__name__", wrong)
            yield f"the wrong answer {name} should lose what begins with {breaks}:\n{verdict}"


def _faults_of_the_smaller_step(checks: Checks, collection: Collection, exercise: Exercise) -> Iterator[str]:
    """Yields what is wrong with a smaller step: it must lose something but not all, and nothing once it is repaired."""
    if not collection.folder.smaller(exercise.name).exists():
        return
    verdict = tried(checks, collection, exercise, collection.smaller(exercise))
    if verdict.passed or not verdict.points:
        yield f"the smaller step should fall short, and earn something:\n{verdict}"
    verdict = tried(checks, collection, exercise, collection.smaller(exercise, repaired=True))
    if not verdict.passed:
        yield f"the smaller step falls short though its one fault is repaired:\n{verdict}"


def tried(checks: Checks, collection: Collection, exercise: Exercise, answer: Any, seed: Any = 0) -> Verdict:
    """Returns the verdict on an answer, on the readings of a seed. A short answer is a function of its case."""
    sent = exercise.sent(seed)
    answer = answer(sent) if exercise.question else answer
    return checks.judged(exercise, answer, sent, collection.sealed(exercise, sent))


def loses_exactly(verdict: Verdict, breaks: Iterable[str]) -> bool:
    """Whether exactly one failed behaviour begins with each of these prefixes, and no other behaviour has failed."""
    lost = [each.behaviour.description for each in verdict.findings if not each.holds]
    breaks = tuple(breaks)
    return len(lost) == len(breaks) and all(each.startswith(breaks) for each in lost)
