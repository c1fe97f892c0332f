"""What the tests of exercises share."""

from pathlib import Path

import pytest

from labkit.exercises import attempt, steps


@pytest.fixture(autouse=True)
def _no_progress_of_the_developers_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.delenv("LAB_EXERCISES", raising=False)


@pytest.fixture(autouse=True)
def _a_busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer gets the time that it gets from the grader: other tests and their brokers run beside it."""
    monkeypatch.setattr(attempt, "LIMIT", attempt.GRADED_LIMIT)
    monkeypatch.setattr(steps, "LIMIT", attempt.GRADED_LIMIT)
