"""Marks are for who grades, and nobody else on the same computer."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit import LabError
from labkit.grading import command, files, gradebook, sandbox, secret
from labkit.grading.course import Course
from labkit.grading.results import results
from labkit.grading.runner.job import Limits
from labkit.grading.sandbox import Outcome
from tests.grading.classes import EXERCISES, RECORDS, grader, hand_in


@pytest.fixture
def open_to_all() -> Iterator[None]:
    """What a program creates without care, everybody may read and write."""
    before = os.umask(0)
    yield
    os.umask(before)


def others_may(folder: Path) -> list[str]:
    return [f"{each}" for each in (folder, *folder.rglob("*")) if each.stat().st_mode & 0o077]


@pytest.mark.usefixtures("open_to_all")
@pytest.mark.parametrize("before", ["nothing", "an empty folder", "an old folder"])
def test_grades_are_for_their_owner_only(before: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "marks" / "grades"
    if before != "nothing":
        (out / "kept" if before == "an old folder" else out).mkdir(parents=True)
    monkeypatch.setattr(sandbox, "run", lambda *_: Outcome(begun=True))
    made = hand_in(tmp_path / "class", {"anna": ([RECORDS], {}, "ok")})
    graded = grader(out, Limits())
    (report,) = graded.grade(made.tasks, 1)
    (kept,) = (out / "kept").iterdir()
    report["exercises"][0]["points"] = 1
    kept.write_text(json.dumps(report | {"versions": {}}))
    graded.grade(made.tasks, 1, anew=True)
    found = results(Course(), EXERCISES, made, dict(zip(made.tasks, [report], strict=True)), {})
    gradebook.write(out, Course(), EXERCISES, found, [], [])

    made_here = {".gitignore", "changes.csv", "class.html", "executed", "feedback", "gradebook.csv", "kept"}
    assert {each.name for each in out.iterdir()} == made_here
    assert [each for each in others_may(out) if each != f"{out / 'kept'}" or before != "an old folder"] == []


@pytest.mark.usefixtures("open_to_all")
def test_a_folder_with_other_things_in_it_stays_open(tmp_path: Path) -> None:
    (tmp_path / "slides.pdf").touch()
    tmp_path.chmod(0o755)
    files.close(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o755
    files.write(tmp_path / "kept" / "anna.json", "{}")
    assert others_may(tmp_path / "kept") == []
    tmp_path.chmod(0o1777)
    files.close(tmp_path)
    assert tmp_path.stat().st_mode & 0o7777 == 0o1777


def test_a_folder_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "chmod", refuse)
    with pytest.raises(LabError, match="belongs to another user"):
        files.close(tmp_path)


def test_nothing_of_a_course_slips_into_git(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / ".gitignore").write_text("*.log")
    command.init(tmp_path / "course.toml", Path(__file__).parents[2] / "notebooks")
    for _ in range(2):
        secret.key(tmp_path / "course.secret")
    files.close(tmp_path / "grades")
    files.write(tmp_path / "grades" / "gradebook.csv", "marks")
    seen = subprocess.run(["git", "-C", tmp_path, "status", "--porcelain", "-uall"], stdout=subprocess.PIPE, text=True)
    assert seen.stdout == "?? .gitignore\n"
    assert (tmp_path / ".gitignore").read_text() == "*.log\n/course.toml\n/course.secret\n"


def test_the_marks_of_one_course_do_not_replace_those_of_another(tmp_path: Path) -> None:
    for _ in range(2):
        files.claim(tmp_path / "grades", "filter.toml")
    with pytest.raises(LabError, match=r"grades has the marks of filter.toml: for those of windows.toml name another"):
        files.claim(tmp_path / "grades", "windows.toml")
    files.claim(tmp_path / "grades-windows", "windows.toml")
