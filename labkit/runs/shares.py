"""Which process of a run has which partition, how fast it gets on there, and how many records wait."""

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


class Shares:
    """The partitions of the topics that a run reads."""

    def __init__(self, groups: Groups, run: Run) -> None:
        self.run = run
        self._groups = groups
        self._rates: defaultdict[tuple[str, int], Rate] = defaultdict(Rate)

    def look(self) -> list[Lane]:
        """One lane for each partition, in order. Raises LabError if Kafka does not answer."""
        group, topics = self.run.group, self._groups.topics
        members = {(each.topic, each.partition): int(each.member or 1) for each in self._groups.shares(group)}
        read = {(name, partition): offset for name, partition, offset in self.run.positions()}
        return [
            Lane(
                each.topic,
                each.partition,
                members.get((each.topic, each.partition)),
                self._rates[each.topic, each.partition].update(offset),
                each.lag - topics.counts.between(each.topic, {each.partition: begun}, {each.partition: offset}),
            )
            for each in sorted(self._groups.offsets_in(group, self.run.reads), key=lambda each: each[1:3])
            for begun in [each.committed or 0]
            for offset in [read.get((each.topic, each.partition), begun)]
        ]

    def members(self) -> list[tuple[int, bool]]:
        """The number of each process of the run, and whether it is alive; a run in a thread has the number 1."""
        members = getattr(self.run, "members", None)
        return [(each.number, each.alive) for each in members] if members else [(1, self.run.alive)]
