"""Processes that hold a lab, and what such a lab leaves on the machine."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from labkit.broker import OwnBroker
from tests.waiting import eventually

# SIGUSR1 lets a process write the stacks of its threads to stderr, whatever they are at. SIGINT interrupts it even
# where the tests run in the background of a shell, whose commands ignore it.
SIGNALS = """
import faulthandler, signal
faulthandler.register(signal.SIGUSR1)
signal.signal(signal.SIGINT, signal.default_int_handler)
"""


def jvm(own: OwnBroker) -> psutil.Process:
    return psutil.Process(own.nodes[0].pid)


@dataclass(frozen=True)
class Footprint:
    """All that a lab has on the machine while it lives."""

    processes: list[psutil.Process]
    ports: set[int]
    directory: Path

    @classmethod
    def of(cls, directory: Path) -> "Footprint":
        """The footprint of the broker whose files are in the directory."""
        jvm = psutil.Process(int(eventually(lambda: read(directory / "pid"))))
        return cls([jvm.parent(), jvm], {port for _, port in listeners(jvm)}, directory)

    def left(self) -> list[object]:
        processes = [each for each in self.processes if lives(each)]
        directories = [self.directory] if self.directory.exists() else []
        return [*processes, *(port for port in self.ports if is_open(port)), *directories]

    def vanishes(self, limit: float = 10.0) -> bool:
        with contextlib.suppress(AssertionError):
            return eventually(lambda: not self.left(), limit)
        raise AssertionError(f"still there after {limit:g} s: {self.left()}")

    def clear(self) -> None:
        """Remove what is left."""
        for each in self.processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        shutil.rmtree(self.directory, ignore_errors=True)


def read(path: Path) -> str:
    with contextlib.suppress(FileNotFoundError):
        return path.read_text()
    return ""


def listeners(process: psutil.Process) -> list[tuple[str, int]]:
    """Every address and port at which a process takes connections or datagrams."""
    found = process.net_connections(kind="inet")
    return [(each.laddr.ip, each.laddr.port) for each in found if each.status in (psutil.CONN_LISTEN, psutil.CONN_NONE)]


def descendants(pid: int) -> list[psutil.Process]:
    """The processes that a process has started, and that they have started in turn."""
    with contextlib.suppress(psutil.NoSuchProcess):  # one may end while we look
        return psutil.Process(pid).children(recursive=True)
    return []


def lives(process: psutil.Process) -> bool:
    """Whether a process is still running; a zombie is not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def python(script: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A Python process that runs a script; it is killed, if necessary, at the end of the block."""
    child = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", f"{SIGNALS}{script}"],
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with child:
        try:
            yield child
        finally:
            child.kill()


def wait_for_end(child: subprocess.Popen[str], limit: float) -> None:
    """Wait until a `python` process has ended; fails after `limit` seconds, with the stacks of all its threads."""
    try:
        child.wait(limit)
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGUSR1)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(1)  # it is writing the stacks now
        child.kill()
        raise AssertionError(f"still at work after {limit:g} s, at:\n{child.stderr.read()}") from None


def link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy(source, target)
