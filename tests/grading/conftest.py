"""What the tests of grading share."""

import pytest

from labkit import LabError
from labkit.grading import enclosure


@pytest.fixture(scope="session")
def bubblewrap() -> None:
    try:
        enclosure.require()
    except LabError as error:
        pytest.skip(str(error))
