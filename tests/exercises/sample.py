"""A sample of the exercises, one for each way in which answers are tried: testing the others is slow."""

from collections.abc import Collection, Sequence
from typing import Any

import pytest

from labkit.exercises.exercise import Exercise
from labkit.grading import authoring

LONG = {"one-turbine-again", "wrong-clock", "outages", "changes", "retries"}  # only if there is no other


def way(exercise: Exercise) -> tuple[Any, ...]:
    """How an answer is tried: its type, with what makes a difference in it, and its topics."""
    tried = exercise.answer_type
    details = [bool(getattr(tried, each, None)) for each in ("raw", "producer", "restart")]
    return type(tried), len(exercise.inputs), len(exercise.outputs), *details


EXERCISES = sorted(authoring.of_the_package().folder.exercises(), key=lambda each: each.name not in LONG)
SAMPLE = {*{way(each): each.name for each in EXERCISES}.values()}


def sampled(exercises: Sequence[Exercise], slow: Collection[str] = ()) -> pytest.MarkDecorator:
    """Parametrizes a test by `exercise`; slow are those of these names, too."""
    marks = [[pytest.mark.slow] if each.name not in SAMPLE or each.name in slow else [] for each in exercises]
    cases = [pytest.param(each, marks=some, id=each.name) for each, some in zip(exercises, marks, strict=True)]
    return pytest.mark.parametrize("exercise", cases)
