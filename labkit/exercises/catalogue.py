"""Finds an exercise by name, in the package and in the folders that LAB_EXERCISES names."""

import hashlib
import importlib.util
import os
import traceback
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import orjson

from labkit.errors import LabError
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import INPUT, RECORDED, Row, Sent
from labkit.spelling import did_you_mean, normal

COLLECTION = Path(__file__).with_name("collection")
CASES = 20  # number of cases of a short answer, one per seed


@dataclass(frozen=True)
class Folder:
    """A folder with one file per exercise, the recorded expectations in the folder `recorded`, and programs with one
    fault each in the folder `smaller`.
    """

    path: Path

    def names(self) -> list[str]:
        """Returns the names of its exercises."""
        files = sorted(self.path.glob("*.py"))
        return [each.stem.replace("_", "-") for each in files if not each.stem.startswith("_")]

    def exercise(self, name: str) -> Exercise:
        """Raises LabError if the file cannot be imported, or does not define an exercise of this name."""
        file = self.path / file_of(name)
        found = getattr(module(file), "EXERCISE", None)
        if not isinstance(found, Exercise) or found.name != name:
            raise LabError(f"{file} must define EXERCISE = Exercise(name={name!r}, ...).")
        return found

    def exercises(self) -> list[Exercise]:
        """Returns all of them, in the order of the lessons."""
        return sorted(map(self.exercise, self.names()), key=lambda each: (each.lesson, each.number, each.name))

    def recording(self, name: str) -> Path:
        """Returns the file of the recorded expectations."""
        return self.path / "recorded" / f"{name}.json"

    def smaller(self, name: str) -> Path:
        """Returns the file of the program with one fault; an exercise need not have one."""
        return self.path / "smaller" / file_of(name)

    def smaller_step(self, name: str) -> str:
        """Returns a program that does what an exercise asks but for one fault, and its check; empty if there is none.

        The program defines the answer under the name of its file.
        """
        file = self.smaller(name)
        return f'{file.read_text()}\n\nlab.check("{name}", {file.stem})' if file.exists() else ""

    def expected(self, exercise: Exercise, sent: Sequence[Sent]) -> dict[str, list[Row]]:
        """Returns the recorded expectations. Raises LabError if there are none, or if they belong to other readings."""
        file = self.recording(exercise.name)
        recorded: dict[str, dict[str, list[Row]]] = orjson.loads(file.read_bytes()) if file.exists() else {}
        if digest(sent) not in recorded:
            raise LabError(
                f"The recorded expectations of {exercise.name} are missing or out of date: "
                f"`lab prove --exercises {self.path}` makes them."
            )
        return recorded[digest(sent)]


def seed_for(exercise: Exercise, student: str) -> str:
    """Returns the seed of the readings in a student's notebook: the same for everybody, except for questions."""
    name = normal(student)
    return str(zlib.crc32(f"{exercise.name} {name}".encode()) % CASES + 1) if exercise.question and name else RECORDED


def seeds(exercise: Exercise) -> list[str]:
    """Returns all seeds of readings in notebooks."""
    return [RECORDED, *(str(number + 1) for number in range(CASES) if exercise.question)]


def file_of(name: str) -> str:
    """Returns the name of the files of an exercise: its own, its oracle's and its solutions'."""
    return f"{name.replace('-', '_')}.py"


def digest(sent: Sequence[Sent]) -> str:
    """Returns a fingerprint of the input records. Only another topic than the first is part of it."""
    values = (each.raw.decode(errors="backslashreplace") for each in sent)
    lines = (
        f"{each.topic if each.topic != INPUT else ''}{each.key} {each.timestamp} {each.part} {value}"
        for each, value in zip(sent, values, strict=True)
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def module(file: Path) -> ModuleType:
    """Imports a Python file as a module. Raises LabError if that fails."""
    spec = importlib.util.spec_from_file_location(f"labkit_exercises_{file.stem}", file)
    if not file.exists() or not spec or not spec.loader:
        raise LabError(f"There is no file {file}.")
    found = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(found)
    except Exception as error:
        raise LabError(f"{file} cannot be imported: {_reason(error, file)}") from error
    return found


def _reason(error: Exception, file: Path) -> str:
    """Says why a file could not be imported, with its line, which a SyntaxError names by itself."""
    lines = [each.lineno for each in traceback.extract_tb(error.__traceback__) if each.filename == str(file)]
    return f"{type(error).__name__}: {error}{f' (line {lines[-1]})' if lines else ''}."


def folders() -> Iterator[Folder]:
    """Yields the package's own folder, then those in LAB_EXERCISES, separated as in PATH."""
    yield Folder(COLLECTION)
    for path in filter(None, os.environ.get("LAB_EXERCISES", "").split(os.pathsep)):
        yield Folder(Path(path))


def find(name: str) -> tuple[Folder, Exercise]:
    """Returns the exercise of this name and its folder. Raises LabError, with similar names, if there is none."""
    known = {each: folder for folder in folders() for each in folder.names()}
    if name not in known:
        hint = did_you_mean(str(name), known) or f"there is {', '.join(known)}."
        raise LabError(f"There is no exercise {name!r}: {hint}")
    return known[name], known[name].exercise(name)
