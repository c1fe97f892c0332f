"""`lab grade` as an instructor types it, and `lab grade --try` as a student does."""

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from labkit.grading import bubblewrap
from tests.broker.lives import descendants, lives
from tests.grading.classes import RECORDS, START, write
from tests.waiting import eventually

LAB = str(Path(sys.executable).with_name("lab"))
STUDENTS = ("anna", "ben")

pytestmark = pytest.mark.usefixtures("flink", "sandboxes")


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with the class `class`, in which everybody has answered one exercise."""
    for student in STUDENTS:
        write(tmp_path / "class" / student / "02_filter_exercises.ipynb", [START, RECORDS])
    (tmp_path / "course.toml").write_text("[weights]\nwhich-records = 4\n")
    return tmp_path


def lab(here: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([LAB, "grade", *arguments], cwd=here, capture_output=True, text=True, timeout=240)


def marks(here: Path) -> dict[str, tuple[str, str, str]]:
    with (here / "grades" / "gradebook.csv").open(newline="") as file:
        return {
            row["student_id"]: (row["which-records"], row["status"], row["remarks"]) for row in csv.DictReader(file)
        }


def kept(here: Path) -> list[Path]:
    return sorted((here / "grades" / "kept").glob("*.json"))


def test_ctrl_c_loses_nothing_and_a_correction_says_whose_marks_change(here: Path) -> None:
    process = subprocess.Popen([LAB, "grade", "class", "--jobs", "1"], cwd=here)
    eventually(lambda: kept(here), 120)
    begun = eventually(lambda: [each for each in descendants(process.pid) if each.name() == "bwrap"], 60)
    os.kill(process.pid, signal.SIGINT)
    assert process.wait(60) == 130
    assert not [each for each in begun if lives(each)]
    first, *others = kept(here)
    assert others == []
    graded = first.stat().st_mtime_ns

    assert lab(here, "class").returncode == 0
    assert marks(here) == dict.fromkeys(STUDENTS, ("4.0", "ok", ""))
    assert (len(kept(here)), first.stat().st_mtime_ns) == (2, graded)

    report = json.loads(first.read_text())
    report["versions"]["which-records"] = "before it was corrected"
    report["exercises"][0]["points"] = 0
    first.write_text(json.dumps(report))
    again = lab(here, "class")
    assert "1 notebooks were graded before an exercise changed: --regrade grades them anew." in again.stdout
    assert marks(here)["anna"] == ("0.0", "ok", "")
    assert "anna: which-records 0 → 1 points" in lab(here, "class", "--regrade").stdout
    assert marks(here)["anna"] == ("4.0", "ok", "")


def test_one_student_alone_is_graded_and_the_others_are_not_forgotten(here: Path) -> None:
    assert lab(here, "class", "--only", "ben", "--unsafe-no-sandbox").returncode == 0
    assert marks(here) == {
        "anna": ("", "not graded", ""),
        "ben": ("4.0", "ok", "graded without a sandbox"),
    }
    assert "Nobody called 'dan' has handed in a notebook" in lab(here, "class", "--only", "dan").stderr
    assert "There is no exercise 'x'" in lab(here, "class", "--exercise", "x").stderr


def test_a_student_can_try_a_notebook_of_their_own(here: Path) -> None:
    tried = lab(here, "--try", "class/anna/02_filter_exercises.ipynb")
    assert "which-records: 1 of 1 points\n  holds        The answer is right\n" in tried.stdout
    assert "In all: 1 points; the notebook: ok." in tried.stdout
    assert {each.name for each in here.iterdir()} == {"class", "course.toml"}
    assert "There is no notebook at" in lab(here, "--try", "none.ipynb").stderr


def test_init_writes_a_course_file_and_never_over_one(here: Path) -> None:
    assert "exists already" in lab(here, "--init").stderr
    assert lab(here, "--init", "--course", "other.toml").returncode == 0
    assert (here / "other.toml").read_text().startswith("# The course that `lab grade` grades.")


def test_without_bubblewrap_nothing_is_run(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(here))
    refused = lab(here, "class")
    assert refused.returncode == 1
    assert "apt-get install bubblewrap" in refused.stderr
    assert "--unsafe-no-sandbox" in refused.stderr
    assert not (here / "grades").exists()
    monkeypatch.undo()
    bubblewrap.require()
