"""What Kafka and the lab know of the topics of a run: who writes them, what is committed, what is still to be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from labkit.kafka import tap
from labkit.kafka.groups import Groups
from labkit.kafka.offsets import Partitions
from labkit.kafka.topics import DEAD_LETTER, Topics
from labkit.runs.run import Run
from labkit.runs.worker import Worker, Workers
from labkit.spelling import nearest
from labkit.waiting import quietly, wait_until
from labkit.why.causes import (
    Around,
    Behind,
    Cause,
    Committed,
    NoInput,
    NothingNew,
    Quiet,
    Transaction,
    Unreadable,
    Writer,
)

SETTLING = 1.0  # seconds after which what has not been read or committed is taken for waiting
LETTERS = 1_000  # of the newest dead letters, whose reasons are counted


def committed(run: Run, groups: Groups) -> tuple[Committed, ...]:
    """Returns the committed offset in each partition that a run reads."""
    found = groups.committed(run.group, run.reads)
    return tuple(
        Committed(name, each, found[name].get(each), end)
        for name in run.reads
        for each, end in sorted(groups.topics.end_offsets(name, committed=True).items())
    )


def positions(run: Run, groups: Groups) -> dict[str, Partitions]:
    """Returns the offset up to which a run has read each partition."""
    found = groups.committed(run.group, run.reads)
    for name, partition, offset in run.positions():
        if name in found:
            found[name][partition] = offset
    return {name: dict.fromkeys(groups.topics.partitions(name), 0) | offsets for name, offsets in found.items()}


def of_topics(run: Run, workers: Sequence[Worker], groups: Groups) -> Iterator[Cause]:
    """Yield what is the matter with the topics of a run."""
    topics = groups.topics
    open_ones = [*_transactions(run, topics)]
    yield from open_ones
    hidden = {each.topic for each in open_ones}
    empty = [name for name in run.reads if name not in hidden and not topics.count(name)]
    for name in empty:
        yield NoInput(name, topics.counts.of(name).came, writers(name, run, workers))
    if run.alive and not _catches_up(run, groups):
        if lag := run.lag():
            yield Behind(lag, committed(run, groups), run.records_in)
    elif not (run.records_in or empty or hidden):
        yield NothingNew(run.reads, run.began)
    yield from _unreadable(run, topics)
    if around := Workers(workers).back_to(run):
        yield Around(tuple(each.flow for each in around))


def quiet(run: Run, workers: Sequence[Worker]) -> Iterator[Quiet]:
    """Yield the topics of a run to which nobody in this lab writes any more."""
    for name in run.reads:
        found = writers(name, run, workers)
        if found and not any(each.meant or each.status in ("starting", "running") for each in found):
            yield Quiet(name, found)


def writers(topic: str, run: Run, workers: Sequence[Worker]) -> tuple[Writer, ...]:
    """Returns who writes a topic; if nobody does, who writes one with a similar name."""
    others = [each for each in workers if each is not run and each.writes]
    meant = nearest(topic, {each.writes for each in others if each.writes})
    found = [each for each in others if each.writes == topic] or [each for each in others if each.writes == meant]
    return tuple(_writer(each, topic) for each in found)


def _writer(worker: Worker, topic: str) -> Writer:
    is_run = isinstance(worker, Run)
    written = worker.records_out if isinstance(worker, Run) else worker.total()
    return Writer(worker.name, worker.status, worker.writes or "", written, worker.writes != topic, is_run)


def _transactions(run: Run, topics: Topics) -> Iterator[Transaction]:
    """Yield the partitions in which a transaction stays open: others are committed within milliseconds."""
    names = [*run.reads, *filter(None, [run.writes])]
    ends = {name: topics.end_offsets(name) for name in names}
    seen: dict[str, Partitions] = {}

    def are_committed() -> bool:
        seen.update((name, topics.end_offsets(name, committed=True)) for name in names)
        return all(seen[name].get(each, 0) >= end for name in names for each, end in ends[name].items())

    with quietly():
        wait_until(are_committed, SETTLING)
    for name in names:
        for each, end in ends[name].items():
            if (first := seen[name].get(each, end)) < end:
                yield Transaction(name, each, first, end - first, name in run.reads)


def _catches_up(run: Run, groups: Groups) -> bool:
    """Whether a run commits, in a moment, all the records that there are now."""
    ends = {name: groups.topics.end_offsets(name, committed=True) for name in run.reads}
    with quietly():
        return wait_until(lambda: not groups.uncommitted(run.group, ends) or not run.alive, SETTLING)


def _unreadable(run: Run, topics: Topics) -> Iterator[Unreadable]:
    for name, number in run.totals.unreadable.items():
        if number:
            letters = tap.newest(topics, f"{name}{DEAD_LETTER}", min(LETTERS, number), raw=True)
            reasons = [each.headers.get("reason", "") for each in letters]
            yield Unreadable.of_reasons(number, run.records_in, f"{name}{DEAD_LETTER}", reasons)
