"""Outlives the kernel just long enough to clean up after it. Run as a script, in a session of its own.

    python supervisor.py PARENT DIRECTORY [COMMAND ...]

Runs the command (its output goes to DIRECTORY/log, its process id to DIRECTORY/pid, its exit code to DIRECTORY/exit)
until standard input, a pipe that the kernel holds open, ends; then it ends the command and removes the directory. The
kernel need not do anything for this, so it works after SIGKILL too. The byte `r` runs the command again after it has
ended. It imports only the standard library, not labkit, because it must start instantly.
"""

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

AGAIN = b"r"


def keep(parent: int, directory: Path, command: list[str]) -> None:
    told_to_end = threading.Event()  # a handler that raised could lose a child that is just being started
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: told_to_end.set())
    child, reporter = _start(directory, command) if command else (None, None)
    # End of file normally comes at once. If a child that the kernel forked holds the pipe open, watch the parent.
    while os.getppid() == parent and not told_to_end.is_set():
        if select.select([0], [], [], 0.5)[0]:
            if os.read(0, 1) != AGAIN:
                break
            child, reporter = _start(directory, command)
    if child and reporter:
        # SIGKILL: the data is removed with the directory, so a graceful end would save nothing. The whole group: a JVM
        # in training starts another one to write its cache.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        reporter.join()  # it writes to the directory, which is removed next
    shutil.rmtree(directory, ignore_errors=True)


def _start(directory: Path, command: list[str]) -> tuple[subprocess.Popen[bytes], threading.Thread]:
    with (directory / "log").open("wb") as log:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=directory, start_new_session=True
        )
    (directory / "pid").write_text(str(child.pid))

    def report() -> None:
        code = child.wait()
        with contextlib.suppress(OSError):
            (directory / "exit").write_text(str(code))

    reporter = threading.Thread(target=report)
    reporter.start()
    return child, reporter


if __name__ == "__main__":
    keep(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
