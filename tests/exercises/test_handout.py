"""What `lab handout` makes: all that a student needs, and nothing that holds a solution or computes one."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from labkit import LabError, handout
from tests.exercises.test_no_solution_elsewhere import COLLECTION, EXERCISES, ROOT, bodies, sources

TOP = {"LICENSE", "NOTICE", "README.md", "docs", "environment.yml", "labkit", "notebooks", "pyproject.toml"}
STUDENT = """
import json
from labkit import Lab


def send(readings, producer, topic):
    for reading in readings:
        producer.produce(topic=topic, key=reading["device"], value=json.dumps(reading), timestamp=reading["timestamp"])


with Lab() as lab:
    lab.question("which-partition")
    for answer in (send, lambda readings, producer, topic: ..., lambda readings, producer, topic: readings):
        print(lab.check("keyed-readings", answer).headline)
    print(lab.check("which-partition", {1, 4}).headline)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What students get."""
    made = tmp_path_factory.mktemp("handout") / "streams course"
    command = [str(Path(sys.executable).with_name("lab")), "handout", str(made)]
    subprocess.run(command, cwd=made.parent, check=True, timeout=60)
    return made


def there(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Python, as somebody who has nothing but the folder."""
    here = os.environ | {"PYTHONPATH": str(folder), "LAB_PROGRESS": str(folder.parent / "progress.json")} | environment
    return subprocess.run(
        [sys.executable, "-P", *arguments], cwd=folder.parent, env=here, capture_output=True, text=True, timeout=120
    )


def test_it_has_the_notebooks_the_lab_and_what_installs_it(folder: Path) -> None:
    assert {each.name for each in folder.iterdir()} == TOP | {"requirements.txt"}
    for each in sorted((ROOT / "notebooks").glob("*.ipynb")):
        assert (folder / "notebooks" / each.name).read_bytes() == each.read_bytes()
    readme = (folder / "README.md").read_text()
    pages = [folder / "README.md", *folder.glob("docs/*.md")]
    links = [page.parent / link for page in pages for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())]
    assert (len(pages), len(links) > 20) == (5, True)
    assert [each for each in links if not each.exists()] == []
    assert "uv run --all-extras lab\n" in readme
    assert "pytest" not in readme
    assert [each for each in folder.parent.iterdir() if each.name.startswith(".")] == []


def test_no_file_holds_a_solution_or_computes_what_is_expected(folder: Path) -> None:
    names = {part for each in folder.rglob("*") for part in each.relative_to(folder).parts}
    assert not names & {
        "grading",
        "oracles",
        "solutions",
        "tests",
        "course.toml",
        "course.secret",
        "__pycache__",
        ".git",
    }
    found = [*sources(folder)]
    assert len(found) > 300
    known = {body for _, source in found for body in bodies(source)}
    for exercise in EXERCISES:
        oracle = COLLECTION.oracles / COLLECTION.solution(exercise.name).name
        for file, function in ((COLLECTION.solution(exercise.name), "answer"), (oracle, "expected")):
            for node in ast.parse(file.read_text()).body:
                if isinstance(node, ast.FunctionDef) and node.name == function:
                    assert ast.dump(ast.Module(node.body, [])) not in known
        sql = "".join(str(COLLECTION.solutions_of(exercise).answer).split())
        files = [each for each in folder.rglob("*") if each.suffix in (".py", ".md", ".ipynb", ".json", ".sql")]
        assert not [each for each in files if sql in "".join(each.read_text().replace("\\n", "").split())]


@pytest.mark.slow
@pytest.mark.usefixtures("installation")
def test_checks_work_from_it(folder: Path) -> None:
    result = there(folder, "-c", STUDENT)
    assert result.stderr == ""
    *question, right, unanswered, wrong, short = result.stdout.splitlines()
    assert question[0].startswith("A topic has ")
    assert right.startswith("✓ all checks passed: keyed-readings")
    assert unanswered.startswith("○ not answered yet: keyed-readings")
    assert wrong.startswith("✗ 0 of 5 behaviours hold: keyed-readings")
    assert short.startswith("✓ all checks passed: which-partition")


@pytest.mark.parametrize(
    "command", [["grade", "x.zip"], ["grade", "--try", "x.ipynb"], ["prove"], ["handout", "again"]]
)
def test_what_is_for_instructors_says_that_it_is_not_there(folder: Path, command: list[str]) -> None:
    result = there(folder, "-c", "from labkit.cli import main; main()", *command)
    said = "This lab was handed out to students: it cannot grade, and holds neither oracles nor solutions."
    assert (result.returncode, result.stdout, result.stderr) == (1, "", f"Error: {said}\n")
    assert there(folder, "-c", "import labkit.grading").returncode == 1


