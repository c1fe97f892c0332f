"""Runs a pipeline on copies of records, one by one, on topics of its own."""

from __future__ import annotations

import contextlib
import itertools
import math
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from labkit.errors import NoAnswer
from labkit.kafka import clients
from labkit.kafka.groups import Groups
from labkit.kafka.topics import DEAD_LETTER, Topics
from labkit.runs import mistakes
from labkit.runs.blame import Blame
from labkit.runs.call import Call
from labkit.runs.pipeline import Pipeline
from labkit.runs.spec import Spec
from labkit.runs.totals import Totals
from labkit.runs.worker import Worker
from labkit.stepping import leftovers, memory
from labkit.stepping.leftovers import GROUP
from labkit.stepping.recording import Recorder
from labkit.stepping.steps import Steps
from labkit.stepping.taking import Taken
from labkit.waiting import Deadline

STALLED = 10.0  # seconds that one record may take
AT_ONCE = {"linger.ms": 0, "enable.idempotence": False, "max.in.flight.requests.per.connection": 1}


def step(
    spec: Spec, records: Sequence[Taken], source: Topics, topics: Topics, states: Path, limit: float = math.inf
) -> Steps:
    """Run a pipeline on copies of records that were taken from the topics of `source`, and say what it did with each.

    `topics` are those of any Kafka, perhaps the same; the topics and the group that it needs there have a namespace of
    their own and are deleted in the end, as is its state below `states`. After `limit` seconds it has
    failed. Raises what the student's function raises, and LabError if that returns no stream or Kafka does not answer.
    """
    leftovers.remove(topics)
    own = Topics(topics.address, topics.namespace + leftovers.new_namespace(), topics.check)
    groups, directory = Groups(own), states / own.namespace
    with contextlib.ExitStack() as closing:
        closing.callback(own.disconnect)
        closing.callback(shutil.rmtree, directory, ignore_errors=True)
        closing.callback(own.delete_created)
        closing.callback(own.counts.close)
        closing.callback(groups.close)
        closing.callback(groups.forget, GROUP)
        _create(own, spec, source, records)
        feed = Feed(own, records)
        closing.callback(feed.close)
        recorder = Recorder(own, source, spec.reads, feed.next)
        pipeline = Pipeline(own, spec, GROUP, directory, Totals(), observer=recorder)
        feed.between = recorder.between = pipeline.between
        worker = Stepping(spec.name, pipeline, recorder)
        _run(worker, recorder, limit)
        changes = memory.changes(own, pipeline, recorder.passages)
        return Steps(spec, pipeline, feed.places, recorder.passages, changes, worker.error)


def _create(own: Topics, spec: Spec, source: Topics, records: Sequence[Taken]) -> None:
    """Create topics with the names and partitions of those that the pipeline reads, and those that it writes."""
    for name in spec.reads:
        highest = max((each.partition for each in records if each.topic == name), default=0)
        own.create(name, partitions=max(len(source.partitions(name)), highest + 1))
    letters = [] if spec.raw else [f"{name}{DEAD_LETTER}" for name in spec.reads]
    if written := [*letters, *filter(None, [spec.writes])]:
        own.create(*written)


class Feed:
    """Writes copies of records for a pipeline: of those in one partition all at once, or each alone if the pipeline has
    topics in `between`, where what it sends to itself must not wait for the records after it.

    `places` says where the copy of each record is.
    """

    def __init__(self, topics: Topics, records: Sequence[Taken]) -> None:
        self.between: Sequence[str] = ()
        self._topics, self._producer = topics, clients.producer(topics.address, **AT_ONCE)
        offsets: Counter[tuple[str, int]] = Counter()
        self.places: dict[tuple[str, int, int], Taken] = {}
        for each in records:
            partition = topics.full(each.topic), each.partition
            self.places[*partition, offsets[partition]] = each
            offsets[partition] += 1
        self._batches = self._batched(records)

    def _batched(self, records: Sequence[Taken]) -> Iterator[list[Taken]]:
        if self.between:
            yield from ([each] for each in records)
        else:
            for _, batch in itertools.groupby(records, lambda each: (each.topic, each.partition)):
                yield [*batch]

    def close(self) -> None:
        """Disconnect the producer, or it would ask for its topics, and so create them again, while anybody knows it."""
        del self._producer

    def next(self) -> int:
        """Write the next records. Returns how many there were."""
        batch = next(self._batches, [])
        for topic, partition, _, timestamp, key, value, headers in batch:
            full = self._topics.full(topic)
            self._producer.produce(full, value, key, partition, timestamp=timestamp, headers=[*headers])
        self._producer.poll(0)
        return len(batch)


class Stepping(Call):
    """A pipeline in a thread of its own, which anybody may interrupt."""

    STOP_LIMIT = Worker.STOP_LIMIT  # it can be asked to stop

    def __init__(self, name: str, pipeline: Pipeline, recorder: Recorder) -> None:
        super().__init__(name, lambda: pipeline.run(lambda: None))
        self._pipeline, self._recorder = pipeline, recorder

    def _ask_to_stop(self) -> None:
        self._pipeline.stop()

    def _print(self, text: str) -> None:
        super()._print(text)
        while self.prints:
            self._recorder.printed(self.prints.popleft())

    def _blame(self, error: BaseException) -> Blame:
        return mistakes.explain(error, self._pipeline.trace)


def _run(worker: Stepping, recorder: Recorder, limit: float) -> None:
    """Run the pipeline until it has processed all records, has failed, or takes too long for one of them or for all."""
    recorder.ask()
    worker.start()
    try:
        done, deadline, end = 0, Deadline(STALLED), Deadline(limit)
        while worker.alive and not recorder.over.wait(0.01):
            if len(recorder.passages) > done:
                done, deadline = len(recorder.passages), Deadline(STALLED)
            if deadline.has_passed() or end.has_passed():
                _give_up(worker, done, min(STALLED, limit))
                return
    finally:
        worker.stop()


def _give_up(worker: Stepping, done: int, seconds: float) -> None:
    """End a pipeline that has taken so long. Raises NoAnswer if it has not come to a record."""
    if not done:
        raise NoAnswer(f"{worker.name} has got no record from Kafka within {seconds:g} s: try again.")
    line = worker.line()
    worker.stop()
    worker.error = Blame(f"it did not finish within {seconds:g} s and was stopped", line, "")
