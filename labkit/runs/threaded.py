"""A run in a thread of this process."""

import contextlib
import functools
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from labkit.errors import LabError
from labkit.kafka import clients, tap
from labkit.kafka.groups import Groups
from labkit.kafka.requests import within
from labkit.runs import mistakes
from labkit.runs.blame import Blame
from labkit.runs.outages import Fencing, is_outage, once_kafka_answers, reason
from labkit.runs.pipeline import Pipeline
from labkit.runs.run import Member, Run
from labkit.runs.spec import Spec
from labkit.runs.stall import Stall
from labkit.spelling import legible

RECORD_LIMIT = 2.0  # seconds that looking up a record may take
SHOWN = 300  # characters of a record
OF_PROCESSES = ("kill", "scale", "wait_until_assigned")
NO_PROCESS = (
    "{run} runs in a thread of this kernel, and only processes have .{name}: lab.run(..., in_process=True) gives it "
    "one, and replicas=3 three."
)


class ThreadedRun(Run):
    """A run whose thread executes the pipeline.

    After an outage so long that Kafka dropped it from its group, it starts again; what it had read since its last
    commit is read again, as after a crash.

    Example: run = lab.run(alert_filter, reads="sensor", writes="alert")
    """

    number = 1  # the only member of its group, unless it is given as the `member`

    def __init__(self, groups: Groups, spec: Spec, group: str, directory: Path, member: str | None = None) -> None:
        """Build the pipeline, with its state in `directory`. Raises what the student's function raises, and LabError if
        that returns no stream.
        """
        super().__init__(groups, spec, group)
        self._new_pipeline = functools.partial(
            Pipeline, groups.topics, spec, group, directory, self.totals, member=member
        )
        self._pipeline = self._new_pipeline()
        self._between = self._pipeline.between
        self._fencing, self._stall = Fencing(), Stall()
        self._restarts = Counter[str]()  # by their reasons

    @property
    def note(self) -> str:
        """What has happened to it, and what it leaves out. Example: run.note"""
        return "; ".join(filter(None, [self._note, str(self._pipeline.notes)]))

    @note.setter
    def note(self, words: str) -> None:
        self._note = words

    def __getattr__(self, name: str) -> Any:
        if name in OF_PROCESSES:
            raise AttributeError(NO_PROCESS.format(run=self.name, name=name))
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)

    @property
    def members(self) -> Sequence[Member]:
        """The members of its consumer group: only its own thread."""
        return (self,)

    def positions(self) -> list[tuple[str, int, int]]:
        return self._pipeline.positions()

    def is_lost(self) -> bool:
        """Whether the commit of a transaction will never end."""
        return self._pipeline.is_lost()

    def _stuck(self, lag: int | None) -> str:
        if self.is_lost():
            return "waits for a transaction that will never end: restart kernel or program; in_process=True avoids this"
        line = self.line()
        return self._stall.observe(self.positions() if line else None, line, lag)

    def _renew(self) -> None:
        self._pipeline, self._stall = self._new_pipeline(), Stall()

    def _work(self) -> None:
        while True:
            try:
                self._pipeline.run(self._is_running)
                return
            except Exception as error:
                if not (is_outage(error) or self._fencing.is_mistaken(error)):
                    raise
                clients.LOGGER.warning("%s starts again", self.name, exc_info=error)
                why = reason(error)
            if not self._start_again(why):
                return

    def _start_again(self, why: str) -> bool:
        """Build the pipeline anew when Kafka answers, and say why. Returns whether to continue."""
        found = once_kafka_answers(self._new_pipeline, self._topics, lambda: self._told_to_stop or not self.alive)
        if not found:
            return False
        self._pipeline = found
        self._restarts[why] += 1
        times = {why: f" ({many} times)" if many > 1 else "" for why, many in self._restarts.items()}
        self.note = "; ".join(f"started again after {why}{many}" for why, many in times.items())
        return True

    def _ask_to_stop(self) -> None:
        self._pipeline.stop()

    def _blame(self, error: BaseException) -> Blame:
        clients.LOGGER.error("%s failed", self.name, exc_info=error)
        return replace(mistakes.explain(error, self._pipeline.trace), record=self._record())

    def _record(self) -> str:
        """Returns the record at which it failed, as it came, in one line; empty if there is none or Kafka is away."""
        if not (place := self._pipeline.failed_at()):
            return ""
        topic, partition, offset = place
        with contextlib.suppress(LabError), within(RECORD_LIMIT):
            for found in tap.read(self._topics, topic, {partition: (offset, offset + 1)}, raw=True):
                key, value = found.key, legible(found.value or b"null")
                return f"{topic}, partition {partition}, offset {offset}, key {key}: {value:.{SHOWN}}"
        return f"{topic}, partition {partition}, offset {offset}"
