"""The fixtures `kafka` and `pipeline`, which pytest finds by itself wherever labkit is installed.

What they need is imported when a test asks for one: tests that need no Kafka pay nothing for it.
"""

from __future__ import annotations

import logging
import uuid
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from labkit import Lab
    from labkit.broker import Broker
    from labkit.testing.trial import UnderTest


@pytest.fixture(scope="session")
def kafka_broker() -> Iterator[Broker]:
    """A real Kafka for the session (with pytest-xdist, for each worker); or the one that LAB_BROKER names."""
    from labkit import broker
    from labkit.runs import quix

    found = broker.find_or_start()
    with warnings.catch_warnings():  # nobody can do anything about this one, and it may be an error here
        quix.prepare()
        quix.load()
    yield found
    found.close()


@pytest.fixture
def kafka(kafka_broker: Broker, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """A lab on the session's Kafka, with topics and consumer groups that no other test sees."""
    from labkit import Lab
    from labkit.kafka import properties

    monkeypatch.setenv("LAB_BROKER", kafka_broker.address)
    monkeypatch.setenv("LAB_NAMESPACE", f"{properties.namespace()}test-{uuid.uuid4().hex[:8]}-")
    with Lab() as lab:
        yield lab
        lab.reset()


@pytest.fixture
def pipeline(kafka: Lab) -> Iterator[Callable[..., UnderTest]]:
    """A pipeline to be tested: pipeline(average).given(rows).gives(rows)."""
    from labkit.testing.trial import UnderTest

    def tested(
        function: Callable[..., Any],
        *,
        reads: str | Sequence[str] = "given",
        partitions: int = 1,
        raw: bool = False,
        exactly_once: bool = False,
    ) -> UnderTest:
        names = (reads,) if isinstance(reads, str) else tuple(reads)
        return UnderTest(kafka, function, names, partitions, raw, exactly_once)

    logger = logging.getLogger("quixstreams")
    level = logger.level
    logger.setLevel(logging.ERROR)  # pytest would print of each start what says nothing about the pipeline
    yield tested
    logger.setLevel(level)
