"""Records the expectations of exercises, and finds the parts of a collection."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson

from labkit.errors import LabError
from labkit.exercises import catalogue
from labkit.exercises.answer_types import Output
from labkit.exercises.catalogue import Folder, module
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import Sent


@dataclass(frozen=True)
class Collection:
    """A folder of exercises, with the folders of their oracles and their solutions."""

    folder: Folder
    oracles: Path
    solutions: Path

    def expected(self, exercise: Exercise, sent: Sequence[Sent]) -> Output:
        """Returns what the oracle expects, by output. It yields the rows of the only output, or returns a dict."""
        found = module(self.oracles / catalogue.file_of(exercise.name)).expected(sent)
        rows = {name: list(rows) for name, rows in found.items()} if isinstance(found, dict) else {"out": list(found)}
        return exercise.answer_type.normal(rows)

    def sealed(self, exercise: Exercise, sent: Sequence[Sent]) -> Output:
        """Returns the same as the recorded expectations hold it, which students get."""
        return exercise.answer_type.sealed(sent, self.expected(exercise, sent))

    def solutions_of(self, exercise: Exercise) -> ModuleType:
        """Returns the file with the reference and the wrong answers; see `proof`."""
        return module(self.solution(exercise.name))

    def solution(self, name: str) -> Path:
        """Returns where the reference and the wrong answers of an exercise are."""
        return self.solutions / catalogue.file_of(name)

    def smaller(self, exercise: Exercise, repaired: bool = False) -> Any:
        """Returns the answer that the smaller step of an exercise gives; `repaired` as REPAIR in the solutions says.

        Raises LabError if the program cannot be imported, defines no answer, or does not hold once what is repaired.
        """
        file = self.folder.smaller(exercise.name)
        if repaired:
            before, after = getattr(self.solutions_of(exercise), "REPAIR", ("", ""))
            if (text := file.read_text()).count(before) != 1:
                raise LabError(
                    f"The solutions of {exercise.name} need REPAIR = (what is wrong in {file}, what is right)."
                )
            with tempfile.TemporaryDirectory() as directory:
                return _answer_in(_written(Path(directory) / file.name, text.replace(before, after)))
        return _answer_in(file)

    def recording(self, exercise: Exercise) -> bytes:
        """Returns the file of the recorded expectations, as it should be."""
        notebooks = [exercise.sent(seed) for seed in catalogue.seeds(exercise)]
        content = {catalogue.digest(sent): self.sealed(exercise, sent) for sent in notebooks}
        return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)

    def record(self, exercise: Exercise) -> bool:
        """Writes the recorded expectations. Returns whether they have changed."""
        file, new = self.folder.recording(exercise.name), self.recording(exercise)
        if file.exists() and file.read_bytes() == new:
            return False
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(new)
        return True


def _written(file: Path, text: str) -> Path:
    file.write_text(text)
    return file


def _answer_in(file: Path) -> Any:
    found = getattr(module(file), file.stem, None)
    if found is None:
        raise LabError(f"{file} must define {file.stem}: a right answer but for one fault.")
    return found


def of_the_package() -> Collection:
    """Returns the lab's own exercises; their solutions are among its tests, so only in a clone."""
    package = Path(__file__).parents[1]
    return Collection(
        Folder(catalogue.COLLECTION), package / "grading" / "oracles", package.parent / "tests" / "solutions"
    )


def of(path: Path) -> Collection:
    """Returns the exercises in an instructor's own folder."""
    return Collection(Folder(path), path / "oracles", path / "solutions")
