"""The scene of the lab: the producer of `sensor`, and the three pipelines behind it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from labkit.runs import quix
from labkit.runs.production import Production

if TYPE_CHECKING:
    from labkit.lab import Lab


class Scene:
    """What a dashboard's controls act upon. `threshold` is that of the alert filter, in kelvin."""

    def __init__(self, lab: Lab) -> None:
        quix.load()
        from labkit.pipelines import PIPELINES, THRESHOLD

        self._lab = lab
        self._stages = PIPELINES
        self.threshold = THRESHOLD

    @property
    def producer(self) -> Production | None:
        """The lab's newest producer of readings, running or not."""
        producers = [each for each in self._lab.workers if isinstance(each, Production) and each.writes == "sensor"]
        return producers[-1] if producers else None

    def start_missing(self) -> None:
        """Start each stage whose topic no worker of this lab writes to yet."""
        if not self._is_written("sensor"):
            self._lab.produce()
        for stage in self._stages.values():
            if not self._is_written(stage.writes):
                self._lab.run(stage.function, reads=stage.reads, writes=stage.writes)

    def start_producer(self) -> None:
        """Let the producer go on, in the world that it was in; or start one."""
        producer = self.producer
        if not producer:
            self._lab.produce()
        elif not producer.alive:
            self._lab.produce(producer.world, name=producer.name)

    def set_threshold(self, kelvin: float) -> None:
        """Replace the alert filter by one with another threshold, which reads on where the old one stopped."""
        stage = self._stages["alert-filter"]
        changed = functools.partial(stage.function, threshold=kelvin)
        self._lab.run(changed, reads=stage.reads, writes=stage.writes, name=stage.function.__name__)
        self.threshold = kelvin

    def _is_written(self, topic: str) -> bool:
        return any(each.alive and each.writes == topic for each in self._lab.workers)
