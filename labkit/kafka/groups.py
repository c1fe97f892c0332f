"""Consumer groups: each run has its own, named after what the run does and numbered, so that a successor finds it."""

import contextlib
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import ConsumerGroupListing

from labkit.errors import LabError
from labkit.kafka.committed import CommittedOffsets
from labkit.kafka.offsets import Partitions
from labkit.kafka.requests import LEAST, within
from labkit.kafka.topics import Topics
from labkit.waiting import PAUSE


class GroupOffset(NamedTuple):
    """The committed offset of a consumer group in a partition, and its lag in records.

    Without a committed offset (None) every record counts as lag, since such a group begins with the oldest.
    """

    group: str
    topic: str
    partition: int
    committed: int | None
    lag: int


class AssignedPartition(NamedTuple):
    """A partition and the member it is assigned to: the name of a static member, empty for a dynamic one."""

    member: str
    topic: str
    partition: int


@dataclass
class Groups:
    """The consumer groups in the namespace of some topics."""

    topics: Topics
    used: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._offsets = CommittedOffsets(self.topics.requests)
        self._forgotten: set[str] = set()  # still with members, which may be those of processes that have ended

    def close(self) -> None:
        """Release the clients."""
        with contextlib.suppress(LabError), within(LEAST):
            self._delete_forgotten()
        self._offsets.close()

    def _full(self, group: str) -> str:
        """Kafka allows any text as the name of a group, but not of a topic."""
        return self.topics.namespace + group

    def _short(self, full: str) -> str:
        return full.removeprefix(self.topics.namespace)

    def latest_number(self, name: str) -> int:
        """The number n of the newest consumer group `<name>-<n>`; 0 if there is none."""
        pattern = re.compile(re.escape(name) + r"-(\d+)")
        # Kafka lists no group that its coordinator, new or just started, has not loaded yet.
        found = (pattern.fullmatch(group) for group in {*self._names(), *self.used, *self._forgotten})
        return max((int(match[1]) for match in found if match), default=0)

    def committed(self, group: str, names: Iterable[str]) -> dict[str, Partitions]:
        """Returns the offsets that a consumer group has committed for these topics."""
        return self._committed(group, {name: self.topics.partitions(name) for name in names})

    def uncommitted(self, group: str, ends: dict[str, Partitions]) -> int:
        """Count the records before these offsets that a consumer group has not yet committed."""
        done = self._committed(group, ends)
        positions = {name: {each: done[name].get(each, 0) for each in partitions} for name, partitions in ends.items()}
        return sum(sum(self.topics.counts.waiting(name, positions[name], ends[name]).values()) for name in ends)

    def commit(self, group: str, offsets: dict[str, Partitions]) -> None:
        """Create a consumer group that will start at these offsets."""
        self.used.add(group)
        wanted = [
            TopicPartition(self.topics.full(name), partition, offset)
            for name, partitions in offsets.items()
            for partition, offset in partitions.items()
        ]
        request = [ConsumerGroupTopicPartitions(self._full(group), wanted)]
        self.topics.requests.settle(
            lambda admin, limit: admin.alter_consumer_group_offsets(request, request_timeout=limit)
        )

    def offsets(self) -> list[GroupOffset]:
        """Returns the offsets of every consumer group in the namespace, in order of group, topic and partition.

        For each topic in which the group has a committed offset or an assigned partition, it lists all partitions.
        The topics in which Quix Streams keeps its state are left out.
        """
        self._delete_forgotten()
        partitions = {name: self.topics.partitions(name) for name in self.topics.names()}
        found: list[GroupOffset] = []
        for group in sorted({*self._names()} - self._forgotten):
            committed, assigned = self._committed(group, partitions), {each.topic for each in self.assigned(group)}
            for name in sorted(name for name, known in committed.items() if known or name in assigned):
                found += self._offsets_of(group, name, committed[name])
        return found

    def _offsets_of(self, group: str, name: str, known: Partitions) -> Iterator[GroupOffset]:
        ends = self.topics.end_offsets(name)
        lags = self.topics.counts.waiting(name, dict.fromkeys(ends, 0) | known, ends)
        for partition in sorted(ends):
            yield GroupOffset(group, name, partition, known.get(partition), lags[partition])

    def forget(self, group: str) -> None:
        """Delete a consumer group, and its changelog topics, or prepare to do so as soon as it has no members left.

        A static member leaves its group only when its session times out, 6 s after its end. From now on the group is
        not listed, and each later look at the groups tries to delete it.
        """
        self.used.discard(group)
        self._forgotten.add(group)
        self._delete_forgotten()

    def is_forgotten(self, group: str) -> bool:
        """Whether a group is to be deleted, and its offsets mean nothing any more."""
        return group in self._forgotten

    def _delete_forgotten(self) -> None:
        for group in list(self._forgotten):
            if self._is_deleted(group):
                self.topics.delete_internal(group)
                self._forgotten.discard(group)

    def _is_deleted(self, group: str) -> bool:
        """Delete a group. Returns whether it is gone; False if it has members."""
        full = self._full(group)
        fine = (KafkaError.GROUP_ID_NOT_FOUND, KafkaError.NON_EMPTY_GROUP)
        deleted = self.topics.requests.settle(
            lambda admin, limit: admin.delete_consumer_groups([full], request_timeout=limit), *fine
        )
        return full in deleted or group not in self._names()

    def forget_used(self) -> None:
        """Delete every group that this lab used."""
        for group in list(self.used):
            self.forget(group)

    def _names(self) -> list[str]:
        found = self.topics.requests.until_answered("all", lambda _: self._listed())
        namespace = self.topics.namespace
        return [self._short(each.group_id) for each in found if each.group_id.startswith(namespace)]

    def _listed(self) -> list[ConsumerGroupListing]:
        """Ask for all groups. Raises KafkaException if a broker has not answered for those that it coordinates."""
        found = self.topics.requests.settle(
            lambda admin, limit: {"all": admin.list_consumer_groups(request_timeout=limit)}
        )["all"]
        if found.errors:
            time.sleep(PAUSE)  # it is loading them
            raise KafkaException(*found.errors)
        groups: list[ConsumerGroupListing] = found.valid
        return groups

    def _committed(self, group: str, partitions: Mapping[str, Iterable[int]]) -> dict[str, Partitions]:
        wanted = [TopicPartition(self.topics.full(name), each) for name, some in partitions.items() for each in some]
        offsets: dict[str, Partitions] = {name: {} for name in partitions}
        for tp in self._offsets.of(self._full(group), wanted):
            if tp.offset >= 0:
                offsets[self.topics.short(tp.topic)][tp.partition] = tp.offset
        return offsets

    def assigned(self, group: str) -> list[AssignedPartition]:
        """Returns the partitions assigned to each member of a consumer group: none during a rebalance.

        A killed member keeps its partitions until its session times out.
        """
        full = self._full(group)
        found = self.topics.requests.settle(
            lambda admin, limit: admin.describe_consumer_groups([full], request_timeout=limit)
        )
        return [
            AssignedPartition(
                (member.group_instance_id or "").removeprefix(f"{full}-"), self.topics.short(tp.topic), tp.partition
            )
            for member in found[full].members
            for tp in member.assignment.topic_partitions
        ]
