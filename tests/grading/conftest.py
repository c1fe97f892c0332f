"""What tests of grading need to run a sandbox, and to grade exercises of one's own."""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit import LabError
from labkit.broker.installation import KafkaInstallation
from labkit.grading import bubblewrap
from tests.grading.users import USERS, User


@pytest.fixture(scope="session")
def sandboxes(installation: KafkaInstallation) -> None:  # noqa: ARG001
    """Skip what cannot be run here; what sandboxes start from is there."""
    try:
        bubblewrap.require()
    except LabError as error:
        pytest.skip(str(error))


def of_the_guide(place: Path, folder: str) -> Path:
    """A folder of exercises as docs/exercises.md makes it, file by file."""
    guide = (Path(__file__).parents[2] / "docs" / "exercises.md").read_text()
    files = re.findall(rf"^`({folder}/\S+)`:\n\n```python\n(.*?)```", guide, flags=re.DOTALL | re.MULTILINE)
    for name, text in files:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)
    return place / folder


@pytest.fixture
def own_exercises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of exercises that docs/exercises.md makes, beside a course file that names it."""
    monkeypatch.delenv("LAB_EXERCISES", raising=False)
    monkeypatch.chdir(tmp_path)
    folder = of_the_guide(tmp_path, "my-exercises")
    (tmp_path / "course.toml").write_text('lessons = ["02_filter"]\n[exercises]\nfolder = "my-exercises"\n')
    return folder


@pytest.fixture(params=USERS)
def user(request: pytest.FixtureRequest, sandboxes: None) -> Iterator[User]:  # noqa: ARG001
    """Each who grades, with a folder that others may not enter, as pytest's are."""
    with tempfile.TemporaryDirectory() as folder:
        yield User(request.param, Path(folder))
