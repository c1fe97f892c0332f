"""When a pipeline is reported as stuck at one record."""

from types import SimpleNamespace

import pytest

from labkit.runs import stall
from labkit.runs.blame import Line
from labkit.runs.stall import STUCK, Stall

LINE = Line("wait, line 2", "while True:")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    clock = SimpleNamespace(seconds=100.0, monotonic=lambda: clock.seconds)
    monkeypatch.setattr(stall, "time", clock)
    return clock


def test_one_record_for_long_is_said_and_whether_the_lag_rises(clock: SimpleNamespace) -> None:
    watch = Stall()
    assert watch.observe(1, LINE, 0) == ""
    clock.seconds += STUCK - 0.1
    assert watch.observe(1, LINE, 0) == ""
    clock.seconds += 0.1
    said = "has been stuck at one record for 5 s, at wait, line 2: while True:; the lag is 3"
    assert watch.observe(1, LINE, 3) == said
    assert watch.observe(1, LINE, 3) == said
    assert watch.observe(1, LINE, 4) == said.replace("3", "4") + " and rising"
    assert watch.observe(1, LINE, None) == said.partition(";")[0]


def test_a_run_that_is_slow_or_waits_for_records_is_not_stuck(clock: SimpleNamespace) -> None:
    watch = Stall()
    for record, line in [(1, LINE), (2, LINE), (2, None), (2, None), (3, LINE), (3, None), (3, LINE)]:
        assert watch.observe(record, line, 0) == ""
        clock.seconds += 2 * STUCK


def test_a_stall_is_over_when_the_next_record_comes(clock: SimpleNamespace) -> None:
    watch = Stall()
    watch.observe(1, LINE, 0)
    clock.seconds += STUCK
    assert watch.observe(1, LINE, 3)
    assert watch.observe(2, LINE, 0) == ""
    clock.seconds += STUCK - 0.1
    assert watch.observe(2, LINE, 0) == ""
