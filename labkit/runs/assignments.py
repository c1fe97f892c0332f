"""Which process of a run has which partition, how fast it reads it, and how many records wait there."""

from collections import defaultdict
from typing import NamedTuple

from labkit.kafka.groups import Groups
from labkit.runs.run import Run
from labkit.runs.worker import Rate


class Lane(NamedTuple):
    """A partition as Kafka sees it: `member` is the number of the process that has it, None while none has it."""

    topic: str
    partition: int
    member: int | None
    per_second: float
    lag: int


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
        positions = self._positions()  # before the end offsets, so that no position lies after its end
        ends = {name: topics.end_offsets(name) for name in self.run.reads}
        return [
            Lane(
                topic,
                partition,
                members.get((topic, partition)),
                self._rates[topic, partition].update(offset),
                topics.counts.between(topic, {partition: offset}, {partition: ends[topic][partition]}),
            )
            for (topic, partition), offset in sorted(positions.items())
        ]

    def _positions(self) -> dict[tuple[str, int], int]:
        """Returns each partition's next offset: the committed one if no process has the partition."""
        topics, reads = self._groups.topics, self.run.reads
        found = {(name, each): offset for name in reads for each, offset in topics.beginning_offsets(name).items()}
        for name, committed in self._groups.committed(self.run.group, reads).items():
            found |= {(name, each): offset for each, offset in committed.items()}
        return found | {(name, each): offset for name, each, offset in self.run.positions() if name in reads}

    def members(self) -> list[tuple[int, bool]]:
        """Returns the number of each member of the run, and whether it is alive."""
        return [(each.number, each.alive) for each in self.run.members]
