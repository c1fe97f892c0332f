"""Which process of a run has which partition, how fast it reads it, and how many records wait there."""

from collections import defaultdict
from typing import NamedTuple

from labkit.kafka.groups import Groups
from labkit.kafka.offsets import Partitions
from labkit.runs.run import Run
from labkit.runs.worker import Rate


class Lane(NamedTuple):
    """A partition as Kafka sees it: `member` is the number of the process that has it, None while none has it.

    Until Kafka notices that a process is no longer `alive`, the process still has its partitions.
    """

    topic: str
    partition: int
    member: int | None
    per_second: float
    lag: int
    alive: bool = True


class Assignments:
    """The partitions of the topics that a run reads."""

    def __init__(self, groups: Groups, run: Run) -> None:
        self.run = run
        self._groups = groups
        self._rates: defaultdict[tuple[str, int], Rate] = defaultdict(Rate)

    def lanes(self) -> list[Lane]:
        """One lane for each partition, in order. Raises LabError if Kafka does not answer."""
        topics = self._groups.topics
        members = {
            (each.topic, each.partition): int(each.member or 1) for each in self._groups.assigned(self.run.group)
        }
        alive = {number for number, lives in self.members() if lives}
        positions = self._positions()  # before the end offsets, so that no position lies after its end
        lags = {name: topics.counts.waiting(name, at, topics.end_offsets(name)) for name, at in positions.items()}
        return [
            Lane(
                topic,
                partition,
                member := members.get((topic, partition)),
                self._rates[topic, partition].update(offset),
                lags[topic][partition],
                member in alive,
            )
            for topic, offsets in sorted(positions.items())
            for partition, offset in sorted(offsets.items())
        ]

    def _positions(self) -> dict[str, Partitions]:
        """Returns each partition's next offset: the committed one if no process has the partition."""
        topics, reads = self._groups.topics, self.run.reads
        committed = self._groups.committed(self.run.group, reads)
        found = {name: topics.beginning_offsets(name) | committed[name] for name in reads}
        for name, partition, offset in self.run.positions():
            if name in found:
                found[name][partition] = offset
        return found

    def members(self) -> list[tuple[int, bool]]:
        """Returns the number of each member of the run, and whether it is alive."""
        return [(each.number, each.alive) for each in self.run.members]
