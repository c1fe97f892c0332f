"""Notebooks of exercises with their references, and what wrong answers lose: for instructors."""

import ast
import json
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from labkit.errors import LabError
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import RECORDED
from labkit.grading.authoring import Collection

CHECK = re.compile(r"""\.check\(\s*["']([a-z-]+)["']""")


def write(folder: Path, lessons: Path, collection: Collection) -> int:
    """Write a copy of each notebook of exercises in `lessons`, with solutions, into a new folder. Returns their number.

    Raises LabError if there is such a folder already, or it cannot be written.
    """
    notebooks = sorted(lessons.glob("*_exercises.ipynb"))
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise LabError(f"{folder} cannot be made: {error.strerror}.") from None
    try:
        for each in notebooks:
            text = json.dumps(_solved(json.loads(each.read_text()), collection), indent=1, ensure_ascii=False)
            (folder / each.name).write_text(f"{text}\n")
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise LabError(f"{folder} cannot be written: {error.strerror}.") from None
    return len(notebooks)


def _solved(notebook: dict[str, Any], collection: Collection) -> dict[str, Any]:
    cells = []
    for cell in notebook["cells"]:
        cells.append(cell)
        if cell["cell_type"] == "code" and (found := CHECK.search("".join(cell["source"]))):
            cells += _solution(collection.folder.exercise(found[1]), collection)
    return notebook | {"cells": cells}


def _solution(exercise: Exercise, collection: Collection) -> list[dict[str, Any]]:
    """Returns two cells: the reference, and what wrong answers lose."""
    empty: dict[str, Any] = {"cell_type": "code", "execution_count": None, "outputs": []}
    return [
        empty | _cell(exercise, "solved", code(exercise, collection)),
        {"cell_type": "markdown"} | _cell(exercise, "wrong", wrong_answers(exercise, collection)),
    ]


def _cell(exercise: Exercise, kind: str, source: str) -> dict[str, Any]:
    return {"id": f"{exercise.name}-{kind}", "metadata": {}, "source": source.splitlines(keepends=True)}


def code(exercise: Exercise, collection: Collection) -> str:
    """Returns a cell with the reference and its check; of a question, the answer for nobody in particular."""
    if exercise.question:
        found = collection.solutions_of(exercise).answer(exercise.sent(RECORDED))
        return f'# where lab.student = ""\nlab.check("{exercise.name}", {found!r})'
    reference = needed_for("answer", collection.solution(exercise.name).read_text())
    return f'{reference}\n\n\nlab.check("{exercise.name}", answer)'


def needed_for(name: str, source: str) -> str:
    """Returns the top-level statements of a module that a name needs, directly or by way of others."""
    tree = ast.parse(source)
    wanted, statements = {name}, set[int]()
    while found := [n for n, each in enumerate(tree.body) if n not in statements and wanted & {*_defined(each)}]:
        statements.update(found)
        wanted.update(each.id for n in found for each in ast.walk(tree.body[n]) if isinstance(each, ast.Name))
    parts = [tree.body[n] for n in sorted(statements)]
    return "\n\n\n".join(_joined_imports([ast.get_source_segment(source, each) or "" for each in parts]))


def _joined_imports(parts: Sequence[str]) -> list[str]:
    imports = [each for each in parts if each.startswith(("import ", "from "))]
    return ["\n".join(imports)] * bool(imports) + [each for each in parts if each not in imports]


def _defined(statement: ast.stmt) -> Iterator[str]:
    """Yields the names that a statement gives to something."""
    match statement:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            yield from ((each.asname or each.name).partition(".")[0] for each in names)
        case _:
            names_in_it = (each for each in ast.walk(statement) if isinstance(each, ast.Name))
            yield from (each.id for each in names_in_it if isinstance(each.ctx, ast.Store))


def wrong_answers(exercise: Exercise, collection: Collection) -> str:
    """Returns a list of known wrong answers, with what each loses, as Markdown."""
    solutions = collection.solutions_of(exercise)
    lines = [
        f"- *{_name_of(answer, solutions)}* loses: {'; '.join(_whole(each, exercise) for each in lost)}."
        for answer, lost in solutions.WRONG
    ]
    return "\n".join(["**Wrong answers** that are known:", "", *lines])


def _name_of(answer: object, solutions: ModuleType) -> str:
    return next(name for name, each in vars(solutions).items() if each is answer).replace("_", " ")


def _whole(beginning: str, exercise: Exercise) -> str:
    """Returns the behaviour that begins so, without its full stop."""
    return next(each.description for each in exercise.behaviours if each.description.startswith(beginning)).rstrip(".")
