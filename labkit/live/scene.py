"""The scene that controls act on: the producer of `sensor`, and the three pipelines after it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from labkit.errors import LabError
from labkit.readings.reading import ABSOLUTE_ZERO, HOTTEST
from labkit.runs import quix
from labkit.runs.producer import Producer
from labkit.runs.worker import Worker

if TYPE_CHECKING:
    from labkit.runs.run import Run
    from labkit.runs.worker import Workers


class Lab(Protocol):
    """The part of a lab that starts the stages of the scene."""

    @property
    def workers(self) -> Workers: ...

    def produce(self) -> Producer: ...

    def run(
        self, pipeline: Callable[..., Any], *, reads: str | Sequence[str], writes: str | None, name: str | None = None
    ) -> Run: ...


class Scene:
    """The producer and pipelines that controls act on; all dashboards of a lab share them."""

    def __init__(self, lab: Lab) -> None:
        quix.load()
        from labkit.pipelines import PIPELINES, THRESHOLD

        self._lab = lab
        self._stages = PIPELINES
        self._default = self._threshold = _celsius(THRESHOLD)

    @property
    def producer(self) -> Producer | None:
        """The lab's newest running producer of readings; if none is running, the newest."""
        producers = [each for each in self._lab.workers if isinstance(each, Producer) and each.writes == "sensor"]
        running = [each for each in producers if each.alive]
        return next(reversed(running or producers), None)

    @property
    def threshold(self) -> float:
        """The alert filter's threshold in degrees Celsius; while the filter is being replaced, the old one."""
        if run := self._alert_filter():
            self._threshold = _threshold_of(run, self._default)
        return self._threshold

    def start_missing(self) -> list[Worker]:
        """Start each stage whose topic no worker of this lab writes to yet. Returns the workers that it has started."""
        started: list[Worker] = [] if self._is_written("sensor") else [self._lab.produce()]
        for stage in self._stages.values():
            if not self._is_written(stage.writes):
                started.append(self._lab.run(stage.function, reads=stage.reads, writes=stage.writes))
        return started

    def start_producer(self) -> None:
        """Start the producer again, in the world as it is now; start a new one if there is none."""
        producer = self.producer
        if not producer:
            self._lab.produce()
        elif not producer.alive:
            producer.start()

    def set_threshold(self, celsius: float) -> None:
        """Replace the alert filter by one with another threshold, which continues where the old one stopped.

        Raises LabError if this is not a possible temperature, or if a pipeline with another name writes the alerts.
        """
        if not ABSOLUTE_ZERO <= celsius <= HOTTEST:
            raise LabError(
                f"{celsius:g} °C is not possible: choose a threshold from {ABSOLUTE_ZERO:g} to {HOTTEST:g} °C."
            )
        stage = self._stages["alert-filter"]
        name = stage.function.__name__
        if (run := self._alert_filter()) and run.name != name:
            raise LabError(f"{run.name} writes to {stage.writes}: stop it first, then {name} can take its place.")
        changed = functools.partial(stage.function, threshold=celsius - ABSOLUTE_ZERO)
        self._lab.run(changed, reads=stage.reads, writes=stage.writes, name=name)

    def _alert_filter(self) -> Worker | None:
        """Returns the newest running worker that writes alerts."""
        stage = self._stages["alert-filter"]
        return next((each for each in reversed(self._lab.workers) if each.alive and each.writes == stage.writes), None)

    def _is_written(self, topic: str) -> bool:
        return any(each.alive and each.writes == topic for each in self._lab.workers)


def _threshold_of(worker: Worker, default: float) -> float:
    """Returns the threshold in degrees Celsius that `set_threshold` gave to a run; the default for any other worker."""
    from labkit.runs.run import Run

    given = getattr(worker.spec.pipeline, "keywords", {}) if isinstance(worker, Run) else {}
    return _celsius(given["threshold"]) if "threshold" in given else default


def _celsius(kelvin: float) -> float:
    return round(kelvin + ABSOLUTE_ZERO, 6)  # 303 K are 29.85 °C
