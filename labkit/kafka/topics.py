"""The lab's topics: short names in the lab, prefixed with the namespace on the broker."""

import ctypes
import re
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from confluent_kafka import IsolationLevel, KafkaError, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec, TopicMetadata

from labkit.errors import LabError, NoAnswer
from labkit.kafka.counts import Counts
from labkit.kafka.requests import LIMIT, LOOK, Requests, wait_for_promised
from labkit.spelling import did_you_mean

DEAD_LETTER = ".dead-letter"
NEW_LIMIT = 2.0  # seconds within which every broker knows a new topic
INTERNAL = ("__", "changelog__", "repartition__")  # prefixes of internal topics
Partitions = dict[int, int]  # partition -> offset


class Leader(NamedTuple):
    """The broker that leads a partition (None if none does), and the brokers with its in-sync replicas."""

    partition: int
    leader: int | None
    in_sync: tuple[int, ...]


@dataclass
class Topics:
    """`namespace` prefixes the name of every topic and group on the broker; callers use short names only.

    `check` raises NoAnswer once Kafka is known to have ended.
    """

    address: str
    namespace: str = ""
    check: Callable[[], object] = lambda: None
    used: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.requests = Requests(self.address, self.check)
        self.counts = Counts(self)
        self._settle, self._metadata = self.requests.settle, self.requests.metadata

    @property
    def admin(self) -> AdminClient:
        """A connected client."""
        return self.requests.admin

    def full(self, name: str) -> str:
        full = self.namespace + name
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,249}", full):
            raise LabError(f"{name!r} is not a topic name: use only letters, digits, '.', '_' and '-'.")
        return full

    def short(self, full: str) -> str:
        return full.removeprefix(self.namespace)

    def create(self, *names: str, partitions: int = 1) -> None:
        """Create the topics that do not exist yet, all in one request."""
        wanted = [NewTopic(self.full(name), num_partitions=partitions) for name in names]
        self.used.update(names)
        self._settle(
            lambda admin, limit: admin.create_topics(wanted, request_timeout=limit), KafkaError.TOPIC_ALREADY_EXISTS
        )
        wait_for_promised(lambda: all(self.partitions(name) for name in names))

    def partitions(self, name: str) -> list[int]:
        """The partition numbers of a topic; empty if there is no such topic."""
        topic = self._known(name).get(self.full(name))
        return sorted(topic.partitions) if topic else []

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
        return sorted(name for name in mine if not name.startswith(INTERNAL))

    def require(self, *names: str) -> None:
        """Raise LabError, listing the existing topics, unless all of these exist."""
        known = self._known(*names)
        for name in names:
            if self.full(name) not in known:
                raise LabError(f"There is no topic {name!r}{self._near(name)}")

    def _known(self, *names: str) -> dict[str, TopicMetadata]:
        """The metadata of all topics. Waits for those that this lab created: some brokers learn of them later."""
        mine = {self.full(name) for name in self.used.intersection(names)}
        deadline = time.monotonic() + NEW_LIMIT
        while not mine <= (found := self._metadata()).keys() and time.monotonic() < deadline:
            time.sleep(0.02)
        return found

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

    def exists(self, full_name: str) -> bool:
        """Whether a topic of this name exists on the broker, in any namespace."""
        return full_name in self._metadata()

    def identity(self, name: str) -> str:
        """An id that distinguishes a topic from a deleted one of the same name."""
        wanted = TopicCollection([self.full(name)])
        found = self._settle(lambda admin, limit: admin.describe_topics(wanted, request_timeout=limit))
        return str(found[self.full(name)].topic_id)

    def beginning_offsets(self, name: str) -> Partitions:
        """The offset of the oldest record of each partition."""
        return self._offsets(name, OffsetSpec.earliest())

    def end_offsets(self, name: str, committed: bool = False) -> Partitions:
        """The offset that the next record of each partition will get; with `committed`, if a transaction is open, the
        offset at which it begins.
        """
        level = IsolationLevel.READ_COMMITTED if committed else IsolationLevel.READ_UNCOMMITTED
        return self._offsets(name, OffsetSpec.latest(), level)

    def bounds(self, name: str, committed: bool = False) -> tuple[Partitions, Partitions]:
        """The beginning and end offsets of a topic, for the same partitions.

        The topic may be created or deleted between the two requests.
        """
        starts, ends = self.beginning_offsets(name), self.end_offsets(name, committed)
        both = sorted(starts.keys() & ends.keys())
        return {each: starts[each] for each in both}, {each: ends[each] for each in both}

    def size(self, name: str) -> tuple[int, int]:
        """Returns the number of partitions and of committed records in a topic."""
        return len(self.partitions(name)), self.count(name)

    def count(self, name: str) -> int:
        """How many committed records a topic holds."""
        return self.counts.of(name).held

    def empty(self, name: str) -> None:
        """Delete every record; offsets continue where they were."""
        ends = [TopicPartition(self.full(name), partition, end) for partition, end in self.end_offsets(name).items()]
        if ends:
            self._settle(lambda admin, limit: delete_records(admin, ends, limit))

    def delete_used(self) -> None:
        """Delete every topic that this lab used, and wait until they are gone."""
        names = {self.full(name) for name in self.used}
        self.delete([name for name in self._metadata() if name in names])
        self.used.clear()

    def delete_internal(self, group: str) -> None:
        """Delete the topics in which Quix Streams keeps the state of a consumer group."""
        prefixes = tuple(f"{kind}__{self.full(group)}--" for kind in ("changelog", "repartition"))
        self.delete([name for name in self._metadata() if name.startswith(prefixes)])

    def delete(self, full_names: Collection[str]) -> None:
        """Delete topics by their full names, and wait until they are gone."""
        if not full_names:
            return
        doomed = list(full_names)
        self._settle(
            lambda admin, limit: admin.delete_topics(doomed, request_timeout=limit), KafkaError.UNKNOWN_TOPIC_OR_PART
        )
        wait_for_promised(lambda: set(doomed).isdisjoint(self._metadata()))

    def _offsets(
        self, name: str, spec: OffsetSpec, level: IsolationLevel = IsolationLevel.READ_UNCOMMITTED
    ) -> Partitions:
        wanted = {TopicPartition(self.full(name), partition): spec for partition in self.partitions(name)}
        if not wanted:
            return {}
        deadline = time.monotonic() + LIMIT
        while True:
            found = self._settle(
                lambda admin, limit: admin.list_offsets(wanted, isolation_level=level, request_timeout=limit)
            )
            offsets = {tp.partition: result.offset for tp, result in found.items()}
            # While a partition has no leader because its broker died, its offset is -1001, without an error.
            if all(offset >= 0 for offset in offsets.values()):
                return offsets
            if time.monotonic() > deadline:
                raise NoAnswer(f"A partition of {name} has no leader: `print(lab.broker.log())` says more.")
            time.sleep(LOOK)


def delete_records(admin: AdminClient, ends: list[TopicPartition], limit: float) -> dict[TopicPartition, Any]:
    """Call `delete_records` with a spare reference to its list.

    The C code of confluent-kafka 2.12 releases a reference to this list that it does not own (its issue 2275; so do all
    versions that Quix Streams allows). Without a spare one the list's memory is reused while still in use, which
    corrupts another object: a path, for example, changed from the directory of a run's state to `/`.
    """
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(ends))
    found: dict[TopicPartition, Any] = admin.delete_records(ends, request_timeout=limit)
    return found
