"""No notebook, and no file outside tests/ and labkit/grading/, holds a solution."""

import ast
import base64
import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from labkit.exercises import catalogue
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import BASE
from labkit.grading import authoring, marking
from labkit.grading.sandbox import Limits, Outcome

ROOT = Path(__file__).parents[2]
COLLECTION = authoring.of_the_package()
EXERCISES = COLLECTION.folder.exercises()


def sources(root: Path) -> Iterator[tuple[str, str]]:
    """Every piece of code that a student can see, and where it is."""
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            yield path.name, cell.source if cell.cell_type == "code" else "\n".join(fenced(cell.source))
    for path in [*root.glob("*.md"), *root.glob("docs/**/*.md")]:
        yield from ((path.name, block) for block in fenced(path.read_text()))
    for path in (root / "labkit").rglob("*.py"):
        if "grading" not in path.parts:
            yield str(path.relative_to(root)), path.read_text()


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


@functools.cache
def here() -> list[tuple[str, str]]:
    return [*sources(ROOT)]


@functools.cache
def places() -> dict[str, str]:
    """Body of a function -> the file that it is in."""
    return {body: file for file, source in here() for body in bodies(source)}


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda each: each.name)
def test_its_solution_is_nowhere_else(exercise: Exercise) -> None:
    answer = COLLECTION.solutions_of(exercise).answer
    if callable(answer):
        file = COLLECTION.solution(exercise.name)
        (reference,) = [node for node in ast.parse(file.read_text()).body if getattr(node, "name", "") == "answer"]
        assert places().get(ast.dump(ast.Module(reference.body, []))) is None
    else:
        squeezed = "".join(str(answer).split())
        assert [file for file, text in here() if len(squeezed) > 20 and squeezed in "".join(text.split())] == []


@pytest.mark.parametrize("exercise", [each for each in EXERCISES if each.question], ids=lambda each: each.name)
def test_the_recorded_short_answers_tell_neither_the_answer_nor_which_cases_share_it(exercise: Exercise) -> None:
    recorded = COLLECTION.folder.recording(exercise.name)
    cases = [exercise.sent(seed) for seed in catalogue.seeds(exercise)]
    answers = {each["answer"] for case in cases for each in COLLECTION.expected(exercise, case)["out"]}
    assert not [each for each in answers if f'"{each}"' in recorded.read_text()]
    sealed = [rows["out"][0]["answer"] for rows in json.loads(recorded.read_text()).values()]
    assert len({*sealed}) == len(sealed) == len({*map(catalogue.digest, cases)})


def test_what_is_recorded_earns_nothing_where_it_is_graded() -> None:
    exercise = COLLECTION.folder.exercise("after-restart")
    case = exercise.sent(catalogue.seed_for(exercise, "Anna"))
    right, recorded = COLLECTION.expected(exercise, case), COLLECTION.folder.expected(exercise, case)
    assert [points(exercise, rows["out"][0]["answer"]) for rows in (right, recorded)] == [exercise.points, 0]


def points(exercise: Exercise, answer: str) -> int:
    """What the grader gives Anna for this record."""
    value = base64.b64encode(json.dumps({"answer": answer, "student": "Anna"}).encode()).decode()
    line = {"key": None, "time": BASE, "headers": {}, "value": value}
    outcome = Outcome(records={exercise.topic("out"): [line]})
    return marking.mark(COLLECTION, exercise, (), outcome, Limits()).points
