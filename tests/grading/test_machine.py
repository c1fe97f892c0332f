"""A computer that fails costs nobody a mark: what could not begin is graded again."""

from pathlib import Path

import pytest

from labkit.grading import sandbox
from labkit.grading.exercises import Exercises
from labkit.grading.grade import Grader, Task
from labkit.grading.runner.job import Limits
from tests.grading.classes import COLLECTION, RECORDS, SECRET, START, hand_in


@pytest.fixture
def without_kafka(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no place for Kafka's files, so no Kafka can be started."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))


@pytest.mark.usefixtures("without_kafka")
def test_a_notebook_that_could_not_begin_is_not_marked_but_graded_again(tmp_path: Path) -> None:
    made = hand_in(tmp_path / "class", {name: ([START, RECORDS], {}, "ok") for name in ("anna", "ben")})
    grader, said = Grader(Exercises((COLLECTION,)), SECRET, tmp_path / "out", isolated=False), {}

    def done(task: Task, failure: str) -> None:
        said[task.student] = failure

    assert grader.grade(made.tasks, 2, done) == []
    assert sorted(said) == ["anna", "ben"]
    assert all("Cannot write to the cache" in each for each in said.values())
    assert [grader.known(task) for task in made.tasks] == [None, None]


def test_a_runner_that_ends_without_a_word_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox.bubblewrap, "RUN", ["false"])
    with pytest.raises(sandbox.Failed, match="it ended at once"):
        sandbox.run(["1"], [], Limits(), isolated=False)
