"""Runs a pipeline once for each of its records, and kills it there: `python -m labkit.testing.process TASK RECORDS`.

Each start has a process of its own. It is forked from this one, which has imported all that a pipeline needs and has
no threads: so a start takes a tenth of a second instead of two. What has gone wrong is written to standard output.
"""

from __future__ import annotations

import functools
import math
import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.errors import LabError
from labkit.kafka.groups import Groups
from labkit.kafka.topics import Topics
from labkit.runs import quix, task
from labkit.runs.spec import Spec
from labkit.runs.task import Task
from labkit.runs.totals import Totals

if TYPE_CHECKING:
    from quixstreams.core.stream import Stream

    from labkit.runs.pipeline import Pipeline

LIMIT = 30.0  # seconds that a process may take
AT_ONCE = 4  # trials: most of their time they wait for Kafka


def prefix(trial: int) -> str:
    """Returns how the names of a trial's topics begin. In trial 0 nobody is killed, in trial 1 it is at record 0."""
    return f"{trial}-"


def main() -> None:
    quix.load()
    reports = os.dup(1)
    os.dup2(2, 1)  # keep what the pipeline prints out of the reports
    file, records = Path(sys.argv[1]), int(sys.argv[2])
    for trial in range(records + 1):
        if trial >= AT_ONCE:
            os.wait()
        _started(functools.partial(_try, file, trial, reports))
    for _ in range(min(records + 1, AT_ONCE)):
        os.wait()


def _try(file: Path, trial: int, reports: int) -> None:
    """Do a trial, and report what has gone wrong."""
    works = [_die, _finish] if trial else [_finish]
    processes = (_started(functools.partial(each, file, trial, reports)) for each in works)  # one after the other
    ends = [os.waitstatus_to_exitcode(os.waitpid(each, 0)[1]) for each in processes]
    if ends not in ([0], [-signal.SIGKILL, 0]):
        words = f"killed at record {trial - 1}" if trial else "not killed"
        _report(reports, f"its processes ended with {', '.join(map(str, ends))} ({words})")


def _started(work: Callable[[], object]) -> int:
    """Start a process that does some work, and ends with 0 if it could. Returns its id."""
    if process := os.fork():
        return process
    code = 1
    try:
        work()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _report(reports: int, words: str) -> None:
    os.write(reports, f"{words}\n".encode())


def _loaded(file: Path, trial: int, start: str) -> tuple[Task, Groups]:
    """Returns the task of a trial with its topics: the pipeline as it was when nothing had run."""
    given = task.unpack(file)
    given = replace(given, namespace=f"{given.namespace}{prefix(trial)}", directory=file.parent / f"{trial}-{start}")
    return given, Groups(Topics(given.address, given.namespace))


def _die(file: Path, trial: int, reports: int) -> None:
    from labkit.runs import mistakes
    from labkit.runs.pipeline import Pipeline

    signal.alarm(math.ceil(LIMIT))
    given, groups = _loaded(file, trial, "killed")
    killer = Killer(groups.topics, given.spec, trial)
    killer.pipeline = Pipeline(
        groups.topics, given.spec, given.group, given.directory, Totals(), given.member, observer=killer
    )
    try:
        killer.pipeline.run(lambda: None)
    except Exception as error:
        _report(reports, f"it failed before it was killed: {mistakes.explain(error, killer.pipeline.trace)}")


def _finish(file: Path, trial: int, reports: int) -> None:
    from labkit.runs.threaded import ThreadedRun

    given, groups = _loaded(file, trial, "finishes")
    run = ThreadedRun(groups, given.spec, given.group, given.directory, given.member)
    run.start()
    try:
        run.wait_until_caught_up(LIMIT)
    except LabError as error:
        _report(reports, str(run.error or error))
    finally:
        run.stop()


class Killer:
    """Observes a pipeline, which so commits after each record, and kills it at one of them before the commit."""

    pipeline: Pipeline

    def __init__(self, topics: Topics, spec: Spec, records: int) -> None:
        """It processes so many `records` of the topics that it reads, and none more."""
        self._left, self._reads = records, [*map(topics.full, spec.reads)]

    def processed(self, topic: str, partition: int, offset: int) -> None:  # noqa: ARG002
        self._left -= topic in self._reads
        if not self._left:
            self.pipeline.flush()
            os.kill(os.getpid(), signal.SIGKILL)

    def writes(self, topic: str, record: Mapping[str, Any]) -> str:  # noqa: ARG002
        return topic

    def came_in(self, step: Stream, value: Any, key: Any, timestamp: int) -> None: ...

    def came_out(self, step: Stream, value: Any, key: Any, timestamp: int) -> None: ...

    def went(self, step: Stream) -> None: ...

    def was_late(self, start: int, end: int, by: int) -> None: ...


if __name__ == "__main__":
    main()
