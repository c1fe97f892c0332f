"""What a Kafka knows of topics: their partitions and offsets. The lab's short names become full ones here."""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from confluent_kafka import (
    OFFSET_BEGINNING,
    OFFSET_END,
    Consumer,
    KafkaError,
    KafkaException,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, ConfigResource, TopicMetadata

from labkit.errors import LabError, NoAnswer
from labkit.kafka import clients
from labkit.kafka.names import LONGEST, allowed
from labkit.kafka.requests import CHECK, FORBIDDEN, NOT_READY, Requests, limit, refusal
from labkit.waiting import PAUSE, Deadline

NEW_LIMIT = 2.0  # seconds within which every broker knows a new topic
PATIENCE = 4.0  # seconds that the leaders of partitions may take at most to answer, before they are looked up again
ENDS = 20  # characters that are shown of either end of a name that is too long
Partitions = dict[int, int]  # partition -> offset

# Prefixes of the names of Quix Streams' internal topics, which have the namespace further inside.
INTERNAL = ("changelog__", "repartition__")


# What a client says of a partition of which its metadata, seconds or minutes old, knows nothing.
NOT_HEARD_OF = (KafkaError._UNKNOWN_PARTITION, KafkaError._UNKNOWN_TOPIC)


@dataclass
class Offsets:
    """`namespace` prefixes the name of every topic and group on the broker; callers use short names only.

    `check` raises NoAnswer once Kafka is known to have ended. `created` are the topics that this lab has created.
    """

    address: str
    namespace: str = ""
    check: Callable[[], object] = lambda: None
    created: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.requests = Requests(self.address, self.check)
        self._settle, self._metadata = self.requests.settle, self.requests.metadata
        self._consumers: dict[bool, Consumer] = {}  # by whether open transactions are the end for it

    def disconnect(self) -> None:
        """Close the clients; no request may follow."""
        self.requests.close()
        self._consumers.clear()

    @property
    def admin(self) -> AdminClient:
        """A connected client."""
        return self.requests.admin

    def full(self, name: str) -> str:
        full = name if name.startswith(INTERNAL) else self.namespace + name
        if not full or allowed(full) != full:
            most = LONGEST - len(self.namespace)
            if len(name) > most:
                shown = f"{name[:ENDS]}…{name[-ENDS:]}"
                raise LabError(f"{shown!r} is not a topic name: it has {len(name)} characters, and may have {most}.")
            raise LabError(
                f"{name!r} is not a topic name: use only letters, digits, '.', '_' and '-', and at most {most} of them."
            )
        return full

    def short(self, full: str) -> str:
        return full if full.startswith(INTERNAL) else full.removeprefix(self.namespace)

    def partitions(self, name: str) -> list[int]:
        """The partition numbers of a topic; empty if there is no such topic."""
        topic = self._known(name).get(self.full(name))
        return sorted(topic.partitions) if topic else []

    def exists(self, full_name: str) -> bool:
        """Whether a topic of this name exists on the broker, in any namespace."""
        return full_name in self._metadata()

    def identity(self, name: str) -> str:
        """An id that distinguishes a topic from a deleted one of the same name."""
        wanted = TopicCollection([self.full(name)])
        found = self._settle(lambda admin, limit: admin.describe_topics(wanted, request_timeout=limit))
        return str(found[self.full(name)].topic_id)

    def settings(self, name: str) -> dict[str, str]:
        """Returns the settings of a topic as Kafka knows them; none if there is no such topic, or if this user may not
        see them.
        """
        topic = ConfigResource(ConfigResource.Type.TOPIC, self.full(name))
        refusals = (KafkaError.UNKNOWN_TOPIC_OR_PART, *FORBIDDEN)
        found = self._settle(lambda admin, limit: admin.describe_configs([topic], request_timeout=limit), *refusals)
        return {each.name: each.value for each in found.get(topic, {}).values()}

    def arrival(self, name: str) -> str:
        """Says that a topic keeps the time at which records arrive; empty if it keeps the one that they come with."""
        if self.settings(name).get("message.timestamp.type") != "LogAppendTime":
            return ""
        return (
            f"{name} keeps the time at which each record arrives, not that of the reading "
            "(message.timestamp.type=LogAppendTime): windows go by it"
        )

    def beginning_offsets(self, name: str) -> Partitions:
        """The offset of the oldest record of each partition."""
        return self._offsets(name, OFFSET_BEGINNING)

    def end_offsets(self, name: str, committed: bool = False) -> Partitions:
        """The offset that the next record of each partition will get; with `committed`, if a transaction is open, the
        offset at which it begins.
        """
        return self._offsets(name, OFFSET_END, committed)

    def bounds(self, name: str, committed: bool = False) -> tuple[Partitions, Partitions]:
        """The beginning and end offsets of a topic, for the same partitions.

        The topic may be created or deleted between the two requests.
        """
        starts, ends = self.beginning_offsets(name), self.end_offsets(name, committed)
        both = sorted(starts.keys() & ends.keys())
        return {each: starts[each] for each in both}, {each: ends[each] for each in both}

    def _known(self, *names: str) -> dict[str, TopicMetadata]:
        """The metadata of all topics. Waits for those that this lab created: some brokers learn of them later."""
        mine = {self.full(name) for name in self.created.intersection(names)}
        deadline = Deadline(NEW_LIMIT)
        while not mine <= (found := self._metadata()).keys() and not deadline.has_passed():
            time.sleep(PAUSE)
        return found

    def _offsets(self, name: str, which: int, committed: bool = False) -> Partitions:
        """Ask the leader of each partition for its first or its next offset.

        A consumer asks: an admin client whose request is for a broker that has died tries to connect to it without a
        pause, and never asks the broker's successor (librdkafka 2.12).
        """
        wanted = [TopicPartition(self.full(name), partition, which) for partition in self.partitions(name)]
        consumer, deadline = self._consumer(committed), Deadline(limit())
        while wanted:
            found = self.requests.until_answered(name, lambda seconds: _asked(consumer, wanted, seconds), PATIENCE)
            offsets = {each.partition: each.offset for each in found}
            # While a partition has no leader because its broker died, there may be no error, and its offset is -1001.
            if all(offset >= 0 for offset in offsets.values()):
                return offsets
            errors = [
                each.error for each in found if each.error and each.error.code() not in (*NOT_READY, *NOT_HEARD_OF)
            ]
            if errors:
                raise LabError(refusal(name, errors[0]))
            if deadline.has_passed():
                raise NoAnswer(f"A partition of {name} has no leader: `print(lab.broker.log())` says more.")
            time.sleep(CHECK)
        return {}

    def _consumer(self, committed: bool) -> Consumer:
        level = {"isolation.level": "read_committed" if committed else "read_uncommitted"}
        if committed not in self._consumers:
            self._consumers[committed] = clients.consumer(self.address, **level)
        return self._consumers[committed]


def _asked(consumer: Consumer, wanted: list[TopicPartition], seconds: float) -> list[TopicPartition]:
    """Ask the leaders of partitions for offsets; if one does not answer or refuses, look up who leads them now."""
    found: list[TopicPartition] = []
    try:
        found = consumer.offsets_for_times(wanted, timeout=seconds)
        return found
    finally:
        if not found or any(each.error for each in found):
            with contextlib.suppress(KafkaException):
                consumer.list_topics(wanted[0].topic, timeout=seconds)
