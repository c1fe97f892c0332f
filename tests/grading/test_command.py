"""`lab grade` as an instructor types it, and `lab grade --try` as anybody with a clone does."""

import csv
import html
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result

from labkit.grading import bubblewrap
from tests import commands
from tests.broker.lives import descendants, lives
from tests.grading.classes import RECORDS, START, write
from tests.grading.users import User
from tests.waiting import eventually

LAB = str(Path(sys.executable).with_name("lab"))
STUDENTS = ("anna", "ben")

pytestmark = pytest.mark.usefixtures("flink", "sandboxes")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with the class `class`, in which everybody has answered one exercise."""
    for student in STUDENTS:
        write(tmp_path / "class" / student / "02_filter_exercises.ipynb", [START, RECORDS])
    (tmp_path / "course.toml").write_text("[weights]\nwhich-records = 4\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def grade(*arguments: str) -> Result:
    return commands.lab("grade", *arguments)


def marks(here: Path) -> dict[str, tuple[str, str, str]]:
    with (here / "grades" / "gradebook.csv").open(newline="", encoding="utf-8-sig") as file:
        return {
            row["student_id"]: (row["which-records"], row["status"], row["remarks"]) for row in csv.DictReader(file)
        }


def kept(here: Path) -> list[Path]:
    return sorted((here / "grades" / "kept").glob("*.json"))


WORKSHEET = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,Feedback comments\n"
    "Participant 4711,Anna Ek,aek@uni.example,Submitted for grading,,100.00,Yes,\n"
)


def typed(here: Path) -> tuple[str, dict[str, str], set[str]]:
    """What an instructor gets who types the commands of docs/grading.md: what the command says, marks, and modes."""
    write(here / "Anna Ek_4711_assignsubmission_file_" / "02_filter_exercises.ipynb", [START, RECORDS])
    shutil.make_archive(str(here / "submissions"), "zip", here, "Anna Ek_4711_assignsubmission_file_")
    (here / "worksheet.csv").write_text(WORKSHEET)
    course = '[moodle]\nworksheet = "worksheet.csv"\n[weights]\ndamp-rooms = 0\ndead-letters = 0\n'
    (here / "course.toml").write_text('lessons = ["02_filter"]\n' + course)
    command = [LAB, "grade", "submissions.zip"]
    graded = subprocess.run(command, cwd=here, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert graded.returncode == 0, graded.stdout
    with (here / "grades" / "moodle.csv").open(newline="", encoding="utf-8-sig") as file:
        (row,) = csv.DictReader(file)
    written = [here / "course.secret", here / "grades", *(here / "grades").rglob("*")]
    return graded.stdout, row, {oct(each.stat().st_mode & 0o077) for each in written}


@pytest.mark.slow
@pytest.mark.parametrize("user", ["user"], indirect=True)
def test_an_ordinary_user_grades_a_class(user: User) -> None:
    said, row, modes = user.call(typed, user.folder)
    assert "Moodle" in said.splitlines()[0]
    assert "1 student: 1 ok." in said
    assert (row["Identifier"], row["Grade"]) == ("Participant 4711", "100.00")
    assert "which-records 1 of 1" in row["Feedback comments"]
    assert modes == {"0o0"}, "for their owner only"


@pytest.mark.slow
def test_ctrl_c_loses_nothing_and_a_correction_says_whose_marks_change(here: Path) -> None:
    process = subprocess.Popen([LAB, "grade", "class", "--jobs", "1"], cwd=here)
    eventually(lambda: kept(here), 120)
    begun = eventually(lambda: [each for each in descendants(process.pid) if each.name() == "bwrap"], 60)
    os.kill(process.pid, signal.SIGINT)
    assert process.wait(60) == 130
    assert not [each for each in begun if lives(each)]
    (first,) = kept(here)

    assert grade("class", "--only", "anna").exit_code == 0
    assert kept(here) == [first]
    assert marks(here) == {"anna": ("4.0", "ok", ""), "ben": ("", "not graded", "")}

    report = json.loads(first.read_text())
    report["versions"]["which-records"] = "before it was corrected"
    report["exercises"][0]["points"] = 0
    first.write_text(json.dumps(report))
    again = grade("class", "--jobs", "1")
    assert "1 notebooks were graded before an exercise changed (which-records): --regrade" in again.stdout
    assert marks(here) == {"anna": ("0.0", "ok", ""), "ben": ("4.0", "ok", "")}
    assert len(kept(here)) == 2
    assert json.loads(first.read_text()) == report
    assert "anna: which-records 0 → 1 points" in grade("class", "--regrade").stdout
    assert marks(here) == dict.fromkeys(STUDENTS, ("4.0", "ok", ""))
    assert "there is nothing to grade again" in grade("class", "--regrade").stdout


@pytest.mark.slow
def test_one_student_alone_is_graded_and_the_others_are_not_forgotten(here: Path) -> None:
    assert grade("class", "--only", "ben", "--unsafe-no-sandbox").exit_code == 0
    assert marks(here) == {
        "anna": ("", "not graded", ""),
        "ben": ("4.0", "ok", "graded without a sandbox"),
    }
    subprocess.run(["git", "init", "--quiet", here], check=True)
    subprocess.run(["git", "check-ignore", "grades/gradebook.csv"], cwd=here, check=True)
    assert "--only bem: nobody is called so: did you mean 'ben'?" in grade("class", "--only", "bem").stderr
    assert "--exercise x: the course has no such exercise" in grade("class", "--exercise", "x").stderr
    check_points_by_hand(here)


def check_points_by_hand(here: Path) -> None:
    """They are asked for in a table, which may be filled in, and count at the next call, which runs nothing again."""
    with (here / "course.toml").open("a") as settings:
        settings.write('[[rubric]]\nname = "meaning"\ntext = "It says what the numbers mean"\npoints = 5\n')
    again = ("class", "--only", "ben", "--unsafe-no-sandbox")
    assert str(Path("grades/rubric.csv")) in grade(*again).stdout
    table = here / "grades" / "rubric.csv"
    filled = table.read_text("utf-8-sig").replace("ben,,,", "ben,,4.5,Well done")
    for _ in range(2):  # the second call reads what the first has written
        table.write_text(filled)
        assert grade(*again).exit_code == 0
        filled = table.read_text("utf-8-sig")
    assert "ben,,4.5,Well done" in filled
    with (here / "grades" / "gradebook.csv").open(newline="", encoding="utf-8-sig") as file:
        points = {row["student_id"]: (row["meaning"], row["score"]) for row in csv.DictReader(file)}
    assert points == {"anna": ("", "0.0"), "ben": ("4.5", "8.5")}
    table.write_text("id,meaning (of 5)\nben,5.5\n")
    assert "'5.5' for ben in meaning must be a number from 0 to 5" in grade(*again).stderr


@pytest.mark.slow
def test_a_student_can_try_a_notebook_of_their_own(here: Path) -> None:
    tried = grade("--try", "class/anna/02_filter_exercises.ipynb")
    assert "which-records: 1 of 1 points\n  ✓ right        Your answer\n" in tried.stdout
    assert "In all: 1 points; the notebook: ok." in tried.stdout
    assert {each.name for each in here.iterdir()} == {"class", "course.toml"}
    assert "There is no notebook at" in grade("--try", "none.ipynb").stderr


FROST = "def frost(readings):\n    return readings[readings['temperature'] < 0]\nlab.check('frost', frost)"
SPY = """
import os, pathlib
assert [each.name for each in pathlib.Path(os.environ["LAB_EXERCISES"]).rglob("*")] == ["frost.py"]
"""


@pytest.mark.slow
def test_an_exercise_of_ones_own_is_graded_where_nothing_else_of_the_instructors_is_seen(own_exercises: Path) -> None:
    """And asked about: what the sheet says is what the notebook did, as far as the task tells."""
    here = own_exercises.parent
    write(here / "class" / "anna" / "02.ipynb", [START, SPY, "1 / 0", FROST])
    assert grade("class").exit_code == 0
    with (here / "grades" / "gradebook.csv").open(newline="", encoding="utf-8-sig") as file:
        (row,) = csv.DictReader(file)
    assert (row["frost"], row["status"]) == ("4.0", "ok")
    assert row["remarks"] == "cell 3 (1 / 0): ZeroDivisionError: division by zero"

    changes = [asked(here, secret) for secret in SECRETS]
    assert {subject.partition(" ")[0] for subject, _, _ in changes} == {"Line", "Reading"}
    for subject, temperatures, said in changes:
        if subject.startswith("Line"):  # - 0 is what stood there
            assert {*said} == {"Only before" if temperatures[1] < 0 else "Only now"}
            continue
        below = {name for name, degrees in zip(("Only before", "Only now"), temperatures, strict=True) if degrees < 0}
        assert {*said} == below
        assert all(f"temperature {degrees:g}" in " ".join(said.values()) for degrees in temperatures if degrees < 0)


SECRETS = ("secret-00-of-a-course", "secret-01-of-a-course")  # the second asks about a number


def asked(here: Path, secret: str) -> tuple[str, list[float], dict[str, str]]:
    """Returns what the sheet asks about, its temperatures before and now, and the first record that came or went."""
    (here / "course.secret").write_text(secret)
    done = grade("class", "--oral")
    assert f"1 sheets: {Path('grades', 'oral')}" in done.stdout, done.stderr
    (sheet,) = (here / "grades" / "oral").iterdir()
    text = html.unescape(sheet.read_text())
    assert "readings[readings['temperature'] < 0]" in text
    asked, answered = text.split('<div class="answer">')
    ((subject, *changed),) = re.findall(r"<p>(.*?) is changed;.*?Before: (.*?)<br>Now: (.*?)</p>", asked, re.DOTALL)
    said = dict(re.findall(r"<h3>(Only before|Only now)</h3>\n<ul>\n<li>(.*?)</li>\n", answered))
    pattern = r"temperature(?:'\] <)? (-?[\d.]+)"
    return subject, [float(found[1]) for each in changed if (found := re.search(pattern, each))], said


def test_init_writes_a_course_file_and_never_over_one(here: Path) -> None:
    assert "exists already" in grade("--init").stderr
    assert grade("--init", "--course", "other.toml").exit_code == 0
    assert (here / "other.toml").read_text().startswith("# The course that `lab grade` grades.")


def test_without_bubblewrap_nothing_is_run(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(here))
    refused = grade("class")
    assert refused.exit_code == 1
    assert "apt-get install bubblewrap" in refused.stderr
    assert "--unsafe-no-sandbox" in refused.stderr
    assert not (here / "grades").exists()
    monkeypatch.undo()
    bubblewrap.require()


def test_what_is_a_courses_own_is_not_for_this_clone_either() -> None:
    for name in ("course.secret", "course.toml", "grades/gradebook.csv"):
        subprocess.run(["git", "check-ignore", "--no-index", name], cwd=Path(__file__).parents[2], check=True)
