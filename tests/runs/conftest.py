"""A lab whose Kafka may be killed."""

from collections.abc import Iterator

import pytest

from labkit import Lab


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """A lab with a Kafka of its own, which may be killed."""
    monkeypatch.delenv("LAB_BROKER", raising=False)
    with Lab() as lab:
        yield lab
