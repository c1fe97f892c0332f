"""A pipeline that runs in the background: its consumer group, how far it has read, and waiting for it."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from labkit.errors import LabError, NoAnswer, interruptible
from labkit.kafka.groups import Groups
from labkit.kafka.offsets import Partitions
from labkit.kafka.requests import within
from labkit.kafka.topics import DEAD_LETTER
from labkit.runs import arguments
from labkit.runs.spec import Spec
from labkit.runs.totals import Totals
from labkit.runs.worker import Worker
from labkit.waiting import Deadline, wait_until


def in_words(lag: int | None) -> str:
    return "unknown" if lag is None else str(lag)


class Member(Protocol):
    """A thread or a process that shares the partitions with the other members of a consumer group."""

    number: int

    @property
    def alive(self) -> bool: ...


@arguments.checked
class Run(Worker):
    """A pipeline reading from topics and writing to one, until it is stopped or its function fails.

    `status` is starting, running, failed or stopped; `records_in`, `records_out` and `dead_letters` count records;
    `lag()` is the number of records still to be read; `error` says why it failed; `prints` are its printed lines.

    Example: run = lab.run(alert_filter, reads="sensor", writes="alert")
    """

    def __init__(self, groups: Groups, spec: Spec, group: str) -> None:
        """Raises what the student's function raises, and LabError if the pipeline cannot be built."""
        super().__init__(spec.name)
        self.spec, self.group = spec, group
        self.reads, self.writes = spec.reads, spec.writes
        self.began = ""  # where it began, in words, if there was another run before
        self._groups, self._topics = groups, groups.topics
        self.totals = Totals()
        self._between: tuple[str, ...] = ()  # topics through which it sends records to itself

    @property
    @abstractmethod
    def members(self) -> Sequence[Member]:
        """The members of its consumer group."""

    @abstractmethod
    def positions(self) -> list[tuple[str, int, int]]:
        """Returns topic, number and next offset of each assigned partition; none once the run has ended."""

    @property
    def records_in(self) -> int:
        """Records read, unreadable ones too. Example: run.records_in"""
        return self.totals.records_in

    @property
    def records_out(self) -> int:
        """Records written. Example: run.records_out"""
        return self.totals.records_out

    @property
    def dead_letters(self) -> int:
        """Records that could not be read. Example: run.dead_letters"""
        return self.totals.dead_letters

    def stop(self) -> None:
        """Commit what has been read, end the run, and return when that is done, within about 0.1 s."""
        super().stop()

    def lag(self) -> int | None:
        """Records that this run has not read yet: in its assigned partitions, or in all once it has ended.

        None if Kafka does not answer. Example: run.lag()
        """
        try:
            return self._lag()
        except NoAnswer:
            return None

    def _lag(self) -> int:
        positions = self.positions()
        return self._behind(positions) if positions else self._uncommitted()

    def _uncommitted(self) -> int:
        """Count the records that its group has not committed yet."""
        names = (*self.reads, *self._between)
        return self._groups.uncommitted(self.group, {name: self._topics.end_offsets(name) for name in names})

    def _behind(self, positions: Sequence[tuple[str, int, int]]) -> int:
        """Count the records after these positions in the topics that it reads, its repartition topics too."""
        reached: dict[str, Partitions] = {name: {} for name in (*self.reads, *self._between)}
        for name, partition, offset in positions:
            if name in reached:  # not a changelog
                reached[name][partition] = offset
        counts = self._topics.counts
        return sum(
            sum(counts.waiting(name, offsets, self._topics.end_offsets(name)).values())
            for name, offsets in reached.items()
        )

    @interruptible
    def wait_until_caught_up(self, timeout: float = 30.0) -> None:
        """Return when every record that its topics hold now has been processed, and its results have been written.

        Offsets are committed only after all output has been acknowledged, so a record whose offset is committed is
        done. Raises LabError if the run has failed, or if it takes more than `timeout` seconds.

        Example: run.wait_until_caught_up()
        """
        deadline = Deadline(timeout)
        with within(timeout):
            self._wait_until_read(self.reads, deadline)
            for _ in self._between:  # what has been read may wait in one of these, and then in the next
                self._wait_until_read(self._between, deadline)
            if self.spec.exactly_once and self.writes:
                self._wait_until_committed(self.writes, timeout)
            self.seen = self.seen._replace(lag=self.lag())  # what it says of itself next is no older

    def _wait_until_read(self, names: Sequence[str], deadline: Deadline) -> None:
        """Wait until every record that these topics hold now has been processed."""
        ends = {name: self._topics.end_offsets(name) for name in names}
        left = list[int]()  # what is left at the first check, and at the last

        def is_read() -> bool:
            left[1:] = [self._groups.uncommitted(self.group, ends)]
            return not left[-1]

        def progress() -> str:
            return f"{self.name}: {left[0] - left[-1]:,} of {left[0]:,} records read"

        if not self._wait_until(is_read, deadline.left(), progress):
            stuck = f" It {stuck}." if (stuck := self.stuck()) else ""
            raise LabError(f"{self.name} is {self.status} and still has {left[-1]} records to read.{stuck}")

    def _wait_until_committed(self, topic: str, timeout: float) -> None:
        """Wait until readers see the commit, a moment after Kafka has acknowledged it.

        Raises LabError if a transaction of somebody else, or of a killed process, holds it back.
        """
        written = self._topics.end_offsets(topic)

        def is_seen() -> bool:
            seen = self._topics.end_offsets(topic, committed=True)
            return all(seen[partition] >= end for partition, end in written.items())

        if not wait_until(is_seen, timeout, progress=lambda: f"{self.name}: readers do not see all of {topic} yet"):
            raise LabError(
                f"{self.name} has read everything, but readers do not see all of {topic}: a transaction is still open."
            )

    def origin(self) -> str:
        return ", ".join(filter(None, [super().origin(), self.began]))

    def total(self) -> int:
        return self.records_in

    def summary(self) -> str:
        parts = [self.flow, f"{self.records_in} in", f"{self.records_out} out"]
        parts += [f"{self.rate():.1f} a second", f"lag {in_words(self.seen.lag)}"] if self.alive else []
        parts += [
            f"{number} unreadable, in {name}{DEAD_LETTER}" for name, number in self.totals.unreadable.items() if number
        ]
        return ", ".join(parts)
