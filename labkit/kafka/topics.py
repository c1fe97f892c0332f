"""The lab's topics: created, emptied, deleted, counted."""

import ctypes
from collections.abc import Collection, Mapping
from concurrent.futures import Future
from typing import Any, NamedTuple

from confluent_kafka import KafkaError, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from labkit.errors import LabError
from labkit.kafka.counts import Counts
from labkit.kafka.offsets import INTERNAL, Offsets
from labkit.kafka.requests import wait_for_promised
from labkit.spelling import did_you_mean

DEAD_LETTER = ".dead-letter"

# A topic that keeps the newest record of each key. Kafka compacts it within seconds, not days: what is older than a new
# record by more than a second is in a segment that is closed, and tombstones are kept for a second only.
COMPACTED = {
    "cleanup.policy": "compact",
    "segment.ms": "1000",
    "min.cleanable.dirty.ratio": "0.01",
    "delete.retention.ms": "1000",
}


class Leader(NamedTuple):
    """The broker that leads a partition (None if none does), and the brokers with its in-sync replicas."""

    partition: int
    leader: int | None
    in_sync: tuple[int, ...]


class Topics(Offsets):
    """The topics in a namespace: creates, empties and deletes them, and counts their records."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.counts = Counts(self)

    def create(self, *names: str, partitions: int = 1, settings: Mapping[str, str] | None = None) -> None:
        """Create the topics that do not exist yet, all in one request, with Kafka's settings for topics."""
        given = {"num_partitions": partitions, "config": dict(settings or {})}
        wanted = [NewTopic(self.full(name), **given) for name in names]
        asked: list[tuple[str, Future[None]]] = []  # one for each topic and attempt

        def ask(admin: AdminClient, limit: float) -> dict[str, Future[None]]:
            futures: dict[str, Future[None]] = admin.create_topics(wanted, request_timeout=limit)
            asked.extend(futures.items())
            return futures

        try:
            self._settle(ask, KafkaError.TOPIC_ALREADY_EXISTS)
        finally:  # some may have been created though others were refused
            done = (full for full, future in asked if future.done() and not future.exception())
            self.created.update(map(self.short, done))
        wait_for_promised(lambda: all(self.partitions(name) for name in names))

    def leaders(self, name: str) -> list[Leader]:
        """The leader of each partition of a topic; empty if there is no such topic."""
        topic = self._known(name).get(self.full(name))
        return [
            Leader(number, each.leader if each.leader >= 0 else None, tuple(sorted(each.isrs)))
            for number, each in sorted(topic.partitions.items() if topic else ())
        ]

    def names(self) -> list[str]:
        """The topics in the namespace, except the internal ones of Kafka and Quix Streams."""
        mine = [self.short(full) for full in self._metadata() if full.startswith(self.namespace)]
        return sorted(name for name in mine if not name.startswith(("__", *INTERNAL)))

    def require(self, *names: str) -> None:
        """Raise LabError, listing the existing topics, unless all of these exist."""
        known = self._known(*names)
        for name in names:
            if self.full(name) not in known:
                raise LabError(f"There is no topic {name!r}{self._near(name)}")

    def _near(self, name: str) -> str:
        names = self.names()
        hint = did_you_mean(name, names)
        return (
            (f": {hint} " if hint else ". ")
            + (
                f"The topics are {', '.join(names)}. "
                if names
                else "There are none yet: a new Lab() starts empty, so run the cells that write to it. "
            )
            + f'To read it before anything is written to it, create it first: lab.create_topic("{name}").'
        )

    def size(self, name: str) -> tuple[int, int]:
        """Returns the number of partitions and of committed records in a topic."""
        return len(self.partitions(name)), self.count(name)

    def count(self, name: str) -> int:
        """How many committed records a topic holds."""
        return self.counts.of(name).held

    def empty(self, name: str, before: Mapping[int, int] | None = None) -> None:
        """Delete every record, or those before an offset in each partition; offsets continue where they were."""
        offsets = self.end_offsets(name) if before is None else before
        ends = [TopicPartition(self.full(name), partition, offset) for partition, offset in offsets.items()]
        if ends:
            self._settle(lambda admin, limit: delete_records(admin, ends, limit))

    def delete_created(self) -> None:
        """Delete every topic that this lab has created, and wait until they are gone.

        One that was there before may belong to somebody else, even if the lab has read or written it.
        """
        names = {self.full(name) for name in self.created}
        self.delete([name for name in self._metadata() if name in names])
        self.created.clear()

    def changelogs(self, group: str) -> list[str]:
        """Returns the full names of the topics in which Quix Streams keeps the state of a consumer group."""
        return self._internal("changelog", group)

    def delete_internal(self, group: str) -> None:
        """Delete the topics that Quix Streams has created for a consumer group."""
        self.delete([*self.changelogs(group), *self._internal("repartition", group)])

    def _internal(self, kind: str, group: str) -> list[str]:
        return [name for name in self._metadata() if name.startswith(f"{kind}__{self.namespace}{group}--")]

    def delete(self, full_names: Collection[str]) -> None:
        """Delete topics by their full names, and wait until they are gone."""
        if not full_names:
            return
        doomed = list(full_names)
        self._settle(
            lambda admin, limit: admin.delete_topics(doomed, request_timeout=limit), KafkaError.UNKNOWN_TOPIC_OR_PART
        )
        wait_for_promised(lambda: set(doomed).isdisjoint(self._metadata()))


def delete_records(admin: AdminClient, ends: list[TopicPartition], limit: float) -> dict[TopicPartition, Any]:
    """Call `delete_records` with a spare reference to its list.

    The C code of confluent-kafka 2.12 releases a reference to this list that it does not own (its issue 2275; so do all
    versions that Quix Streams allows). Without a spare one the list's memory is reused while still in use, which
    corrupts another object: a path, for example, changed from the directory of a run's state to `/`.
    """
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(ends))
    found: dict[TopicPartition, Any] = admin.delete_records(ends, request_timeout=limit)
    return found
