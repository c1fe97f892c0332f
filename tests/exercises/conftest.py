"""What the tests of exercises share."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _no_progress_of_the_developers_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.delenv("LAB_EXERCISES", raising=False)
