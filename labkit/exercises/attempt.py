"""One attempt to run an answer, and the time that it may take."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import ClassVar

from labkit.exercises.records import Sent
from labkit.runs.blame import Blame
from labkit.runs.call import Call
from labkit.runs.worker import Worker

GRADED = "LAB_GRADED"  # set by the grader, which fills the input topic itself and marks the output


def is_graded() -> bool:
    """Whether this notebook is run by the grader."""
    return GRADED in os.environ


@dataclass
class Attempt:
    """How an answer fared: what went wrong, if anything, at which record, and what it printed."""

    limit: ClassVar[float] = 30.0  # seconds that it may take: the computer may be a busy one
    trouble: Blame | None = None
    record: Sent | None = None
    prints: list[str] = field(default_factory=list)
    printed: int = 0

    def note(self, worker: Worker) -> None:
        """Notes what a worker has printed, and what went wrong in it."""
        self.prints += worker.prints
        self.printed += worker.printed
        if worker.error and not self.trouble:
            self.trouble = replace(worker.error, reason=worker.error.reason.removeprefix("LabError: "))

    def call(self, name: str, function: Callable[[], object], limit: float) -> bool:
        """Calls a student's function for at most `limit` seconds. Returns whether the function has returned."""
        worker = Call(name, function)
        worker.start()
        try:
            if not worker.wait(limit):
                self.trouble = too_long(worker)
        finally:
            worker.stop()
        self.note(worker)
        return self.trouble is None


def too_long(worker: Worker) -> Blame:
    """Returns the trouble of an answer that was stopped."""
    return Blame(f"It did not finish within {Attempt.limit:g} s and was stopped", worker.line(), "")
