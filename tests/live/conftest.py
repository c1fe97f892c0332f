"""What makes the tests of live views quick."""

from collections.abc import Iterator

import pytest

from labkit.kafka import clients
from labkit.live import chart, controls, panel, tiles, topology
from labkit.live.pacing import Pacer
from tests.live import browser
from tests.live.memory import Memory


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Views update often, and a producer begins at once: an idempotent one waits half a second for its identity."""
    for view in (controls, panel, topology, tiles):
        monkeypatch.setattr(view, "PERIOD", 0.05)
    monkeypatch.setattr(chart, "TEXT_PERIOD", 0.0)
    real = clients.producer
    monkeypatch.setattr(
        clients, "producer", lambda address, **more: real(address, **{"enable.idempotence": False} | more)
    )


@pytest.fixture(autouse=True)
def _page(monkeypatch: pytest.MonkeyPatch) -> None:
    browser.sees_all(monkeypatch)


@pytest.fixture
def memory() -> Memory:
    """Topics without Kafka."""
    return Memory()


class Clock:
    """A clock that stands still until the test moves it; `time` is in seconds."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pacer(clock: Clock) -> Iterator[Pacer]:
    """A pacer that paints when the test calls `step`."""
    pacer = Pacer(clock)
    yield pacer
    pacer.close()


@pytest.fixture
def running() -> Iterator[Pacer]:
    """A pacer that paints by itself."""
    pacer = Pacer()
    pacer.start()
    yield pacer
    pacer.close()
