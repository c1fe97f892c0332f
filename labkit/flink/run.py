"""A Flink job that runs in its own process, and its progress."""

import contextlib
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from labkit.errors import LabError, NoAnswer, interruptible
from labkit.flink import beginning
from labkit.flink.beginning import Beginning
from labkit.flink.checkpoints import Checkpoints
from labkit.flink.failures import explain
from labkit.flink.installation import FlinkInstallation
from labkit.flink.rest import Rest
from labkit.flink.results import KINDS, Results
from labkit.flink.runner import Runner
from labkit.flink.spec import JobSpec
from labkit.flink.submission import options, submit, uri
from labkit.jvm.supervised import Supervised
from labkit.kafka import properties
from labkit.kafka.groups import Groups
from labkit.kafka.offsets import Partitions
from labkit.runs import blame
from labkit.runs.worker import Worker

PERIOD = 0.5  # seconds between two checks of the job


class Progress(NamedTuple):
    """The progress of a job: records read, rows and files committed, checkpoints done."""

    read: int = 0
    readings: int = 0
    late: int = 0
    alerts: int = 0
    windows: int = 0
    unreadable: int = 0
    files: int = 0
    checkpoints: Checkpoints = Checkpoints()


class FlinkJob(Worker):
    """The SQL job: it reads a topic and writes files to `folder`, until it is stopped or has read everything.

    `progress` says how far it has got, `web` is the address of Flink's own web interface while the job runs. The job
    ends with this process, however the process ends; on a cluster up to two minutes later.

    Example: job = lab.flink(bounded=True)
    """

    STOP_LIMIT = 60.0  # seconds that the last checkpoint may take

    def __init__(self, groups: Groups, spec: JobSpec, runner: Runner) -> None:
        super().__init__(spec.name)
        self.reads = (spec.topic,)
        self.progress = Progress()
        self._groups, self._topics = groups, groups.topics
        self._spec, self._runner = spec, runner
        self._results = Results(spec.folder)
        self._beginning = Beginning()
        self._rest = Rest("")  # not submitted yet
        self._submitted = 0.0  # seconds since 1970
        self._job: str | None = None
        self._positions: Partitions = {}
        self._stopping = threading.Event()
        self._process = Supervised()

    @property
    def folder(self) -> Path:
        """The folder that the job writes to. Example: job.folder"""
        return self._results.folder

    @property
    def web(self) -> str:
        """The address of Flink's web interface; empty until the job is submitted. Example: job.web"""
        return self._rest.address

    @property
    def group(self) -> str:
        """Its consumer group; empty until it is submitted. Example: job.group"""
        return self._beginning.group

    def check(self, predecessors: Sequence[Worker], version: str) -> None:
        """Raise LabError if this job could not start once its `predecessors` are stopped, or if the cluster has another
        version of Flink. Nothing is changed.

        Example: job.check(predecessors=[], version="2.3.0")
        """
        try:
            beginning.check(self._spec, self._topics, self._results)
            self._runner.check(version)
            if not any(isinstance(job, FlinkJob) and job.alive and job.folder == self.folder for job in predecessors):
                self._results.claim()
                self._results.release()
        except BaseException:
            self._process.close()
            raise

    def submit(self, installation: FlinkInstallation, jvm: Sequence[str]) -> None:
        """Submit the job. Raises LabError if it cannot start.

        `jvm` are further options of the JVM, such as the installation's `aot_options`.

        Example: job.submit(installation, jvm=[])
        """
        try:
            self._results.claim()
            beginning.check(self._spec, self._topics, self._results)
            self._beginning = beginning.find(self._spec, self._topics, self._results)
            self._topics.create(self._spec.letters)
            self._groups.used.add(self.group)
            self._submit(installation, jvm)
        except BaseException:
            self._results.release()
            self._process.close()
            raise
        self.start()

    def kill(self) -> None:
        """Kill the job with SIGKILL, without a last checkpoint. It can be resumed. Example: job.kill()"""
        self._process.kill()
        self._ended.wait(self.STOP_LIMIT)

    def lag(self) -> int | None:
        """Records that the job has not read yet or, once it has ended, that are in no checkpoint.

        None if Kafka does not answer. Example: job.lag()
        """
        topic = self._spec.topic
        try:
            ends = self._topics.end_offsets(topic)
            if not self.alive:
                return self._waiting(ends)
            return self._behind({each: self._position(each) for each in ends}, ends)
        except NoAnswer:
            return None

    @interruptible
    def wait_until_caught_up(self, timeout: float = 60.0) -> None:
        """Return when a checkpoint covers every record that the topic holds now, or when a bounded job has ended.

        Raises LabError if the job has failed, or if it takes more than `timeout` seconds.

        Example: job.wait_until_caught_up()
        """
        ends = self._topics.end_offsets(self._spec.topic)

        def progress() -> str:
            return f"{self.name} is {self.status}: {self.progress.read:,} records read"

        def is_done() -> bool:  # the last windows of a bounded job close at its very end
            return not (self.alive if self._spec.bounded else self._waiting(ends))

        if not self._wait_until(is_done, timeout, progress):
            waiting = self._waiting(ends)
            raise LabError(f"{self.name} is {self.status}, and {waiting} records are in no checkpoint yet.")
        self._look()

    def _waiting(self, ends: Partitions) -> int:
        """Count the records before `ends` that are in no checkpoint yet: the files show them at once, Kafka seconds
        later. Kafka is asked too, because far from the end of a topic with transactions not every offset is a record.
        """
        topic, starts = self._spec.topic, self._beginning.starts
        in_files = self._results.tally("readings").rows + self._results.tally("unreadable").rows
        try:
            total = self._behind({each: starts.get(each, 0) for each in ends}, ends)
            waiting = min(total - in_files, self._groups.uncommitted(self.group, {topic: ends}))
        except NoAnswer as error:  # Flink waits for Kafka too
            self.note = str(error)
            waiting = sum(end - starts.get(partition, 0) for partition, end in ends.items()) - in_files
        return max(waiting, 0)

    def _behind(self, positions: Partitions, ends: Partitions) -> int:
        """Count the committed records from these offsets to the ends."""
        return sum(self._topics.counts.waiting(self._spec.topic, positions, ends).values())

    def total(self) -> int:
        """Records read so far. Example: job.total()"""
        return self.progress.read

    def summary(self) -> str:
        """Its progress in one line. Example: job.summary()"""
        now = self.progress
        parts = [f"{self._spec.topic} → {self.folder}", f"{now.read} read"]
        parts += [f"{now.readings} readings ({now.late} late), {now.alerts} alerts and {now.windows} windows"]
        parts += [f"{now.files} files committed", f"{now.checkpoints.done} checkpoints"]
        parts += [f"{now.unreadable} unreadable, in {self._spec.letters}"] if now.unreadable else []
        return ", ".join(parts)

    def tables(self) -> Sequence[Sequence[Sequence[str]]]:
        """The tables of its panel; the first row of each is the header. Example: job.tables()"""
        now, done = self.progress, self.progress.checkpoints
        counts = [
            ("records read", "readings", "late readings", "alerts", "windows", "unreadable"),
            tuple(f"{each:,}" for each in (now.read, now.readings, now.late, now.alerts, now.windows, now.unreadable)),
        ]
        size, half_written = f"{done.size / 1000:.0f} kB", f"{self._results.half_written()}"
        files = [
            ("checkpoints done", "last one took", "state", "files committed", "half-written"),
            (f"{done.done}", f"{done.duration} ms", size, f"{now.files}", half_written),
        ]
        newest = [(file.name, f"{file.rows:,}", f"{file.size:,}") for file in reversed([*self._results.newest])]
        return [counts, files, [(f"newest files in {self.folder}", "rows", "bytes"), *newest]]

    def _submit(self, installation: FlinkInstallation, jvm: Sequence[str]) -> None:
        self._rest, where = self._runner.prepare(self._full_name, [installation.connector])
        self._submitted = time.time()
        values = {
            "topic": self._topics.full(self._spec.topic),
            "letters": self._topics.full(self._spec.letters),
            "broker": self._spec.kafka or self._topics.address,
            "group": self._topics.full(self.group),
            "folder": uri(self.folder),
            "until": "latest-offset" if self._spec.bounded else "unbounded",
        }
        login = properties.of(self._topics.address)
        settings = options(self._full_name, self._results.checkpoints, self._beginning.checkpoint) | where
        submit(self._process, installation, self._spec.sql, values, login, settings, jvm)

    @property
    def _full_name(self) -> str:
        """Returns the job's name in Flink, which it keeps when it is resumed."""
        return f"readings into files ({self._topics.full(self.group)})"

    def _work(self) -> None:
        asked = swept = False
        try:
            while (code := self._process.wait(PERIOD)) is None:
                self._look()
                if self._stopping.is_set() and not asked:
                    asked = self._ask_flink_to_stop()
                if self.progress.checkpoints.done and not swept:
                    swept = True
                    self._results.sweep(self._submitted)
            self._count(self._runner.last_checkpoints(self.progress.checkpoints, self._process.log()))
            if code and not (self._stopping.is_set() and not asked):
                reason = explain(code, self._process.log(), self._spec.sql)
                raise LabError(f"{reason} Its log is {self._results.internal}/flink.log.")
        finally:
            self._end_of_flink()

    def _end_of_flink(self) -> None:
        """Keep the log, and release everything even if some of it cannot be: the cluster may be gone, the disk full."""
        with contextlib.ExitStack() as stack:
            stack.callback(self._results.release)
            stack.callback(self._runner.clean_up, self._full_name)
            stack.callback(self._process.close)
            (self._results.internal / "flink.log").write_text(self._process.log())

    def _renew(self) -> None:
        raise LabError(f'Resume an ended Flink job with a new one: lab.flink(into="{self.folder}", resume=True).')

    def _ask_to_stop(self) -> None:
        self._stopping.set()

    def _give_up(self) -> None:
        self._process.kill()

    def _ask_flink_to_stop(self) -> bool:
        """Returns whether Flink has been asked. A job that is not running yet has done nothing, so it ends at once."""
        if not self._job:
            self._process.close()
            return False
        try:
            self._rest.stop(self._job, uri(self._results.checkpoints / "savepoints"))
        except OSError:  # it is just ending by itself, or busy: asked again in a moment
            return False
        return True

    def _look(self) -> None:
        """Update the progress of the job."""
        try:
            self._job = self._job or self._rest.job(self._full_name)
            if not self._job:
                return
            self._runner.keep_alive(self._job)
            self._is_running()
            self._positions = self._rest.positions(self._job) or self._positions
            checkpoints = self._rest.checkpoints(self._job)
        except OSError:  # it is just starting, or just ending
            return
        self._count(checkpoints)

    def _count(self, checkpoints: Checkpoints) -> None:
        tallies = [self._results.tally(kind) for kind in KINDS]
        readings, alerts, windows, unreadable = (each.rows for each in tallies)
        read = sum(max(self._position(partition) - start, 0) for partition, start in self._beginning.starts.items())
        read = max(read, readings + unreadable)  # once the job has ended, only the files are up to date
        late, files = tallies[0].late, sum(each.files for each in tallies)
        self.progress = Progress(read, readings, late, alerts, windows, unreadable, files, checkpoints)

    def _position(self, partition: int) -> int:
        return self._positions.get(partition, self._beginning.starts.get(partition, 0))

    def _blame(self, error: BaseException) -> blame.Blame:
        return blame.Blame(str(error), None, "") if isinstance(error, LabError) else super()._blame(error)