def test_it_installs(folder: Path, tmp_path: Path) -> None:
    subprocess.run(["uv", "build", "--quiet", "--wheel", "--out-dir", tmp_path, folder], check=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "labkit/exercises/collection/recorded/coldest.json" in names
    assert "labkit/notebooks/02_filter_exercises.ipynb" in names
    assert not [each for each in names if "grading" in each]


# ------------------------------------------------------------ a clone that its owner has worked in


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "clone"
    made.mkdir()
    for each in ROOT.iterdir():
        if each.name != "notebooks":
            (made / each.name).symlink_to(each)
    shutil.copytree(ROOT / "notebooks", made / "notebooks")
    (made / "notebooks" / "exam.ipynb").write_text("{}")
    monkeypatch.setattr(handout, "CLONE", made)
    return made


def edit(clone: Path, old: str, new: str, name: str = "02_filter_exercises.ipynb") -> None:
    """Replace a cell of a notebook, and run it."""
    file = clone / "notebooks" / name
    notebook = json.loads(file.read_text())
    (cell,) = (each for each in notebook["cells"] if old in "".join(each["source"]))
    cell["source"] = "".join(cell["source"]).replace(old, new).splitlines(keepends=True)
    cell |= {"outputs": [{"output_type": "stream", "name": "stdout", "text": ["✓ all checks passed"]}]}
    file.write_text(json.dumps(notebook))


STUB = "def damp_rooms(readings):\n    ...\n"
ANSWERS = [
    (STUB, "def damp_rooms(readings):\n    return readings\n"),
    (STUB, f"{STUB}    return readings\n"),
    (STUB, f"{STUB}\ndamp_rooms = lambda readings: readings\n"),
    ('lab.check("damp-rooms", damp_rooms)', 'lab.check("damp-rooms", lambda readings: readings)'),
    ('lab.check("damp-rooms", damp_rooms)', 'lab.check(exercise="damp-rooms", answer=mine)'),
]


@pytest.mark.parametrize(("old", "new"), ANSWERS)
def test_an_answer_in_a_notebook_is_not_handed_out(clone: Path, tmp_path: Path, old: str, new: str) -> None:
    edit(clone, old, new)
    with pytest.raises(LabError, match=r"02_filter_exercises\.ipynb has an answer to 'damp-rooms'"):
        handout.make(tmp_path / "out")
    assert [each.name for each in tmp_path.iterdir()] == ["clone"]


def test_sql_and_a_short_answer_are_answers_too(clone: Path, tmp_path: Path) -> None:
    edit(clone, "which_records = None", "which_records = 'C'")
    with pytest.raises(LabError, match="has an answer to 'which-records'"):
        handout.make(tmp_path / "out")
    shutil.copy(ROOT / "notebooks" / "02_filter_exercises.ipynb", clone / "notebooks")
    file = clone / "notebooks" / "05_flink_exercises.ipynb"
    file.write_text(file.read_text().replace("SELECT ...", "SELECT window_start", 1))
    with pytest.raises(LabError, match="has an answer to 'flink-extremes'"):
        handout.make(tmp_path / "out")


def test_outputs_and_notebooks_of_ones_own_are_not_handed_out(clone: Path, tmp_path: Path) -> None:
    edit(clone, "lab = Lab()", "lab = Lab()")
    made = tmp_path / "out"
    many = len([*(ROOT / "notebooks").glob("*.ipynb")])
    assert handout.make(made) == len([*(made / "notebooks").iterdir()]) == many
    assert not (made / "notebooks" / "exam.ipynb").exists()
    assert "all checks passed" not in (made / "notebooks" / "02_filter_exercises.ipynb").read_text()
    with pytest.raises(LabError, match="is there already"):
        handout.make(made)


def test_a_place_where_nothing_can_be_written_is_said(clone: Path) -> None:
    with pytest.raises(LabError, match=r"exam\.ipynb/out cannot be written: Not a directory\."):
        handout.make(clone / "notebooks" / "exam.ipynb" / "out")


@pytest.mark.parametrize("content", ["", "{}", '{"cells": [{"cell_type": "code", "source": "lab.check(\\n"}]}'])
def test_a_notebook_that_cannot_be_read_is_said(clone: Path, tmp_path: Path, content: str) -> None:
    (clone / "notebooks" / "01_producer.ipynb").write_text(content)
    with pytest.raises(LabError, match=r"01_producer\.ipynb cannot be read"):
        handout.make(tmp_path / "out")
