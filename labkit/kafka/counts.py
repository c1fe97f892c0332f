"""How many records topics hold: committed records, not offsets."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from confluent_kafka import Consumer

from labkit.errors import NoAnswer
from labkit.kafka import properties, ranges
from labkit.kafka.offsets import Offsets, Partitions
from labkit.kafka.ranges import READ_LIMIT
from labkit.kafka.requests import limit
from labkit.waiting import Deadline

# Kafka creates this topic at the first transaction. Until then each offset is a record; afterwards some offsets are
# commit or abort markers, and some belong to aborted records.
TRANSACTIONS = "__transaction_state"
NEAR = 1_000  # offsets
BELIEVED = 10.0  # seconds after which it is asked anew whether a topic is compacted


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
        self._compacted: dict[str, tuple[Deadline, bool]] = {}
        self._lock = threading.Lock()
        self._consumer: Consumer | None = None
        self._looking: Consumer | None = None

    def of(self, name: str) -> Count:
        """Raises LabError if Kafka does not answer."""
        if self._is_compacted(name):
            return self._held_now(name)
        if not self._may_have_transactions():
            starts, ends = self._topics.bounds(name)
            return Count(sum(end - starts[partition] for partition, end in ends.items()), sum(ends.values()))
        with self._reading():
            return self._counted(name)

    def waiting(self, name: str, positions: Partitions, ends: Partitions) -> Partitions:
        """Returns the lag of a reader at these positions: the committed records that it will find in each partition
        before the end.

        If they are far apart it subtracts the offsets, as Kafka's own tools do for the lag. Near the end that would
        count transaction markers as records, so it reads them. Raises LabError if Kafka does not answer.
        """
        lags = dict.fromkeys(positions, 0)
        behind = {partition: first for partition, first in positions.items() if first < ends.get(partition, 0)}
        if not behind:
            return lags
        starts = self._topics.beginning_offsets(name)  # none if the topic has been deleted
        firsts = {partition: max(behind[partition], starts[partition]) for partition in behind.keys() & starts.keys()}
        distances = {partition: max(ends[partition] - first, 0) for partition, first in firsts.items()}
        if not any(distances.values()) or not (self._may_have_transactions() or self._is_compacted(name)):
            return lags | distances
        near = {partition: first for partition, first in firsts.items() if distances[partition] <= NEAR}
        far = {partition: (first, ends[partition]) for partition, first in firsts.items() if partition not in near}
        with self._reading():
            found = {each: distances[each] if self._holds_any(name, each, span) else 0 for each, span in far.items()}
            return lags | self._read(name, near, ends) | found

    def _is_compacted(self, name: str) -> bool:
        """Whether Kafka keeps only the newest record of each key, so that many offsets have no record any more."""
        until, found = self._compacted.get(name, (Deadline(0), False))
        if until.has_passed():
            found = "compact" in self._topics.settings(name).get("cleanup.policy", "")
            self._compacted[name] = Deadline(BELIEVED), found
        return found

    def _held_now(self, name: str) -> Count:
        """Count all records of a compacted topic anew: what has been counted may be gone."""
        with self._reading():
            starts, ends = self._topics.bounds(name, committed=True)
            return Count(sum(self._read(name, starts, ends).values()), sum(ends.values()))

    def _may_have_transactions(self) -> bool:
        """Somebody else's Kafka that requires a login may have transactions without showing this user their topic."""
        return bool(properties.of_others(self._topics.address)) or self._topics.exists(TRANSACTIONS)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        """Only one thread reads at a time. Raises NoAnswer if another one does for too long."""
        seconds = limit(READ_LIMIT)
        if not self._lock.acquire(timeout=seconds):
            raise NoAnswer(f"Kafka has not answered another request within {seconds:.3g} s.")
        try:
            yield
        finally:
            self._lock.release()

    def close(self) -> None:
        with self._lock:
            for each in (self._consumer, self._looking):
                if each:
                    each.close()
            self._consumer = self._looking = None

    def _counted(self, name: str) -> Count:
        starts, ends = self._topics.bounds(name, committed=True)
        if not ends:
            return Count(0, 0)
        tally = self._tally(name, starts)
        fresh = {partition: max(tally.until.get(partition, 0), starts[partition]) for partition in ends}
        new = self._read(name, fresh, ends)
        held = {partition: self._still_held(name, partition, start, tally) for partition, start in starts.items()}
        tally.held = {partition: held[partition] + new[partition] for partition in starts}
        tally.came += sum(new.values())
        tally.since, tally.until = starts, ends
        return Count(sum(tally.held.values()), tally.came)

    def _still_held(self, name: str, partition: int, start: int, tally: Tally) -> int:
        """How many of the records that have been counted in a partition it still holds."""
        until = tally.until.get(partition, 0)
        if start >= until:  # everything counted has been deleted
            return 0
        if start > tally.since[partition]:  # part of it has been deleted
            return self._read(name, {partition: start}, {partition: until})[partition]
        return tally.held[partition]

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

    def _holds_any(self, name: str, partition: int, span: ranges.Range) -> bool:
        """Whether there is a committed record in this range: a killed writer may have left aborted ones only."""
        self._looking = self._looking or ranges.consumer(self._topics, **ranges.FEW)
        return any(True for _ in ranges.read(self._looking, self._topics, name, {partition: span}))
