import pytest

from labkit.broker import store
from labkit.flink import training
from labkit.flink.installation import Installation, installation


@pytest.fixture(scope="session", autouse=True)
def flink() -> Installation:
    """The developer's own cache, ahead-of-time cache included: no training disturbs the tests."""
    place = store.prepare(installation())
    training.train(place)
    return place
