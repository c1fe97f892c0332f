"""What tests of grading need to run a sandbox."""

import pytest

from labkit.broker import cache
from labkit.grading import enclosure


@pytest.fixture(scope="module")
def sandboxes(installation: cache.Installation) -> None:  # noqa: ARG001
    """Skip what cannot be run here; what sandboxes start from is there."""
    try:
        enclosure.require()
    except Exception as error:
        pytest.skip(str(error))
