"""An instructor's own exercise is graded like the lab's: the one that docs/exercises.md makes."""

from pathlib import Path

import pytest

from labkit import Lab, LabError
from labkit.grading import authoring, exercises, proof
from tests.grading.conftest import of_the_guide


def test_it_may_be_named_as_students_name_it(own_exercises: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_EXERCISES", str(own_exercises))
    names = [each.name for each in exercises.of_a_course(None).all()]
    assert names.count("frost") == 1
    assert [each.name for each in exercises.of_a_course(own_exercises).all()] == names


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
def test_what_keeps_it_from_being_graded_is_said_before_anything_is(what: str, own_exercises: Path) -> None:
    damage, message = WRONG[what]
    damage(own_exercises)
    with pytest.raises(LabError, match=message):
        exercises.of_a_course(own_exercises)


def test_the_exercise_with_windows_of_the_guide_keeps_its_promises(tmp_path: Path, lab: Lab) -> None:
    folder = of_the_guide(tmp_path, "my-windows")
    collection = authoring.of(folder)
    (exercise,) = exercises.of_a_course(folder).collections[-1].folder.exercises()
    collection.record(exercise)
    assert [*proof.faults(lab.checks, collection, exercise, seeds=(1, 2))] == []
