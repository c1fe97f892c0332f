"""How far a student is: exercises and predictions in one table."""

from typing import Any

import pandas as pd

from labkit import progress
from labkit.exercises import checks
from labkit.predictions.question import Question, questions


class Overview(pd.DataFrame):  # type: ignore[misc]  # pandas has no types
    """A table that shows each of its rows: of so many, others show ten."""

    def __repr__(self) -> str:
        return str(self.to_string())

    def _repr_html_(self) -> str:
        with pd.option_context("display.max_rows", None):
            return str(super()._repr_html_())


def table() -> Overview:
    """Returns one row per exercise and prediction, by lesson: its kind, name, title and points, and what became of it.

    Raises LabError if an exercise or the progress cannot be read.
    """
    kept = progress.predicted()
    exercises = checks.table().assign(kind="exercise")
    predictions = pd.DataFrame([_row(each, kept.get(each.name, {})) for each in questions().values()])
    both = pd.concat([predictions, exercises])[["lesson", "kind", "name", "title", "points", "state"]]
    return Overview(both.sort_values("lesson", kind="stable", ignore_index=True))


def _row(question: Question, kept: dict[str, Any]) -> dict[str, object]:
    own = {"lesson": question.lesson, "name": question.name, "title": question.title}
    return {"kind": "prediction", "points": 0, "state": state(kept)} | own


def state(kept: dict[str, Any]) -> str:
    """Returns what became of a prediction in a few words."""
    if "said" not in kept:
        return "not yet"
    if "again" in kept:
        return "right in a warm-up"
    return {True: "right", False: "wrong", None: "the answer is still to come"}[kept.get("right")]
