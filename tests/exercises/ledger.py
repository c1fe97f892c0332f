"""The ledger of proofs: what was proved of each exercise, and a digest of everything that the proof depends on.

`pytest -m proof` writes it, in a file for each exercise, so that parallel workers never write to the same one.
"""

import ast
import functools
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson

from labkit.exercises import catalogue
from labkit.exercises.answer_types import Sql
from labkit.exercises.exercise import Exercise

PROVE = "uv run --all-extras pytest -m proof"

# What a proof depends on; and so on whatever of the clone these files import.
MACHINERY = (
    "labkit/broker/kafka.lock.toml",
    "labkit/broker/server.py",
    "labkit/exercises/*.py",
    "labkit/grading/authoring.py",
    "labkit/grading/proof.py",
    "labkit/kafka/*.py",
    "labkit/readings/*.py",
    "labkit/runs/*.py",
    "tests/exercises/mutants.py",
    "tests/exercises/proving.py",
)
FLINK = ("labkit/flink/*.py", "labkit/flink/flink.lock.toml")

# What they import to show a verdict, or to start a process: no verdict depends on it.
BESIDE = ("labkit/__init__.py", "labkit/broker/", "labkit/flink/", "labkit/jvm/", "labkit/live/")


@dataclass(frozen=True)
class Ledger:
    """The ledger of a clone."""

    clone: Path

    @property
    def folder(self) -> Path:
        return self.clone / "tests" / "exercises" / "proofs"

    def entry(self, name: str) -> Path:
        """Where the proof of an exercise is recorded."""
        return self.folder / f"{name}.json"

    def outdated(self, exercise: Exercise) -> str:
        """Why an exercise must be proved anew, in a line; empty if it need not be."""
        file = self.entry(exercise.name)
        if not file.exists():
            return f"the exercise {exercise.name} was never proved: run {PROVE}"
        proved = orjson.loads(file.read_bytes())
        if proved["versions"] != versions(exercise):
            then, now = (_words(each) for each in (proved["versions"], versions(exercise)))
            return f"the exercise {exercise.name} was proved with {then}, and now there is {now}: run {PROVE}"
        if proved["digest"] != self.digest(exercise):
            return f"the exercise {exercise.name}, or what checks it, changed since it was proved: run {PROVE}"
        return ""

    def enter(self, exercise: Exercise, digest: str, proved: Mapping[str, Any]) -> None:
        """Record what was proved of an exercise that had this digest."""
        entry = {"exercise": exercise.name, **proved, "digest": digest, "versions": versions(exercise)}
        options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
        self.folder.mkdir(exist_ok=True)
        self.entry(exercise.name).write_bytes(orjson.dumps(entry, option=options))

    def removed(self, exercises: list[Exercise]) -> list[Path]:
        """The entries of all exercises but these."""
        known = {self.entry(each.name) for each in exercises}
        return sorted({*self.folder.glob("*")} - known)

    def digest(self, exercise: Exercise) -> str:
        """A fingerprint of all that its proof depends on."""
        lines = (f"{file.relative_to(self.clone).as_posix()} {_content(file)}" for file in self.files(exercise))
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]

    def files(self, exercise: Exercise) -> list[Path]:
        """All files that its proof depends on."""
        name = catalogue.file_of(exercise.name)
        folders = (
            "labkit/exercises/collection",
            "labkit/exercises/collection/smaller",
            "labkit/grading/oracles",
            "tests/exercises/nearly",
            "tests/solutions",
        )
        patterns = (*(f"{folder}/{name}" for folder in folders), *MACHINERY, *(FLINK if _is_flinks(exercise) else ()))
        waiting = [file for pattern in patterns for file in self.clone.glob(pattern)]
        found: set[Path] = set()
        while waiting:
            file = waiting.pop()
            if file not in found:
                found.add(file)
                waiting += self._imported(file)
        return sorted(found)

    def _imported(self, file: Path) -> list[Path]:
        """The files of the clone that a file imports."""
        names = _parsed(file.read_text())[1] if file.suffix == ".py" else ()
        paths = (f"{name.replace('.', '/')}{end}" for name in names for end in (".py", "/__init__.py"))
        return [self.clone / path for path in paths if not path.startswith(BESIDE) and (self.clone / path).is_file()]


def versions(exercise: Exercise) -> dict[str, str]:
    """The versions of the libraries that run the answers."""
    libraries = ("quixstreams", *(("apache-flink",) if _is_flinks(exercise) else ()))
    return {each: version(each) for each in libraries}


def _words(found: Mapping[str, str]) -> str:
    return ", ".join(f"{library} {number}" for library, number in found.items())


def _is_flinks(exercise: Exercise) -> bool:
    return isinstance(exercise.answer_type, Sql)


def _content(file: Path) -> str:
    """What counts of a file: of Python not its comments, its docstrings and its layout."""
    return _parsed(file.read_text())[0] if file.suffix == ".py" else hashlib.sha256(file.read_bytes()).hexdigest()


@functools.cache
def _parsed(source: str) -> tuple[str, tuple[str, ...]]:
    """The fingerprint of a Python file, and the names of what may be modules among its imports."""
    tree = ast.parse(source)
    return hashlib.sha256(_dump(tree).encode()).hexdigest(), tuple(_imports(tree))


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (node.module, *(f"{node.module}.{each.name}" for each in node.names))


def _dump(node: Any) -> str:
    """A syntax tree as text, the same in all versions of Python, unlike that of `ast.dump`."""
    if isinstance(node, list):
        return f"[{', '.join(map(_dump, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = ((name, _essential(node, value)) for name, value in ast.iter_fields(node))
    shown = ", ".join(f"{name}={_dump(value)}" for name, value in fields if value not in (None, []))
    return f"{type(node).__name__}({shown})"


def _essential(node: ast.AST, value: Any) -> Any:
    """A field of a node, but a block without its docstring, and an f-string without the empty text that the parser of
    some versions of Python 3.12 adds.
    """
    match node, value:
        case ast.JoinedStr(), list():
            return [each for each in value if not (isinstance(each, ast.Constant) and each.value == "")]
        case _, [ast.Expr(value=ast.Constant(value=str())), *others]:
            return others
    return value
