"""What tests of grading need to run a sandbox."""

import pytest

from labkit import LabError
from labkit.broker.installation import KafkaInstallation
from labkit.grading import bubblewrap


@pytest.fixture(scope="session")
def sandboxes(installation: KafkaInstallation) -> None:  # noqa: ARG001
    """Skip what cannot be run here; what sandboxes start from is there."""
    try:
        bubblewrap.require()
    except LabError as error:
        pytest.skip(str(error))
