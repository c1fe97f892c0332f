"""What tests of grading need to run a sandbox."""

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


@pytest.fixture(params=USERS)
def user(request: pytest.FixtureRequest, sandboxes: None) -> Iterator[User]:  # noqa: ARG001
    """Each who grades, with a folder that others may not enter, as pytest's are."""
    with tempfile.TemporaryDirectory() as folder:
        yield User(request.param, Path(folder))
