"""An instructor's own exercise, made as docs/exercises.md says, outside the package."""

import re
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from labkit import Lab
from labkit.broker import OwnBroker
from tests import commands

GUIDE = (Path(__file__).parents[2] / "docs" / "exercises.md").read_text()
LAB = Path(sys.executable).with_name("lab")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the guide, file by file."""
    files = re.findall(r"^`(my-exercises/\S+)`:\n\n```python\n(.*?)```", GUIDE, flags=re.DOTALL | re.MULTILINE)
    for name, text in files:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (repair,) = re.findall(r"^```python\n(REPAIR = .*?)```", GUIDE, flags=re.DOTALL | re.MULTILINE)
    with (tmp_path / "my-exercises" / "solutions" / "frost.py").open("a") as solutions:
        solutions.write(repair)
    return tmp_path / "my-exercises"


@pytest.fixture
def environment(broker: OwnBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `lab prove` runs on is there already."""
    monkeypatch.setenv("LAB_BROKER", broker.address)
    monkeypatch.setenv("LAB_NAMESPACE", f"test-{uuid.uuid4().hex[:8]}-")


def test_the_guide_leads_to_an_exercise_that_keeps_its_promises_and_can_be_handed_out(
    folder: Path, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [LAB, "prove", "--exercises", folder]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == "ok   frost: 4 points, expectations recorded\n", done.stderr
    assert done.stdout in GUIDE
    for secret in ("oracles", "solutions"):
        (folder / secret).rename(folder.parent / secret)
    monkeypatch.setenv("LAB_EXERCISES", str(folder))
    assert lab.check("frost", lambda readings: readings[readings["temperature"] < 0]).passed
    for _ in range(2):
        verdict = lab.check("frost", lambda readings: readings[readings["temperature"] <= 0])
        assert verdict.points == 3
    assert verdict.smaller_step.endswith('    return readings\n\n\nlab.check("frost", frost)')
    assert "frost" in set(lab.progress()["name"])


@pytest.mark.usefixtures("environment")
def test_a_promise_that_is_not_kept_is_shown(folder: Path) -> None:
    exercise = folder / "frost.py"
    promised = exercise.read_text()
    exercise.write_text(promised.replace('is left out", part="limit"', 'is left out", part="ordinary"'))
    done = commands.lab("prove", "--exercises", str(folder))
    assert done.exit_code == 1
    assert done.stdout.startswith("NOT  frost")
    assert "the wrong answer at_most_0 should lose what begins with ('A reading of exactly',):" in done.stdout

    exercise.write_text(promised.replace('part="limit") for', 'part="ordinary") for'))
    done = commands.lab("prove", "--exercises", str(folder))
    assert done.stderr.splitlines()[-1] == "Error: frost: no reading has the part 'limit'."


@pytest.mark.usefixtures("environment")
def test_a_folder_without_exercises_is_an_error_in_one_line(tmp_path: Path) -> None:
    done = commands.lab("prove", "--exercises", str(tmp_path))
    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1].startswith(f"Error: There is no exercise in {tmp_path}")


@pytest.mark.slow
@pytest.mark.usefixtures("environment")
def test_a_smaller_step_with_another_fault_than_the_one_that_is_repaired_is_shown(folder: Path) -> None:
    step = folder / "smaller" / "frost.py"
    step.write_text(step.read_text().replace("< 0", "> 0"))
    solutions = folder / "solutions" / "frost.py"
    head, _, repair = solutions.read_text().partition("REPAIR")
    solutions.write_text(f"{head}REPAIR{repair.replace('< 0', '> 0')}")
    done = commands.lab("prove", "--exercises", str(folder))
    assert done.exit_code == 1, done.output
    assert "the smaller step falls short though its one fault is repaired" in done.stdout, done.output
    solutions.write_text(head)
    done = commands.lab("prove", "--exercises", str(folder))
    assert done.exit_code == 1
    assert "The solutions of frost need REPAIR = (what is wrong in" in done.output, done.output
