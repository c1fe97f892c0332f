"""Consumer groups: each run has one of its own, named after what it does and numbered, so that a successor finds it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaError, TopicPartition

from labkit.runs.requests import LIMIT, settle
from labkit.runs.topics import Partitions, Topics


class Bookmark(NamedTuple):
    """Where a consumer group goes on in a partition, and how many records lie ahead of it."""

    group: str
    topic: str
    partition: int
    committed: int
    lag: int


@dataclass
class Groups:
    """The consumer groups in the namespace of some topics."""

    topics: Topics
    used: set[str] = field(default_factory=set)

    def latest_generation(self, name: str) -> int:
        """The number n of the newest consumer group `<name>-<n>`; 0 if there is none."""
        pattern = re.compile(re.escape(name) + r"-(\d+)")
        found = (pattern.fullmatch(group) for group in self._names())
        return max((int(match[1]) for match in found if match), default=0)

    def committed(self, group: str, names: Iterable[str]) -> dict[str, Partitions]:
        """The offsets that a consumer group has committed for these topics."""
        offsets: dict[str, Partitions] = {name: {} for name in names}
        for place in self._committed(group):
            if (name := self.topics.short(place.topic)) in offsets and place.offset >= 0:
                offsets[name][place.partition] = place.offset
        return offsets

    def uncommitted(self, group: str, ends: dict[str, Partitions]) -> int:
        """How many records before these offsets a consumer group has not committed yet."""
        done = self.committed(group, ends)
        return sum(max(end - done[name].get(p, 0), 0) for name, places in ends.items() for p, end in places.items())

    def commit(self, group: str, offsets: dict[str, Partitions]) -> None:
        """Make a consumer group that will start at these offsets."""
        self.used.add(group)
        wanted = [
            TopicPartition(self.topics.full(name), partition, offset)
            for name, partitions in offsets.items()
            for partition, offset in partitions.items()
        ]
        request = [ConsumerGroupTopicPartitions(self.topics.full(group), wanted)]
        settle(lambda: self.topics.admin.alter_consumer_group_offsets(request, request_timeout=LIMIT))

    def bookmarks(self) -> list[Bookmark]:
        """What every consumer group in the namespace has committed, in order of group, topic and partition."""
        return sorted(
            Bookmark(group, name, place.partition, place.offset, self.topics.ends(name)[place.partition] - place.offset)
            for group in self._names()
            for place in self._committed(group)
            if place.partition in self.topics.partitions(name := self.topics.short(place.topic))
        )

    def forget(self, group: str) -> None:
        """Delete a consumer group that nobody is in any more, and the topics with its state."""
        self.used.discard(group)
        full = [self.topics.full(group)]
        gone = (KafkaError.GROUP_ID_NOT_FOUND, KafkaError.NON_EMPTY_GROUP)
        settle(lambda: self.topics.admin.delete_consumer_groups(full, request_timeout=LIMIT), *gone)
        self.topics.delete_internal(group)

    def forget_used(self) -> None:
        """Delete every group that this lab used."""
        for group in list(self.used):
            self.forget(group)

    def _names(self) -> list[str]:
        listed = self.topics.admin.list_consumer_groups(request_timeout=LIMIT).result().valid
        namespace = self.topics.namespace
        return [self.topics.short(each.group_id) for each in listed if each.group_id.startswith(namespace)]

    def _committed(self, group: str) -> list[TopicPartition]:
        request = [ConsumerGroupTopicPartitions(self.topics.full(group))]
        found = settle(lambda: self.topics.admin.list_consumer_group_offsets(request, request_timeout=LIMIT))
        return [place for each in found.values() for place in each.topic_partitions]
