"""What makes the tests of live views quick."""

import pytest

from labkit.kafka import clients
from labkit.live import chart, controls, pacing, panel, tiles, topology
from tests.live import browser


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Views look often, and a producer begins at once: an idempotent one waits half a second for its identity."""
    for view in (controls, pacing, panel, topology, tiles):
        monkeypatch.setattr(view, "PERIOD", 0.05)
    monkeypatch.setattr(chart, "TEXT_PERIOD", 0.05)
    real = clients.producer
    monkeypatch.setattr(clients, "producer", lambda address: real(address, **{"enable.idempotence": False}))


@pytest.fixture(autouse=True)
def _page(monkeypatch: pytest.MonkeyPatch) -> None:
    browser.sees_all(monkeypatch)
