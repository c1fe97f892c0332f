"""One lab for all tests of a module: each incident has topics of its own, and ends the one before."""

import uuid
from collections.abc import Iterator

import pytest

from labkit import Lab
from labkit.broker import OwnBroker


@pytest.fixture(scope="module")
def shared(broker: OwnBroker) -> Iterator[Lab]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAB_BROKER", broker.address)
        patch.setenv("LAB_NAMESPACE", f"test-{uuid.uuid4().hex[:8]}-")
        lab = Lab()
    with lab:
        yield lab
        lab.reset()
