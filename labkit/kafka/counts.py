"""How many records topics hold: committed records, not offsets."""

import threading
from dataclasses import dataclass
from typing import NamedTuple

from confluent_kafka import Consumer

from labkit.kafka import properties, ranges
from labkit.kafka.offsets import Offsets, Partitions

# Kafka creates this topic at the first transaction. Until then each offset is a record; afterwards some offsets are
# commit or abort markers, and some belong to aborted records.
TRANSACTIONS = "__transaction_state"
NEAR = 1_000  # offsets


class Count(NamedTuple):
    """The records that a topic holds now, and all it ever received; emptying the topic does not reduce the latter."""

    held: int
    came: int


@dataclass
class Tally:
    """What has been counted in a topic: for each partition from where, up to where, and how many; `came` in total."""

    identity: str
    since: Partitions
    until: Partitions
    held: Partitions
    came: int


class Counts:
    """Counts the records of topics. If there may be transactions it reads each record once and remembers how far."""

    def __init__(self, topics: Offsets) -> None:
        self._topics = topics
        self._tallies: dict[str, Tally] = {}
        self._lock = threading.Lock()
        self._consumer: Consumer | None = None

    def of(self, name: str) -> Count:
        """Raises LabError if Kafka does not answer."""
        if not self._may_have_transactions():
            starts, ends = self._topics.bounds(name)
            return Count(sum(end - starts[partition] for partition, end in ends.items()), sum(ends.values()))
        with self._lock:
            return self._counted(name)

    def between(self, name: str, firsts: Partitions, ends: Partitions) -> int:
        """How many committed records lie from the first offset up to, not including, the end of each partition.

        If they are far apart it subtracts the offsets, as Kafka's own tools do for the lag. Near the end that would
        count transaction markers as records, so it reads them. Raises LabError if Kafka does not answer.
        """
        distance = sum(max(ends[partition] - first, 0) for partition, first in firsts.items())
        if not 0 < distance <= NEAR or not self._may_have_transactions():
            return distance
        with self._lock:
            return sum(self._read(name, firsts, ends).values())

    def _may_have_transactions(self) -> bool:
        """Somebody else's Kafka that requires a login may have transactions without showing this user their topic."""
        return bool(properties.of_others(self._topics.address)) or self._topics.exists(TRANSACTIONS)

    def close(self) -> None:
        with self._lock:
            if self._consumer:
                self._consumer.close()
            self._consumer = None

    def _counted(self, name: str) -> Count:
        starts, ends = self._topics.bounds(name, committed=True)
        if not ends:
            return Count(0, 0)
        tally = self._tally(name, starts)
        fresh = {partition: max(tally.until.get(partition, 0), starts[partition]) for partition in ends}
        new = self._read(name, fresh, ends)
        for partition, start in starts.items():
            if start >= tally.until.get(partition, 0):  # everything counted has been deleted
                tally.held[partition] = 0
            elif start > tally.since[partition]:  # part of it has been deleted
                tally.held[partition] = self._read(name, {partition: start}, {partition: fresh[partition]})[partition]
            tally.held[partition] += new[partition]
        tally.came += sum(new.values())
        tally.since, tally.until = starts, ends
        return Count(sum(tally.held.values()), tally.came)

    def _tally(self, name: str, starts: Partitions) -> Tally:
        """Returns what has been counted so far: nothing if the topic was deleted and recreated since."""
        identity = self._topics.identity(name)
        if name not in self._tallies or self._tallies[name].identity != identity:
            held = dict.fromkeys(starts, 0)
            self._tallies[name] = Tally(identity, dict(starts), dict(starts), held, sum(starts.values()))
        return self._tallies[name]

    def _read(self, name: str, firsts: Partitions, ends: Partitions) -> Partitions:
        """Count the committed records of each partition from the first offset up to, not including, the end."""
        found = dict.fromkeys(firsts, 0)
        wanted = {partition: (first, ends[partition]) for partition, first in firsts.items() if first < ends[partition]}
        if wanted:
            self._consumer = self._consumer or ranges.consumer(self._topics)
            for message in ranges.read(self._consumer, self._topics, name, wanted):
                found[message.partition()] += 1
        return found
