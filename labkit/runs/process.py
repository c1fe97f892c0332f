"""A member of a consumer group in a process of its own: `python -m labkit.runs.process`.

It reads its task from a file, writes ten reports a second to standard output, and stops when standard input ends.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import os
import select
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from labkit.kafka.groups import Groups
from labkit.kafka.requests import within
from labkit.kafka.topics import Topics
from labkit.runs import blame, quix, task
from labkit.runs.task import Report, Task

if TYPE_CHECKING:
    from labkit.runs.threaded import ThreadedRun

PERIOD = 0.1  # seconds between two reports
REPORTS_A_SAMPLE = 5
SAMPLE_LIMIT = 1.0  # seconds: a kernel that is killed takes its Kafka along, and nothing may wait for its answer then
AGAIN = os.EX_TEMPFAIL  # exit code that asks for a replacement process


def main() -> None:
    reports = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # keep what imported modules print out of the reports
    parent, code = os.getppid(), 0
    try:
        quix.load()
        code = work(task.unpack(Path(sys.argv[1])), parent, reports)
    except Exception as error:
        reports.write(Report("failed", error=blame.explain(error)).line())
    finally:
        os._exit(code)  # a thread stuck in C code would prevent a normal exit


def work(given: Task, parent: int, reports: BinaryIO) -> int:
    """Do a task until it is over. Returns the exit code."""
    run = built(given, parent)
    if not run:
        reports.write(Report("stopped").line())
        return 0
    run.start()
    for number in itertools.count(1):
        if not run.alive or is_told_to_stop(parent):
            break
        if number % REPORTS_A_SAMPLE == 0:
            with within(SAMPLE_LIMIT):
                run.sample()
        reports.write(report(run).line())
        if run.is_lost():
            return AGAIN
    run.stop()
    last = report(run)
    if run.alive:
        last = dataclasses.replace(last, status="stopped", note="it was stuck in C code, and its process was ended")
    reports.write(last.line())
    return 0


def built(given: Task, parent: int) -> ThreadedRun | None:
    """Build the run as soon as Kafka answers; None if the process is told to stop before."""
    from labkit.runs.outages import once_kafka_answers
    from labkit.runs.threaded import ThreadedRun

    groups = Groups(Topics(given.address, given.namespace))
    new_run = functools.partial(ThreadedRun, groups, given.spec, given.group, given.directory, given.member)
    return once_kafka_answers(new_run, groups.topics, lambda: is_told_to_stop(parent))


def is_told_to_stop(parent: int) -> bool:
    """Whether standard input or the parent process has ended: the parent's other children may hold the input open."""
    return bool(select.select([0], [], [], PERIOD)[0]) or os.getppid() != parent


def report(run: ThreadedRun) -> Report:
    prints = [run.prints.popleft() for _ in range(len(run.prints))]
    return Report(run.status, run.totals, run.positions(), prints, run.note, *run.seen, run.error)


if __name__ == "__main__":
    main()
