"""What a course consists of, as far as the wall is concerned."""

import functools
from pathlib import PurePath
from typing import NamedTuple

from labkit.exercises import catalogue
from labkit.predictions.question import questions
from labkit.wall.records import Course


class Exercise(NamedTuple):
    """Its title, and its behaviours in words."""

    title: str
    behaviours: tuple[str, ...]


class Question(NamedTuple):
    """Its title, and what each value says; none if a number is asked for."""

    title: str
    choices: dict[str, str]


@functools.cache
def notebooks() -> frozenset[str]:
    """Returns the names of the lab's own notebooks: what somebody else's is called is nobody's business."""
    lessons = {each.lesson for each in questions().values()}
    lessons |= {each.lesson for each in catalogue.Folder(catalogue.COLLECTION).exercises()}
    return frozenset(lessons | {f"{each}_exercises" for each in lessons})


def notebook(path: str) -> str:
    """Returns the name of the notebook at a path, if it is one of the lab's; otherwise an empty text."""
    name = PurePath(path).stem
    return name if name in notebooks() else ""


@functools.cache
def exercises() -> dict[str, Exercise]:
    """Returns all exercises by name, in the order of the lessons, those of LAB_EXERCISES among them."""
    found = [each for folder in catalogue.folders() for each in folder.exercises()]
    return {each.name: Exercise(each.title, tuple(b.description for b in each.behaviours)) for each in found}


@functools.cache
def asked() -> dict[str, Question]:
    """Returns all questions by name. Where a lesson fills in a number, the value stands for the choice."""
    return {
        name: Question(each.title, {c.value: c.value if "{" in c.says else c.says for c in each.choices})
        for name, each in questions().items()
    }


def course() -> Course:
    """Returns what a record may be about."""
    sizes = {name: len(each.behaviours) for name, each in exercises().items()}
    return Course(notebooks(), sizes, {name: tuple(each.choices) for name, each in asked().items()})
