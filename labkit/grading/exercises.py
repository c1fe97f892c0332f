"""The exercises of a course: the lab's own, and those in folders of the instructor's."""

import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from labkit.errors import LabError
from labkit.exercises import catalogue
from labkit.exercises.answer_types import Output
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import ORDINARY, RECORDED, Sent
from labkit.grading import authoring
from labkit.grading.authoring import Collection

NUMBER = re.compile(r"(?<![\w.])(?=(?:\.?\d){4})\d+(?:\.\d+)?(?![\w.])")  # of four digits or more

# Run before a notebook, in whose sandbox there are no files of the instructor's.
BEFORE = """
def _():
    import json, os, pathlib, tempfile
    folder = pathlib.Path(tempfile.mkdtemp())
    for name, text in json.loads({files!r}).items():
        (folder / name).write_text(text, encoding="utf-8")
    os.environ["LAB_EXERCISES"] = str(folder)
_()
del _
"""


@dataclass(frozen=True)
class Exercises:
    """Collections of exercises; of those with the same name, that of the last one counts, as for students."""

    collections: tuple[Collection, ...]

    @cached_property
    def _by_name(self) -> dict[str, tuple[Exercise, Collection]]:
        return {each.name: (each, part) for part in self.collections for each in part.folder.exercises()}

    def all(self) -> list[Exercise]:
        """Returns the exercises, in the order of the lessons."""
        found = [exercise for exercise, _ in self._by_name.values()]
        return sorted(found, key=lambda each: (each.lesson, each.number, each.name))

    def expected(self, exercise: Exercise, sent: Sequence[Sent]) -> Output:
        """Returns what the oracle expects, by output."""
        return self._collection(exercise).expected(exercise, sent)

    def version(self, exercise: Exercise) -> str:
        """Returns a fingerprint of an exercise, with its oracle."""
        collection, name = self._collection(exercise), catalogue.file_of(exercise.name)
        files = (collection.folder.path / name, collection.oracles / name)
        return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]

    def before(self, exercises: Sequence[Exercise]) -> list[str]:
        """Returns the cell that brings the instructor's own exercises, without oracles, to a notebook that has any."""
        own = [each for each in exercises if self._collection(each).folder.path != catalogue.COLLECTION]
        folders = {self._collection(each).folder.path for each in own}
        files = {file.name: file.read_text(encoding="utf-8") for folder in folders for file in folder.glob("*.py")}
        return [BEFORE.format(files=json.dumps(files))] if files else []

    def references(self) -> dict[str, str]:
        """Returns the sources of the solutions, as far as they are on this computer, by exercise."""
        files = {name: collection.solution(name) for name, (_, collection) in self._by_name.items()}
        return {name: file.read_text(encoding="utf-8") for name, file in files.items() if file.exists()}

    def smaller_steps(self) -> dict[str, str]:
        """Returns the programs with one fault, by exercise; empty where there is none."""
        return {name: collection.folder.smaller_step(name) for name, (_, collection) in self._by_name.items()}

    def recordings(self) -> dict[str, set[float]]:
        """Returns the numbers of four digits or more in what is recorded as coming out of each exercise."""
        files = {name: collection.folder.recording(name) for name, (_, collection) in self._by_name.items()}
        texts = {name: file.read_text(encoding="utf-8") for name, file in files.items() if file.exists()}
        return {name: {float(number) for number in NUMBER.findall(text)} for name, text in texts.items()}

    def _collection(self, exercise: Exercise) -> Collection:
        return self._by_name[exercise.name][1]


def of_a_course(folder: Path | None) -> Exercises:
    """Returns the lab's own exercises, those in LAB_EXERCISES, and those in the folder that the course names.

    Raises LabError if a folder does not exist, or if one of its exercises cannot be graded.
    """
    paths = [*map(Path, filter(None, os.environ.get("LAB_EXERCISES", "").split(os.pathsep)))]
    paths += [folder] if folder and folder not in paths else []
    for path in paths:
        if not path.is_dir():
            raise LabError(f"There is no folder of exercises at {path}.")
    own = [authoring.of(path) for path in paths]
    for collection in own:
        check(collection)
    return Exercises((authoring.of_the_package(), *own))


def check(collection: Collection) -> None:
    """Raises LabError if there is no exercise, or if something is missing that proofs and the grader need."""
    found = collection.folder.exercises()
    if not found:
        raise LabError(f"There is no exercise in {collection.folder.path}: docs/exercises.md says what one looks like.")
    for exercise in found:
        oracle = collection.oracles / catalogue.file_of(exercise.name)
        if not oracle.exists():
            raise LabError(f"{exercise.name} has no oracle: there is no file {oracle}.")
        parts = {each.part for each in exercise.sent(RECORDED)} | {ORDINARY}
        for behaviour in exercise.behaviours:
            if behaviour.part and behaviour.part not in parts:
                raise LabError(f"{exercise.name}: no reading has the part {behaviour.part!r}.")
    twice = [place for place, many in Counter((each.lesson, each.number) for each in found).items() if many > 1]
    if twice:
        raise LabError(f"{collection.folder.path}: two exercises have the number {twice[0][1]} of {twice[0][0]}.")
