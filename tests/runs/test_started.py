"""What a lab has started, whoever starts and stops it."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from labkit import Lab
from labkit.pipelines import alert_filter
from labkit.started import Started


class View:
    def __init__(self, problem: Exception | None = None) -> None:
        self.closed = False
        self._problem = problem

    def start(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True
        if self._problem:
            raise self._problem


def test_a_view_that_cannot_be_closed_does_not_spare_the_others() -> None:
    started = Started(lambda _: None)
    views = [started.watch(View(problem)) for problem in (None, ValueError("broken"), None)]
    with pytest.raises(ValueError, match="broken"):
        started.stop()
    assert all(view.closed for view in views)
    started.stop()  # they are forgotten


def test_a_pipeline_that_several_threads_start_at_once_runs_once(lab: Lab) -> None:
    """As when a button replaces the alert filter while a cell does."""
    lab.produce(records=100, per_second=None).wait(20)
    together = threading.Barrier(4)

    def start(_: int) -> str:
        together.wait()
        return lab.run(alert_filter, reads="sensor", writes="alert").group

    with ThreadPoolExecutor(4) as pool:
        groups = [*pool.map(start, range(4))]
    assert sorted(groups) == [f"alert_filter.sensor.alert-{number}" for number in range(1, 5)]
    (run,) = [each for each in lab.workers if each.reads]
    run.wait_until_caught_up()
    assert run.group == "alert_filter.sensor.alert-4"
