"""What runs and producers have in common: a thread with a status, counts, an error, prints, and an end."""

import ctypes
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

from labkit import completion
from labkit.errors import LabError, interruptible
from labkit.kafka.topics import DEAD_LETTER
from labkit.runs import arguments, blame, prints
from labkit.waiting import Deadline, wait_until

Status = Literal["starting", "running", "failed", "stopped", "finished"]
Identity = tuple[str, tuple[str, ...], str | None]  # name, topics read, topic written

LONGEST_LINE = 10_000  # characters that are printed without an end of line before they are shown as a line
LOOK = 0.25  # seconds after which whoever waits is shown again how far it is
INTERRUPT_LIMIT = 3.0  # seconds that an interrupted thread may take to end; if it takes longer, it is stuck in C code


class Interrupted(BaseException):
    """Raised in a run's thread to end student code that loops forever; `except Exception` does not catch it."""


class Rate:
    """Events per second, computed from totals that one observer sees over time."""

    WINDOW = 5.0  # seconds

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()

    def update(self, total: int) -> float:
        now = time.monotonic()
        self._samples.append((now, total))
        while len(self._samples) > 2 and self._samples[1][0] < now - self.WINDOW:
            self._samples.popleft()
        (then, before) = self._samples[0]
        return max(total - before, 0) / (now - then) if now > then else 0.0


class Sample(NamedTuple):
    """A worker as the sampler saw it: records per second over about the last five seconds; the records still to be
    read (None if it reads no topic or Kafka does not answer); and where it is stuck, if it is.
    """

    per_second: float = 0.0
    lag: int | None = None
    stuck: str = ""


