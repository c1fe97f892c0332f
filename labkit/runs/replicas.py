"""A pipeline in processes of its own: the members of one consumer group."""

import itertools
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from labkit.errors import LabError, interruptible
from labkit.kafka import clients
from labkit.kafka.groups import AssignedPartition, Groups
from labkit.kafka.requests import within
from labkit.runs import arguments, task
from labkit.runs.blame import Blame, Line
from labkit.runs.member import Member
from labkit.runs.pipeline import Pipeline, abort
from labkit.runs.process import AGAIN
from labkit.runs.run import Run, in_words
from labkit.runs.spec import Spec
from labkit.runs.task import Task
from labkit.runs.totals import Totals
from labkit.runs.worker import Status
from labkit.waiting import wait_until

CHECK = 0.05  # seconds between two checks of the members
START_LIMIT = 5.0  # seconds that starting a process may take
REPORT_LIMIT = 2.0  # seconds within which a process reports, unless it has only just started


@arguments.checked
class Replicas(Run):
    """A run whose members share the partitions, each in its own process: a crash of one leaves the rest unharmed.

    Totals come from the members' reports, ten a second, so those of a killed member end up to 0.1 s before its death.

    Example: run = lab.run(alert_filter, reads="sensor", writes="alert", in_process=True); run.kill()
    """

    killable = True

    STOP_LIMIT = 8.0  # seconds: after 2 s a member interrupts its thread, which then has 3 s to end

    def __init__(self, groups: Groups, spec: Spec, group: str, directory: Path, members: int) -> None:
        """Build the pipeline here too, so that its mistakes are reported at once; state goes below `directory`.

        Raises what the student's function raises, and LabError if it returns no stream or cannot be pickled.
        """
        super().__init__(groups, spec, group)
        self._directory = directory
        self._members = tuple(map(Member, range(1, members + 1)))
        self._left = Totals()  # of members that have left the group
        self._starts = itertools.count(1)
        self._changing = threading.Lock()
        self._adding = threading.Lock()  # else the older of two simultaneous sums could come last
        self._renew()

    @property
    def members(self) -> tuple[Member, ...]:
        """The members of its consumer group, each a process. Example: run.members[0].pid"""
        return self._members

    def start(self) -> None:
        """Start the processes that are not running. Each continues at the committed offsets and restores its state
        from the changelog topic. Raises LabError if the run can no longer be started. Example: run.start()
        """
        with self._changing:
            if self.alive:
                self._start_members(self.members)
        super().start()

    def kill(self, member: int | None = None) -> None:
        """Kill a member's process at once (SIGKILL), as a power cut would; `start` starts another in its place.

        Without a number, that of its first member. Raises LabError if there is no such member. Example: run.kill()
        """
        numbers = [each.number for each in self.members]
        wanted = numbers[0] if member is None else member
        if wanted not in numbers:
            raise LabError(f"{self.name} has no member {wanted}: its members are {' and '.join(map(str, numbers))}.")
        victim = self.members[numbers.index(wanted)]
        wait_until(lambda: victim.alive or self.status != "starting", START_LIMIT)
        victim.kill()

    def scale(self, replicas: int) -> None:
        """Change the number of processes while it runs: those that have ended go first, or are started again. Kafka
        rebalances the partitions at once when a process joins, but only 6 s after one has ended, because it waits for a
        static member to come back.

        Raises LabError for fewer than one, or if the run has ended. Example: run.scale(3)
        """
        if replicas < 1:
            raise LabError("A pipeline needs at least one replica: run.stop() stops it.")
        with self._changing:
            if not self.alive:
                raise LabError(f"{self.name} is {self.status}: start it first.")
            leaving = sorted(self.members, key=lambda each: not each.alive)[replicas:]
            staying = [each for each in self.members if each not in leaving]
            for each in leaving:
                each.stop()  # all at once
            for each in leaving:
                each.end(self.STOP_LIMIT)
                self._left += each.totals
            self._abort_transactions_of(leaving)
            free = (number for number in itertools.count(1) if number not in {each.number for each in staying})
            joining = map(Member, itertools.islice(free, replicas - len(staying)))
            self._members = tuple(sorted([*staying, *joining], key=lambda each: each.number))
            self._start_members(self.members)

    def stop(self) -> None:
        """Commit what has been read, end the processes, and return when that is done. Example: run.stop()"""
        super().stop()
        with self._changing:
            self._abort_transactions_of(self.members)

    def _abort_transactions_of(self, members: Iterable[Member]) -> None:
        """Once for each end: later a member of another run may have that number."""
        for each in members:
            if each.is_cut_short and self.spec.exactly_once:
                abort(self._topics, self.spec, str(each.number))
            each.is_cut_short = False

    @interruptible
    def wait_until_caught_up(self, timeout: float = 30.0) -> None:
        """Return when every record that its topics hold now has been processed, its results have been written, and
        the processes have reported it.

        Raises LabError if the run has failed, or if it takes more than `timeout` seconds.
        Example: run.wait_until_caught_up()
        """
        super().wait_until_caught_up(timeout)
        seen = {each: each.reports for each in self.members}  # wait for two more: the next may be under way already
        wait_until(lambda: all(each.reports >= seen[each] + 2 for each in seen if each.alive), REPORT_LIMIT)
        self._add_up()

    @interruptible
    def wait_until_assigned(self, timeout: float = 30.0) -> None:
        """Return when all its live processes have joined the group, and every partition of the topics that it reads is
        assigned to one of them. Raises LabError if the run has failed, or if it takes more than `timeout` seconds.

        Example: run.wait_until_assigned()
        """
        with within(timeout):
            wanted = {(name, each) for name in self.reads for each in self._topics.partitions(name)}

            assigned: list[AssignedPartition] = []

            def is_assigned() -> bool:
                alive = {str(each.number): each.status for each in self.members if each.alive}
                found = self._groups.assigned(self.group)
                assigned[:] = [each for each in found if each.topic in self.reads and each.member in alive]
                return {*alive.values()} == {"running"} and {each[1:] for each in assigned} == wanted

            def progress() -> str:
                return f"{self.name}: {len(assigned)} of {len(wanted)} partitions assigned to a living process"

            if not self._wait_until(is_assigned, timeout, progress):
                raise LabError(
                    f"{self.name} is {self.status}, and after {timeout:g} s not all partitions are assigned."
                )

    def summary(self) -> str:
        ids = [f"process {each.pid}" for each in self.members if each.pid]
        return ", ".join([super().summary(), *ids])

    def tables(self) -> Sequence[Sequence[Sequence[str]]]:
        """What each member does, if there are several."""
        left = self._left.numbers
        if len(self.members) == 1 and not any(left):
            return []
        head = ("process", "id", "status", "partitions", "records in", "out", "unreadable", "a second", "lag")
        rows = [*map(self._row, self.members)]
        if any(left):
            rows.append(("scaled down", "", "", "", *map(str, left), "", ""))
        totals = map(str, sum((each.totals for each in self.members), self._left).numbers)
        return [[head, *rows, ("together", "", "", "", *totals, f"{self.rate():.1f}", in_words(self.seen.lag))]]

    def _row(self, member: Member) -> Sequence[str]:
        partitions = ", ".join(str(number) for name, number in member.partitions if name in self.reads)
        work = (*map(str, member.totals.numbers), f"{member.rate():.1f}", in_words(member.lag))
        return str(member.number), str(member.pid or ""), member.status, partitions, *work

    def _lag(self) -> int:
        """For partitions of a killed member, the lag counts from their committed offsets."""
        return super()._lag() if all(each.alive for each in self.members) else self._uncommitted()

    def _sampled_lag(self) -> int | None:
        """Add up what the members have reported, if all are alive: each has asked Kafka for its own lag."""
        reported = [each.lag for each in self.members if each.partitions]
        if not (reported and all(each.alive for each in self.members)):
            return self.lag()
        return None if None in reported else sum(filter(None, reported))

    def positions(self) -> list[tuple[str, int, int]]:
        return [each for member in self.members if member.alive for each in member.report.positions]

    def _stuck(self, lag: int | None) -> str:  # noqa: ARG002
        return "; ".join(filter(None, (each.report.stuck for each in self.members if each.alive)))

    def line(self) -> Line | None:
        return None

    def _renew(self) -> None:
        self._between = Pipeline(self._topics, self.spec, self.group, self._directory, Totals()).between
        task.pack(self._task(self.members[0], ""))

    def _task(self, member: Member, directory: str) -> Task:
        """Returns the task for a process with an empty directory, as on another machine."""
        topics, where = self._topics, self._directory / directory
        return Task(self.spec, topics.address, topics.namespace, self.group, str(member.number), where)

    def _start_members(self, members: Iterable[Member]) -> None:
        def sink(member: Member) -> Callable[[str], object]:
            return lambda line: self._print(f"{f'{member.number}: ' if len(self.members) > 1 else ''}{line}\n")

        for each in members:
            if not each.alive:
                each.start(self._task(each, f"start-{next(self._starts)}"), sink(each))

    def _work(self) -> None:
        with self._changing:
            self._start_members(self.members)
        while True:
            self._add_up()
            with self._changing:
                self._start_lost_members()
                if not any(each.alive for each in self.members):
                    self._add_up()
                    self._end(*self._outcome())
                    return
            time.sleep(CHECK)

    def _start_lost_members(self) -> None:
        """Replace each process whose commit did not end: see `Pipeline.is_lost`."""
        lost = [each for each in self.members if each.exit_code == AGAIN and not self._told_to_stop]
        for each in lost:
            clients.LOGGER.warning("%s: a commit of process %s never ended, starting another", self.name, each.number)
        self._start_members(lost)

    def _add_up(self) -> None:
        """Take over what the members have reported."""
        with self._adding:
            self.totals = sum((each.totals for each in self.members), self._left)
        self.note = "; ".join(dict.fromkeys(filter(None, (each.report.note for each in self.members))))
        if any(each.report.status == "running" for each in self.members):
            self._is_running()

    def _outcome(self) -> tuple[Status, Blame | None]:
        """Say how the work has ended, now that no process is left."""
        reasons = [each.reason() for each in self.members]
        if self._told_to_stop or not any(reasons):
            return "stopped", None
        return "failed", next(filter(None, reasons))

    def _ask_to_stop(self) -> None:
        for each in self.members:
            each.stop()

    def _interrupt(self) -> None:
        for each in self.members:
            each.kill()
