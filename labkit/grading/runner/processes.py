"""The processes that a notebook starts: they become children of this one, are kept few, and are ended."""

import contextlib
import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator

import psutil

from labkit.waiting import Deadline

PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 4, 36
END_LIMIT = 5.0  # seconds


def shield() -> None:
    """Keeps others from opening this process's files, and adopts the processes that the notebook orphans."""
    if sys.platform == "linux":
        prctl = ctypes.CDLL(None).prctl
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


class Reaper:
    """Ends all processes but those that are there when it is made: Kafka and its supervisor, this one, and bubblewrap.

    Unless `isolated`, it ends only descendants of this process, which share the machine with those of others.
    """

    def __init__(self, isolated: bool) -> None:
        self._isolated = isolated
        self._spared = frozenset(psutil.pids())
        self._ending = threading.RLock()

    def end_all(self) -> None:
        """Kills what the notebook left running, for at most 5 s: its output must not change while it is read."""
        deadline = Deadline(END_LIMIT)
        with self._ending:
            while (killed := self._kill()) and not deadline.has_passed():
                for pid in killed:
                    with contextlib.suppress(OSError):  # not a child of this process
                        os.waitpid(pid, os.WNOHANG)
                time.sleep(0.01)

    @contextlib.contextmanager
    def keep_below(self, most: int) -> Iterator[None]:
        """Kills the notebook's processes as soon as there are too many: a fork bomb slows other sandboxes too."""
        over = threading.Event()

        def watch() -> None:
            while self._isolated and not over.wait(0.1):
                with self._ending:
                    if len(psutil.pids()) > most:
                        self.end_all()

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()

    def _kill(self) -> list[int]:
        """Kills everything once; returns what that was.

        In the sandbox one call first stops everything, because processes that fork faster than they are killed would
        never end.
        """
        with contextlib.ExitStack() as stack:
            if self._isolated:
                os.kill(-1, signal.SIGSTOP)
                stack.callback(os.kill, -1, signal.SIGCONT)
            found = self._others()
            for pid in found:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
        return found

    def _others(self) -> list[int]:
        there = psutil.pids() if self._isolated else [each.pid for each in psutil.Process().children(recursive=True)]
        return [pid for pid in there if pid not in self._spared]
