"""Asks everybody who knows something of a run, and puts the answers in order."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

from labkit.kafka.groups import Groups
from labkit.runs.run import Run, in_words
from labkit.runs.worker import Worker
from labkit.stepping import Steps, step
from labkit.stepping.memory import Entry
from labkit.stepping.taking import newest
from labkit.waiting import quietly, wait_until
from labkit.why import feeding, remembered
from labkit.why.answer import Row, Why
from labkit.why.causes import Behind, Cause, Ended, Failed, Killed, NoOutput, Stuck, ranked
from labkit.why.lines import Lines
from labkit.why.sentences import of_open, offset_of, records

RECORDS = 300  # the newest of a topic that it has read, which are stepped through ...
FEW = 20  # ... and if the run is slow
STARTING = 1.0  # seconds that a run may take before it is said to be starting


def why(run: Run, workers: Sequence[Worker], groups: Groups, states: Path) -> Why:
    """Say why nothing comes out of a run, or that nothing is wrong. `workers` are those of its lab; what is needed
    meanwhile goes below `states`. Raises NoAnswer if Kafka does not answer.
    """
    causes = [*_of_the_run(run), *feeding.of_topics(run, workers, groups)]
    facts, read, lines = [_numbers(run, groups)], run.records_in, None
    if read and not any(isinstance(each, Failed | Stuck) for each in causes):
        most = FEW if any(isinstance(each, Behind) for each in causes) else RECORDS
        lines = _stepped(run, groups, states, min(read, most))
        entries = _remembered(run, groups, states, lines) if lines.steps.windows else []
        causes += lines.causes()
        causes += remembered.silent(entries, [each.record for each in lines.steps])
        if waiting := remembered.waiting(entries):
            if run.records_out or lines.lets_windows_out():
                facts.append(f"The next to close: {of_open(waiting.windows[0])}")
            else:
                causes += [waiting, *feeding.quiet(run, workers)]
    return _answer(_subject(run, read, lines), ranked(causes), " ".join(facts), lines)


def of_steps(steps: Steps) -> Why:
    """Say the same of a pipeline that has been stepped through, whose run nobody knows."""
    lines = Lines(steps)
    entries = remembered.final(steps[-1].after.values() if len(steps) else (), steps.windows)
    causes = [*lines.causes(), *lines.unreadable(), *remembered.silent(entries, [each.record for each in steps])]
    if not lines.lets_windows_out() and (waiting := remembered.waiting(entries)):
        causes.append(waiting)
    return _answer(f"{steps.name}, given {records(len(steps))}.", ranked(causes), "", lines)


def _of_the_run(run: Run) -> Iterator[Cause]:
    """Yield what is the matter with the run itself."""
    with quietly():
        wait_until(lambda: run.status != "starting", STARTING)
    if error := run.error:
        yield Failed(error.reason, error.line, error.record)
    elif run.status != "running":
        yield Ended(run.status, run.lag(), run.retired)
    elif where := run.stuck():
        yield Stuck(where)
    elif ended := sum(not each.alive for each in run.members):
        yield Killed(ended, len(run.members))
    if not run.writes:
        yield NoOutput()


def _stepped(run: Run, groups: Groups, states: Path, count: int) -> Lines:
    """Give the newest records that the run has read to its pipeline once more, one by one."""
    topics = groups.topics
    taken = newest(topics, run.reads, count, before=feeding.positions(run, groups))
    return Lines(step(run.spec, taken, topics, topics, states))


def _remembered(run: Run, groups: Groups, states: Path, lines: Lines) -> list[Entry]:
    directory = states / f"why-{uuid.uuid4().hex[:8]}"
    try:
        return remembered.by(run, groups.topics, directory, lines.keys)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _subject(run: Run, read: int, lines: Lines | None) -> str:
    again = len(lines.steps) if lines else read
    part = (
        f" Of the {records(read)} that it has read, its lines got the newest {again:,} again." if again < read else ""
    )
    return f"{run.name} is {run.status}: {run.flow}.{part}"


def _numbers(run: Run, groups: Groups) -> str:
    offsets = ", ".join(map(offset_of, feeding.committed(run, groups)))
    number = records(run.records_in)
    return f"{number} in, {run.records_out:,} out, lag {in_words(run.lag())}; committed offsets: {offsets}."


def _answer(subject: str, causes: Sequence[Cause], facts: str, lines: Lines | None) -> Why:
    rows = [
        Row(each.line.number, each.line.text, f"{each.came:,} in, {each.went:,} out")
        for each in (lines.counts if lines else ())
    ]
    title = f"Of the newest {records(len(lines.steps))}:" if lines else ""
    return Why(subject, causes, facts, title, rows)
