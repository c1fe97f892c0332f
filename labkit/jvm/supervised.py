"""A directory and optionally a process, both removed when this process ends, however it ends."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from labkit.waiting import wait_until

SUPERVISOR = Path(__file__).with_name("supervisor.py")
START_LIMIT = 2.0  # seconds that a supervisor may take to start the command, on a busy machine


class Supervised:
    """A temporary directory and a command, both managed by a supervisor process (see supervisor.py)."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="labkit-"))
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._closed = False

    def start(self, command: list[str] | None = None, environment: Mapping[str, str] | None = None) -> None:
        """Start the command with the given environment, or else that of this process."""
        # A session of its own: Jupyter's interrupt goes to the kernel's whole process group.
        self._supervisor = subprocess.Popen(
            [sys.executable, "-I", "-S", str(SUPERVISOR), str(os.getpid()), str(self.directory), *(command or [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=environment,
        )

    def start_again(self) -> None:
        """Start the command once more, after it has ended."""
        assert self._supervisor
        assert self._supervisor.stdin
        for old in ("exit", "pid"):
            (self.directory / old).unlink()
        self._supervisor.stdin.write(b"r")
        self._supervisor.stdin.flush()

    @property
    def alive(self) -> bool:
        """Whether the command is running, or about to."""
        return self.exit_code() is None

    @property
    def pid(self) -> int:
        """The process id of the command, even after that has ended."""
        return int((self.directory / "pid").read_text())

    def exit_code(self) -> int | None:
        """Returns the command's exit code, whether it ended by itself or by `close`; None while it runs."""
        if self._closed:
            return -signal.SIGKILL
        with contextlib.suppress(OSError, ValueError):
            return int((self.directory / "exit").read_text())
        if self._supervisor and self._supervisor.poll() is not None:  # killed, so nobody will report the command's end
            self.kill()
            return -signal.SIGKILL
        return None

    def wait(self, limit: float) -> int | None:
        """Wait for the command to end. Returns its exit code, or None if it is still running after `limit` seconds."""
        wait_until(lambda: not self.alive, limit)
        return self.exit_code()

    def kill(self) -> None:
        """Send SIGKILL to the command and to what it has started; the directory stays until `close`."""
        if self._supervisor:
            wait_until(lambda: any((self.directory / each).exists() for each in ("pid", "exit")), START_LIMIT)
        if (self.directory / "exit").exists():  # its process id may belong to another by now
            return
        with contextlib.suppress(OSError, ValueError):  # it has not been started, or has just ended
            os.killpg(self.pid, signal.SIGKILL)

    def log(self) -> str:
        try:
            return (self.directory / "log").read_text(errors="replace")
        except OSError:
            return ""

    def close(self) -> None:
        """End the command, remove the directory, and return when both are gone. Closing again does nothing."""
        if self._supervisor and self._supervisor.stdin and not self._closed:
            with contextlib.suppress(BrokenPipeError):  # the supervisor has ended
                self._supervisor.stdin.write(b"\n")  # closing is not enough: a forked child may hold the pipe open
                self._supervisor.stdin.close()
            if self._supervisor.wait() < 0:  # it was killed, and could not end the command
                self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)  # if there was no supervisor to do it
        self._closed = True
