"""The teacher's side: the topics of a wall, the run that counts, and the view of the page."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.kafka import clients
from labkit.kafka.groups import Groups
from labkit.kafka.topics import COMPACTED, Topics
from labkit.runs import quix
from labkit.runs.spec import Spec
from labkit.wall import records
from labkit.wall.given import COUNTS, SAID

if TYPE_CHECKING:
    from labkit.runs.threaded import ThreadedRun
    from labkit.wall.board import Board

# Kafka itself notes when it gets a record, so that no student's clock matters, and stores no batch compressed: a small
# one cannot unpack to a large one. Of a flood it keeps the newest.
SETTINGS = {
    "message.timestamp.type": "LogAppendTime",
    "compression.type": "uncompressed",
    "max.message.bytes": "4000",
    "retention.bytes": "20000000",
    "segment.bytes": "10000000",
}
PARTITIONS = 12  # whoever floods holds up only those who share a partition
GROUP = "board"  # the same in each run: it continues, with its state, where the last one stopped
ROUND_LIMIT = 10.0  # seconds


def create_topics(topics: Topics) -> None:
    """Create the topics of a wall, unless they are there."""
    topics.create(SAID, partitions=PARTITIONS, settings=SETTINGS)
    topics.create(COUNTS, settings=COMPACTED)


def counting_run(topics: Topics, labels: Callable[[], Mapping[str, str]], directory: Path) -> ThreadedRun:
    """Returns the run that counts, to be started; `labels` are those of the pseudonyms, and its state goes into
    `directory`.
    """
    quix.load()
    from labkit.runs.threaded import ThreadedRun
    from labkit.wall import course
    from labkit.wall.counting import counting
    from labkit.wall.gate import Gate

    gate = Gate(course.course(), labels)
    spec = Spec("wall", counting(gate), (SAID,), COUNTS, raw=True)
    return ThreadedRun(Groups(topics), spec, GROUP, directory)


def board(topics: Topics, teacher: str) -> Board:
    """Returns the view of the counts, to be started and displayed. `teacher` is the pseudonym that begins rounds."""
    from labkit.live import Pacer
    from labkit.wall import course
    from labkit.wall.board import Board
    from labkit.wall.reading import Counts
    from labkit.wall.tally import Table

    pacer = Pacer()
    pacer.start()
    begin = threading.Lock()
    producer = clients.producer(topics.address)

    def begin_round(question: str) -> None:
        with begin:
            producer.produce(topics.full(SAID), records.packed(records.of_round(question)), teacher)
            producer.flush(ROUND_LIMIT)

    return Board(Counts(topics), Table(course.exercises(), course.asked()), pacer, begin_round)