@arguments.checked
class Worker(ABC):
    """A background thread and its status. Attributes may be read from any thread at any time."""

    PRINTS_KEPT = 10_000  # lines
    STOP_LIMIT = 2.0  # seconds that a normal stop may take before the thread is interrupted

    killable = False  # whether it has processes that can be killed, also by buttons

    reads: tuple[str, ...] = ()  # topics
    writes: str | None = None

    def __init__(self, name: str) -> None:
        self.name = name
        self.status: Status = "starting"
        self.error: blame.Blame | None = None
        self.note = ""
        self.notice = ""  # what its lab says to all workers
        self.replaces: list[str] = []  # the workers that it has replaced
        self.prints: deque[str] = deque(maxlen=self.PRINTS_KEPT)
        self.printed = 0
        self.starts = 0  # how often it has been started
        self._partial = self._retired = ""
        self._told_to_stop = self._interrupted = False
        self._thread = self._new_thread()
        self._starting, self._ending = threading.Lock(), threading.Lock()
        self._ended = threading.Event()  # an interrupted Thread.join takes a live thread for ended (bpo-45274)
        self._rate = Rate()
        self.seen = Sample()

    @abstractmethod
    def _work(self) -> None:
        """Do the work until `_ask_to_stop` or the end; call `_is_running` when it has begun."""

    @abstractmethod
    def _ask_to_stop(self) -> None:
        """Ask the work to end; called from another thread, perhaps more than once."""

    @abstractmethod
    def total(self) -> int:
        """Records handled so far."""

    @abstractmethod
    def summary(self) -> str:
        """What it has done so far, in one line."""

    def tables(self) -> Sequence[Sequence[Sequence[str]]]:
        """Tables that its panel shows instead of the summary, if any; the first row of each is the header."""
        return []

    @property
    def identity(self) -> Identity:
        """Name and topics. A new worker replaces the one with the same identity."""
        return self.name, self.reads, self.writes

    @property
    def flow(self) -> str:
        """What it reads and writes, in words."""
        return " → ".join(filter(None, [" and ".join(self.reads) or "readings", self.writes]))

    def origin(self) -> str:
        """What it replaced and where it began, in one line; empty if it replaced nothing."""
        *most, last = self.replaces or [""]
        return f"replaces {' and '.join(filter(None, [', '.join(most), last]))}" if last else ""

    def rate(self) -> float:
        """Records per second over about the last five seconds; 0 when it is not running. Example: run.rate()"""
        return self.seen.per_second if self.alive else 0.0

    def lag(self) -> int | None:
        """Records still to be read; None for a worker that reads no topic, or if Kafka does not answer."""
        return None

    def stuck(self) -> str:
        """How long it has been stuck at one record and at which line of code, once that exceeds 5 s; else empty."""
        return self.seen.stuck if self.alive else ""

    def sample(self) -> None:
        """Take the next sample. Only one thread may: the lab's sampler, or that of a process without a lab."""
        lag = self._sampled_lag()
        self.seen = Sample(self._rate.update(self.total()), lag, self._stuck(lag))

    def _sampled_lag(self) -> int | None:
        return self.lag()

    def _stuck(self, lag: int | None) -> str:  # noqa: ARG002
        """Where it is stuck at the time of a sample, in which it had this lag."""
        return ""

    def line(self) -> blame.Line | None:
        """The line of the student's code that it is executing; None if it executes none."""
        return blame.line_now(self._thread.ident) if self.alive else None

    @property
    def alive(self) -> bool:
        """Whether the work has started and not yet ended."""
        return self._thread.ident is not None and not self._ended.is_set()

    @property
    def retired(self) -> bool:
        """Whether it can never be started again."""
        return bool(self._retired)

    def __dir__(self) -> Iterable[str]:
        return completion.names(self)

    def __repr__(self) -> str:
        return f"{self.name} is {self.status}: {self.flow}"

    def start(self) -> None:
        """Start the work, or continue it where it stopped. Does nothing while it is running.

        Raises LabError if it can no longer be started. Example: run.start()
        """
        with self._starting:
            if not self.alive:
                self._start()

    def _start(self) -> None:
        if self._retired:
            raise LabError(f"{self.name} cannot start again: {self._retired}.")
        if self._thread.ident is not None:
            # After `fail` the old thread may go on for a while: it would share what is renewed, and end the new work.
            if not wait_until(lambda: not self._thread.is_alive(), INTERRUPT_LIMIT):
                raise LabError(f"{self.name} cannot start again yet: its last work is still ending.")
            self._renew()
            self.status, self.error, self.note = "starting", None, ""
            self._ended = threading.Event()
            self._thread = self._new_thread()
        self._told_to_stop = self._interrupted = False
        self._rate, self.seen = Rate(), Sample()
        self._rate.update(self.total())
        self.starts += 1
        self._thread.start()

    @abstractmethod
    def _renew(self) -> None:
        """Prepare for another start after the work has ended. Raises LabError if that is not possible."""

    def retire(self, reason: str) -> None:
        """Stop the work, and prevent it from being started again."""
        self.stop()
        self._retired = reason

    def _new_thread(self) -> threading.Thread:
        return threading.Thread(target=self._run, name=f"lab-{self.name}", daemon=True)

    @interruptible
    def wait(self, timeout: float) -> bool:
        """Wait until the work has ended; False if it has not after `timeout` seconds. Example: run.wait(3)"""
        deadline = Deadline(timeout)
        return wait_until(
            lambda: self._ended.wait(min(deadline.left(), LOOK)), timeout, 0, lambda: f"{self.name}: {self.status}"
        )

    def _wait_until(
        self, is_done: Callable[[], bool], timeout: float, progress: Callable[[], str] = lambda: ""
    ) -> bool:
        """Wait until something is done or the work has ended; True if it is done. Raises LabError if the work has
        failed.
        """
        over = wait_until(lambda: is_done() or not self.alive, timeout, progress=progress)
        if self.error:
            raise LabError(f"{self.name} failed: {self.error}")
        return over and (self.alive or is_done())

    def stop(self) -> None:
        """Stop the work, and return when it has ended. Stopping again does nothing. Example: run.stop()"""
        self._told_to_stop = True
        if self._ends_within(self.STOP_LIMIT, self._ask_to_stop):
            return
        line = self.line() or "an unknown line"
        if self._ends_within(INTERRUPT_LIMIT, self._interrupt):
            self.note = f"it did not stop by itself and was interrupted at {line}"
        else:
            self.note = f"it is stuck in C code at {line}, and ends with the program, or when you restart the kernel"

    def fail(self, error: LabError) -> None:
        """Mark the work as failed for an external reason, and stop it."""
        if self._thread.is_alive():
            self._end("failed", blame.Blame(str(error), None, ""))
            self._give_up()

    def _give_up(self) -> None:
        self._ask_to_stop()

    def _ends_within(self, limit: float, ask: Callable[[], object]) -> bool:
        def has_ended() -> bool:
            if self.alive:
                ask()  # repeatedly: a call of Application.stop() before its loop runs has no effect
            return self._ended.wait(0.02) or not self.alive

        return wait_until(has_ended, limit, pause=0, progress=lambda: f"{self.name} is ending")

    def _interrupt(self) -> None:
        self._interrupted = True
        ident = ctypes.c_ulong(self._thread.ident or 0)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(Interrupted))
        self._ended.wait(0.2)  # give a handler in the student's code time to react before the next one

    def _is_running(self) -> None:
        with self._ending:  # a worker that ends meanwhile keeps its final status
            if self.status == "starting":
                self.status = "running"

    def _run(self) -> None:
        try:
            with prints.sent_to(self._print):
                self._work()
        except BaseException as error:  # an exception in the student's code ends only this run
            if self._interrupted:  # the interrupt, or what other code turned it into
                self._end("stopped")
            else:
                self._end("failed", self._blame(error))
        else:
            self._end("stopped" if self._told_to_stop else "finished")

    def _end(self, status: Status, error: blame.Blame | None = None) -> None:
        """Record how the work ended; only the first call counts."""
        with self._ending:
            if not self._ended.is_set():
                if self._partial:
                    self._print("\n")
                self.status, self.error = status, error
                self._ended.set()

    def _blame(self, error: BaseException) -> blame.Blame:
        return blame.explain(error)

    @property
    def printing(self) -> str:
        """What it has printed since the last end of line, as `print(".", end="")` does."""
        return self._partial

    def _print(self, text: str) -> None:
        *lines, self._partial = (self._partial + text).split("\n")
        if len(self._partial) > LONGEST_LINE:
            lines, self._partial = [*lines, self._partial], ""
        for line in lines:
            self.prints.append(line)
            self.printed += 1


