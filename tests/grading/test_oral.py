"""Which reading an oral check is about."""

import random

import pytest

from labkit.exercises.answer_types import Pipeline
from labkit.grading import oral
from tests.grading.classes import COLLECTION, DAMP, RECORDS
from tests.grading.reports import task

PIPELINES = [each for each in COLLECTION.folder.exercises() if isinstance(each.answer_type, Pipeline)]


@pytest.mark.parametrize("exercise", PIPELINES, ids=lambda each: each.name)
def test_one_reading_is_changed_and_it_matters(exercise: oral.Exercise) -> None:
    sent = exercise.sent("a seed")
    for seed in range(3):
        change = oral.changed(COLLECTION, exercise, sent, random.Random(seed))
        n, old, missing = change.number, sent[change.number], len(sent) - len(change.sent)
        assert change.sent[:n] == sent[:n]
        assert change.sent[n + 1 - missing :] == sent[n + 1 :]
        if missing:
            assert change.after == "it is missing"
        else:
            new = change.sent[n]
            assert len({name for name in old.fields if old.fields[name] != new.fields[name]}) == 1
            assert (old.key, old.timestamp, old.part) == (new.key, new.timestamp, new.part)
        assert COLLECTION.expected(exercise, change.sent) != COLLECTION.expected(exercise, sent)
        assert change.before != change.after


def test_each_student_is_asked_about_one_notebook_with_a_pipeline() -> None:
    short = [each for each in COLLECTION.folder.exercises() if each.name == "which-records"]
    question = oral.Task(task("cleo", code=RECORDS).submission, tuple(short))
    everything = [task("anna", "1.ipynb", code=DAMP), task("anna", "2.ipynb", code=DAMP), question, task("ben")]
    assert [(each.student, each.submission.file) for each in oral.tasks(everything)] == [
        ("anna", "1.ipynb"), ("ben", "02.ipynb"),
    ]  # fmt: skip
