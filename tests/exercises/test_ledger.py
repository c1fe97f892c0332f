"""The ledger of proofs notices what could change a verdict, and nothing else."""

import ast
import shutil
from pathlib import Path

import pytest

from tests.exercises import ledger
from tests.exercises.ledger import PROVE, Ledger
from tests.exercises.proving import COLLECTION

CLONE = Path(__file__).parents[2]
DAMP_ROOMS, COLDEST, FLINK = map(COLLECTION.folder.exercise, ("damp-rooms", "coldest", "flink-hottest"))
PROVED = {"seeds": 21}


@pytest.fixture
def own(tmp_path: Path) -> Ledger:
    """A ledger that vouches for two exercises, in a copy of what they depend on."""
    for file in {*Ledger(CLONE).files(DAMP_ROOMS), *Ledger(CLONE).files(COLDEST)}:
        copy = tmp_path / file.relative_to(CLONE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
    found = Ledger(tmp_path)
    for each in (DAMP_ROOMS, COLDEST):
        found.enter(each, found.digest(each), PROVED)
    return found


def change(own: Ledger, name: str, old: str, new: str) -> None:
    """Replace the first of these pieces of a file."""
    file = own.clone / name
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def outdated(own: Ledger) -> list[str]:
    return [each.name for each in (DAMP_ROOMS, COLDEST) if own.outdated(each)]


def test_an_exercise_that_has_not_changed_needs_no_new_proof(own: Ledger) -> None:
    assert own.outdated(DAMP_ROOMS) == ""


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("tests/solutions/damp_rooms.py", 'humidity"] > 60', 'humidity"] >= 60'),
        ("labkit/grading/oracles/damp_rooms.py", "> 60", ">= 60"),
        ("labkit/exercises/collection/damp_rooms.py", "60", "61"),
    ],
)
def test_a_change_of_an_exercise_concerns_that_exercise_only(own: Ledger, name: str, old: str, new: str) -> None:
    change(own, name, old, new)
    assert outdated(own) == ["damp-rooms"]
    reason = f"the exercise damp-rooms, or what checks it, changed since it was proved: run {PROVE}"
    assert own.outdated(DAMP_ROOMS) == reason


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("labkit/runs/stall.py", " < ", " <= "),
        ("labkit/exercises/evidence.py", "max(first", "min(first"),
        ("labkit/waiting.py", "+", "-"),
        ("tests/exercises/mutants.py", "value + 1", "value + 2"),
        ("labkit/broker/kafka.lock.toml", "version", "# version"),
    ],
)
def test_a_change_of_what_checks_them_concerns_all(own: Ledger, name: str, old: str, new: str) -> None:
    change(own, name, old, new)
    assert outdated(own) == ["damp-rooms", "coldest"]


def test_a_change_of_a_module_that_an_oracle_imports_concerns_its_exercises_only(own: Ledger) -> None:
    change(own, "labkit/grading/oracles/windows.py", "start <= newest", "start < newest")
    assert outdated(own) == ["coldest"]


def test_comments_docstrings_and_layout_change_nothing(own: Ledger) -> None:
    change(own, "labkit/grading/oracles/damp_rooms.py", '"""Damp rooms', '"""Wet rooms')
    change(own, "labkit/runs/call.py", '"""Calls a function once', '"""Calls it')
    for file in own.clone.rglob("*.py"):
        file.write_text("# A comment.\n" + ast.unparse(ast.parse(file.read_text())))
    assert outdated(own) == []


def test_what_only_flink_needs_concerns_flinks_exercises_only() -> None:
    flinks = {each for each in Ledger(CLONE).files(FLINK) if "flink" in each.parts}
    assert {"run.py", "job.py", "flink.lock.toml"} <= {each.name for each in flinks}
    assert flinks.isdisjoint(Ledger(CLONE).files(COLDEST))


def test_another_version_of_quix_streams_is_named(own: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    before = ledger.version("quixstreams")
    monkeypatch.setattr(ledger, "version", lambda _: "4.0")
    reason = f"was proved with quixstreams {before}, and now there is quixstreams 4.0: run {PROVE}"
    assert own.outdated(COLDEST) == f"the exercise coldest {reason}"


def test_an_exercise_without_an_entry_was_never_proved(own: Ledger) -> None:
    own.entry("coldest").unlink()
    assert own.outdated(COLDEST) == f"the exercise coldest was never proved: run {PROVE}"


def test_an_entry_of_an_exercise_that_is_gone_is_found(own: Ledger) -> None:
    assert own.removed([DAMP_ROOMS, COLDEST]) == []
    assert own.removed([COLDEST]) == [own.entry("damp-rooms")]


def test_the_same_proof_is_written_in_the_same_way(own: Ledger) -> None:
    before = own.entry("coldest").read_bytes()
    own.enter(COLDEST, own.digest(COLDEST), PROVED)
    assert own.entry("coldest").read_bytes() == before