class Workers(tuple[Worker, ...]):
    """The workers of a lab, in the order in which they started."""

    @property
    def labels(self) -> list[str]:
        """Their names; if two share a name, with what they read and write."""
        times = Counter(each.name for each in self)
        return [each.name if times[each.name] == 1 else f"{each.name} ({each.flow})" for each in self]

    def upstream_of(self, topic: str) -> list[Worker]:
        """The workers that a topic depends on: those that write to it, and those that write to what these read."""
        found: list[Worker] = []
        topics = {topic}
        while more := [each for each in self if each not in found and not topics.isdisjoint(_outputs(each))]:
            found += more
            topics.update(name for worker in more for name in worker.reads)
        return found

    def back_to(self, worker: Worker) -> list[Worker]:
        """The live workers, this one first, through which what it writes comes back to it; empty if it does not."""
        paths = [[worker]]
        for path in paths:
            for each in self:
                if each.alive and path[-1].writes in each.reads and each not in path[1:]:
                    if each is worker:
                        return path
                    paths.append([*path, each])
        return []

    def compute(self, topic: str) -> bool:
        """Whether live runs write this topic and every topic between it and the producers."""
        runs = [each for each in self.upstream_of(topic) if each.reads]
        return bool(runs) and {each.writes for each in runs} == {each.writes for each in runs if each.alive}

    def __repr__(self) -> str:
        width = max((len(each.name) for each in self), default=0)
        lines = [f"{each.name:{width}}  {each.status:8}  {each.flow}" for each in self]
        return "\n".join(lines) or "no workers: lab.produce() and lab.run(...) start some"


def _outputs(worker: Worker) -> set[str]:
    letters = {f"{name}{DEAD_LETTER}" for name in worker.reads}
    return letters | {worker.writes} if worker.writes else letters
