"""A run's view of one of its processes."""

import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from labkit.kafka import clients
from labkit.runs import task
from labkit.runs.blame import Blame
from labkit.runs.task import Report, Task
from labkit.runs.totals import Totals

END_LIMIT = 5.0  # seconds that a killed process may take to end


class Member:
    """A member of a run's consumer group in a process of its own, which can be stopped or killed and started again.

    Attributes may be read from any thread. `report` is its latest report, at most 0.1 s old while the process lives.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.report = Report()
        self.reports = 0  # number received
        self.exit_code: int | None = None
        self.killed = False
        self.is_cut_short = False  # ended by a kill or an error, so perhaps in the middle of a transaction
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = threading.Event()
        self._ended.set()
        self._before = Totals()
        self._log: Path | None = None

    @property
    def alive(self) -> bool:
        return not self._ended.is_set()

    @property
    def pid(self) -> int | None:
        """Its process id; None once it has ended."""
        return self._process.pid if self._process and self.alive else None

    @property
    def status(self) -> str:
        """Returns the status in its last report, or how its process ended without one."""
        if self.alive or self.report.status in ("stopped", "failed"):
            return self.report.status
        return "killed" if self.killed else "ended"

    @property
    def totals(self) -> Totals:
        """Returns what it has read and written, together with its earlier processes."""
        return self._before + self.report.totals

    @property
    def partitions(self) -> list[tuple[str, int]]:
        """Returns topic and number of each partition that it has begun to read; none once it has ended."""
        return [(topic, number) for topic, number, _ in self.report.positions] if self.alive else []

    @property
    def lag(self) -> int | None:
        """Returns the records still to be read in its partitions; 0 if it has none, None if Kafka does not answer."""
        return self.report.lag if self.alive else 0

    def rate(self) -> float:
        """Records per second over about the last five seconds; 0 once it has ended."""
        return self.report.per_second if self.alive else 0.0

    def start(self, given: Task, on_print: Callable[[str], object]) -> None:
        """Start its process. Raises LabError if its pipeline cannot be pickled."""
        packed = task.pack(given)
        given.directory.mkdir(parents=True)
        given.file.write_bytes(packed)
        with given.log.open("wb") as log:
            # A session of its own: Jupyter's interrupt goes to the kernel's whole process group.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "labkit.runs.process", str(given.file)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        self._log = given.log
        self._before, self.report = self.totals, Report()
        self.exit_code, self.killed, self.is_cut_short = None, False, False
        self._ended = threading.Event()
        listener = threading.Thread(target=self._listen, args=[self._process, on_print], daemon=True)
        listener.start()

    def reason(self) -> Blame | None:
        """Returns why it has ended; None if it was told to."""
        if self.killed:
            words = "its process was killed (SIGKILL): start() starts another, which continues at the committed offsets"
            return Blame(words, None, "")
        if self.exit_code:
            return Blame(f"its process ended by itself (exit code {self.exit_code}): {self._last_words()}", None, "")
        return self.report.error

    def _last_words(self) -> str:
        assert self._log
        return self._log.read_text(errors="replace").strip().rpartition("\n")[2] or "it printed nothing"

    def stop(self) -> None:
        """Tell it to stop, without waiting until it has ended."""
        if self._process and self._process.stdin:
            self._process.stdin.close()

    def end(self, limit: float) -> None:
        """Tell it to stop, and return when it has ended; kill it if that takes more than `limit` seconds."""
        self.stop()
        if not self._ended.wait(limit):
            self.kill()

    def kill(self) -> None:
        """Kill it (SIGKILL), and return when it has ended. Does nothing if it is not running."""
        if self._process and self.alive:
            self.killed = True
            self._process.kill()
            self._ended.wait(END_LIMIT)

    def _listen(self, process: "subprocess.Popen[bytes]", on_print: Callable[[str], object]) -> None:
        try:
            with process:
                for line in process.stdout or ():
                    with contextlib.suppress(ValueError):  # the last line of a killed process may be incomplete
                        self._take(Report.of_line(line), on_print)
        finally:  # whatever has gone wrong, nobody may wait for it any longer
            self.exit_code = process.returncode
            self.is_cut_short = process.returncode != 0 or self.report.status == "failed"
            self._ended.set()

    def _take(self, report: Report, on_print: Callable[[str], object]) -> None:
        self.report = report
        self.reports += 1
        for text in report.prints:
            try:
                on_print(text)
            except Exception:  # the process is not to blame if nobody can show what it prints
                clients.LOGGER.exception("a line of process %s was not shown", self.number)
