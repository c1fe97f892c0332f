"""`lab handout --instructor`: the exercises with their solutions. That these are right, test_execution.py tells."""

import ast
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from labkit import LabError
from labkit.grading import authoring, solved

COLLECTION = authoring.of_the_package()
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def test_each_exercise_is_followed_by_its_reference_and_what_wrong_answers_lose(tmp_path: Path) -> None:
    folder = tmp_path / "solutions"
    lab = str(Path(sys.executable).with_name("lab"))
    said = subprocess.run([lab, "handout", "--instructor", str(folder)], capture_output=True, text=True, check=True)
    many = len([*NOTEBOOKS.glob("*_exercises.ipynb")])
    assert f"{many} notebooks of exercises with solutions. Not for students." in said.stdout
    found = {}
    for path in sorted(folder.iterdir()):
        notebook, original = nbformat.read(path, 4), nbformat.read(NOTEBOOKS / path.name, 4)
        nbformat.validate(notebook)
        ids = [each.id for each in original.cells]
        assert [each for each in notebook.cells if each.id in ids] == original.cells
        found |= {each.id: each.source for each in notebook.cells if each.id not in ids}
    names = COLLECTION.folder.names()
    assert found.keys() == {f"{name}-{kind}" for name in names for kind in ("solved", "wrong")}
    for name in names:
        assert f'lab.check("{name}", ' in found[f"{name}-solved"]
        assert found[f"{name}-wrong"].count(" loses: ") >= 3
    assert (
        "- *from 60 on* loses: A reading of exactly 60 % is left out: it is not above.\n" in found["damp-rooms-wrong"]
    )


def test_a_solution_has_all_that_it_needs_and_no_wrong_answer() -> None:
    source = "import json\nimport re\nLIMIT = 3\n\n\ndef part(x):\n    return x > LIMIT\n\n\n"
    source += "def answer(x):\n    return json.dumps(part(x))\n\n\ndef wrong(x):\n    return re.sub(x)\n\n\n"
    source += "also_wrong = wrong(part)\n"
    assert solved.needed_for("answer", source) == source.partition("\n\n\ndef wrong")[0].replace("import re\n", "\n\n")
    for exercise in COLLECTION.folder.exercises():
        ast.parse(solved.code(exercise, COLLECTION))


def test_a_folder_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="cannot be made: File exists"):
        solved.write(tmp_path, NOTEBOOKS, COLLECTION)
