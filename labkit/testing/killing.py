"""A pipeline in processes that are killed: what it has written in the end."""

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import orjson

from labkit import Lab, LabError
from labkit.exercises.evidence import ROWS, Line
from labkit.exercises.formatting import NOTHING
from labkit.kafka import clients, tap
from labkit.kafka.tap import Record
from labkit.kafka.topics import DEAD_LETTER, Topics
from labkit.runs import task
from labkit.runs.spec import Spec
from labkit.runs.task import Task
from labkit.stepping import words
from labkit.testing import process


class Written(NamedTuple):
    """A record that the pipeline has written."""

    key: str | None
    time: int
    value: bytes | None

    def __str__(self) -> str:
        return f"{words.clock(self.time)} {self.key or 'no key'} {words.value(words.loaded(self.value))}"


def outputs(lab: Lab, spec: Spec, partitions: int, records: Sequence[Record]) -> list[list[Written]]:
    """Returns what it has written in the end: if it is not killed, and if it is killed at each of the records.

    Raises LabError if it fails, does not finish, or cannot be sent to another process.
    """
    assert spec.writes
    namespace, directory = lab.full_name(f"kill-{uuid.uuid4().hex[:8]}-"), lab.broker.directory / uuid.uuid4().hex
    given = Task(spec, lab.broker.address, namespace, "killed", "1", directory)
    topics = Topics(lab.broker.address, namespace)
    with contextlib.ExitStack() as closing:
        closing.callback(shutil.rmtree, directory, ignore_errors=True)
        closing.callback(_delete, topics)
        closing.callback(topics.counts.close)
        trials = [process.prefix(number) for number in range(len(records) + 1)]
        _create(topics, spec, partitions, trials)
        _fill(topics, records, trials)
        _run(given, len(records))
        found = [tap.everything(topics, f"{each}{spec.writes}", raw=True) for each in trials]
    return [[Written(each.key, each.timestamp, each.value) for each in one] for one in found]


def lines(missing: Counter[Written], extra: Counter[Written]) -> list[Line]:
    """Returns what is missing and what should not be there, side by side, as lines of a verdict's table."""
    lost, found = (sorted(each.elements(), key=lambda one: one.time) for each in (missing, extra))
    return [
        Line(("",), (str(one or NOTHING),), (str(other or NOTHING),), True)
        for one, other in itertools.islice(itertools.zip_longest(lost, found), ROWS)
    ]


def _create(topics: Topics, spec: Spec, partitions: int, trials: Sequence[str]) -> None:
    """Create the topics of all trials."""
    letters = [] if spec.raw else [f"{name}{DEAD_LETTER}" for name in spec.reads]
    topics.create(*(f"{each}{name}" for each in trials for name in spec.reads), partitions=partitions)
    topics.create(*(f"{each}{name}" for each in trials for name in filter(None, [*letters, spec.writes])))


def _fill(topics: Topics, records: Sequence[Record], trials: Sequence[str]) -> None:
    """Write the records to the topics of each trial."""
    producer = clients.producer(topics.address)
    for each in trials:
        for record in records:
            value = record.value if isinstance(record.value, bytes) else orjson.dumps(record.value)
            full = topics.full(f"{each}{record.topic}")
            producer.produce(full, value, record.key, record.partition, timestamp=record.timestamp)
            producer.poll(0)
    if producer.flush(process.LIMIT):
        raise LabError(f"Kafka has not taken all records within {process.LIMIT:g} s: try again.")


def _run(given: Task, records: int) -> None:
    """Let a process do all trials. Raises LabError if one fails."""
    given.directory.mkdir(parents=True)
    given.file.write_bytes(task.pack(given))
    command = [sys.executable, "-m", "labkit.testing.process", str(given.file), str(records)]
    # A session of its own, so that it can be ended with its children.
    with (
        given.log.open("wb") as log,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, stderr=log, start_new_session=True
        ) as working,
    ):
        try:
            said, _ = working.communicate()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(working.pid, signal.SIGKILL)
    if said or working.returncode:
        last = given.log.read_text(errors="replace").strip().rpartition("\n")[2]
        raise LabError(f"{given.spec.name}: {(said.decode() or last).splitlines()[0]}")


def _delete(topics: Topics) -> None:
    """Delete its topics, those of its state too."""
    topics.delete([name for name in topics.requests.metadata() if topics.namespace in name])
