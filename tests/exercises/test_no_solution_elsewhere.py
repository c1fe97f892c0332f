"""No notebook, and no file outside tests/ and labkit/grading/, holds a solution."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from labkit.exercises.exercise import Exercise
from labkit.exercises.short_answers import canonical, digest
from labkit.grading import authoring

ROOT = Path(__file__).parents[2]
COLLECTION = authoring.of_the_package()
EXERCISES = COLLECTION.folder.exercises()


def sources() -> Iterator[tuple[str, str]]:
    """Every piece of code that a student can see, and where it is."""
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            yield path.name, cell.source if cell.cell_type == "code" else "\n".join(fenced(cell.source))
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        yield from ((path.name, block) for block in fenced(path.read_text()))
    for path in (ROOT / "labkit").rglob("*.py"):
        if "grading" not in path.parts:
            yield str(path.relative_to(ROOT)), path.read_text()


def fenced(markdown: str) -> list[str]:
    return re.findall(r"```(?:python|sql)\n(.*?)```", markdown, flags=re.DOTALL)


def bodies(source: str) -> set[str]:
    """The bodies of its functions, whatever their names."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return set()
    found = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return {ast.dump(ast.Module(node.body, [])) for node in found}


SOURCES = [*sources()]
BODIES = {body: file for file, source in SOURCES for body in bodies(source)}


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda each: each.name)
def test_its_solution_is_nowhere_else(exercise: Exercise) -> None:
    answer = COLLECTION.solutions_of(exercise).answer
    if callable(answer):
        file = COLLECTION.solution(exercise.name)
        (reference,) = [node for node in ast.parse(file.read_text()).body if getattr(node, "name", "") == "answer"]
        assert BODIES.get(ast.dump(ast.Module(reference.body, []))) is None
    else:
        squeezed = "".join(str(answer).split())
        assert [file for file, text in SOURCES if len(squeezed) > 20 and squeezed in "".join(text.split())] == []


@pytest.mark.parametrize("exercise", [each for each in EXERCISES if each.question], ids=lambda each: each.name)
def test_a_short_answer_is_recorded_as_a_digest_only(exercise: Exercise) -> None:
    answer = COLLECTION.solutions_of(exercise).answer(exercise.sent(0))
    recorded = COLLECTION.folder.recording(exercise.name).read_text()
    assert digest(exercise.name, answer) in recorded
    assert f'"{canonical(answer)}"' not in recorded
