"""An instructor's own exercise is graded like the lab's: the one that docs/exercises.md makes."""

import csv
import io
import re
from pathlib import Path

import pytest

from labkit import LabError
from labkit.grading import exercises
from tests import commands
from tests.grading.classes import RECORDS, START, write

GUIDE = (Path(__file__).parents[2] / "docs" / "exercises.md").read_text()
ANSWER = "def frost(readings):\n    return readings[readings['temperature'] < 0]\nlab.check('frost', frost)"
SPY = """
import os, pathlib
folder = pathlib.Path(os.environ["LAB_EXERCISES"])
print([each.name for each in folder.rglob("*")])
assert [each.name for each in folder.rglob("*")] == ["frost.py"]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the guide, beside a course file that names it."""
    monkeypatch.delenv("LAB_EXERCISES", raising=False)
    monkeypatch.chdir(tmp_path)
    files = re.findall(r"^`(my-exercises/\S+)`:\n\n```python\n(.*?)```", GUIDE, flags=re.DOTALL | re.MULTILINE)
    for name, text in files:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (tmp_path / "course.toml").write_text('lessons = ["02_filter"]\n[exercises]\nfolder = "my-exercises"\n')
    return tmp_path / "my-exercises"


@pytest.mark.usefixtures("sandboxes", "flink")
def test_it_is_graded_in_the_sandbox_where_nothing_of_the_instructors_is_seen(folder: Path) -> None:
    write(folder.parent / "class" / "anna" / "02.ipynb", [START, SPY, "1 / 0", ANSWER, RECORDS])
    done = commands.lab("grade", "class")
    assert done.exit_code == 0, done.output
    table = (folder.parent / "grades" / "gradebook.csv").read_text("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(table, newline=""))
    assert (row["frost"], row["which-records"], row["status"]) == ("4.0", "1.0", "ok")
    assert row["remarks"] == "cell 3 (1 / 0): ZeroDivisionError: division by zero"


def test_it_may_be_named_as_students_name_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_EXERCISES", str(folder))
    names = [each.name for each in exercises.of_a_course(None).all()]
    assert names.count("frost") == 1
    assert [each.name for each in exercises.of_a_course(folder).all()] == names


WRONG = {
    "there is no such folder": (
        lambda folder: folder.rename(folder.parent / "moved"),
        "There is no folder of exercises",
    ),
    "there is no exercise": (lambda folder: (folder / "frost.py").unlink(), "There is no exercise in"),
    "there is no oracle": (
        lambda folder: (folder / "oracles" / "frost.py").unlink(),
        "frost has no oracle: there is no",
    ),
    "no reading has the part": (
        lambda folder: edit(folder / "frost.py", 'part="limit") for', 'part="limits") for'),
        "frost: no reading has the part 'limit'",
    ),
    "a number is there twice": (
        lambda folder: [
            (folder / "ice.py").write_text((folder / "frost.py").read_text().replace('"frost"', '"ice"')),
            (folder / "oracles" / "ice.py").write_text((folder / "oracles" / "frost.py").read_text()),
        ],
        "two exercises have the number 4 of 02_filter",
    ),
}


def edit(file: Path, old: str, new: str) -> None:
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


@pytest.mark.parametrize("what", WRONG)
def test_what_keeps_it_from_being_graded_is_said_before_anything_is(what: str, folder: Path) -> None:
    damage, message = WRONG[what]
    damage(folder)
    with pytest.raises(LabError, match=message):
        exercises.of_a_course(folder)
