"""Runs one notebook, within limits, where it can do no harm, and collects the records that come out."""

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import psutil

from labkit.grading import calls, enclosure

MB = 2**20
LONGEST = 200  # characters of a reason


@dataclass(frozen=True)
class Limits:
    """What one submission may use. Sizes in bytes, times in seconds."""

    cell_seconds: int = 60
    seconds: int = 300
    around: int = 60  # additional seconds, to start the sandbox and to hand out the records
    memory: int = 2048 * MB  # of one process
    all_memory: int = 4096 * MB  # of all processes together
    disk: int = 512 * MB
    file_size: int = 128 * MB
    processes: int = 100  # more than that ends the cell
    threads: int = 700  # of all processes: Kafka and a kernel have some 150
    record_size: int = 100_000
    topic_size: int = 2 * MB
    records: int = 10_000  # none are handed out from a topic with more
    output: int = 16 * MB
    shown: int = 4000  # characters of a cell's output in the executed notebook
    again: int = 6  # how often a notebook is run again without the cell that killed its kernel


@dataclass
class Outcome:
    """What came out of the sandbox. Trust none of it: it comes from the submission.

    By number of the cell, `outputs` has what it wrote and `troubles` why it failed, if it did; `phases` says where the
    time went.
    """

    ended: str = "crashed"
    records: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    outputs: dict[int, str] = field(default_factory=dict)
    troubles: dict[int, str] = field(default_factory=dict)
    phases: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    whole: bool = False


class Ended(Exception):
    """The sandbox was ended by `end_all`, so nothing is known about the submission."""


def run(cells: Sequence[str], exercises: Sequence[Mapping[str, Any]], limits: Limits, enclosed: bool = True) -> Outcome:
    """Run the cells of a notebook on the readings of its exercises; see `inside.py`. No submission makes it raise.

    Without `enclosed` there is no sandbox: the notebook can do whatever its user can. Raises Ended after `end_all`.
    """
    nonce, begun = secrets.token_hex(16), time.monotonic()
    job = {"nonce": nonce, "cells": list(cells), "exercises": list(exercises), "enclosed": enclosed} | asdict(limits)
    outcome = Outcome()
    with _started(limits, enclosed) as (process, lines):
        assert process.stdin
        _live[process] = True
        guard = threading.Thread(target=_watch, args=(process, limits, outcome), daemon=True)
        guard.start()
        try:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(json.dumps(job).encode() + b"\n")
                process.stdin.close()
            _read(lines, nonce, limits, outcome)
        finally:
            _end(process)
            guard.join()
        if not _live.pop(process):
            raise Ended
    outcome.seconds = time.monotonic() - begun
    return outcome


@contextlib.contextmanager
def _started(limits: Limits, enclosed: bool) -> Iterator[tuple[subprocess.Popen[bytes], BinaryIO]]:
    """Start the sandbox; yields its process and the lines that it writes.

    The lines come through a socket: a notebook could open a pipe a second time in /proc/*/fd and read them.
    """
    with contextlib.ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="grading-", ignore_cleanup_errors=True))
        command, environment, given = [sys.executable, "-I", str(enclosure.INSIDE)], dict(os.environ), []
        if enclosed:
            given = [stack.enter_context(each).fileno() for each in _filter(scratch)]
            command = enclosure.command(limits.disk, *given)
        else:
            environment["TMPDIR"] = scratch
        here, there = socket.socketpair()
        stack.enter_context(here)
        with there:
            process = subprocess.Popen(
                command, env=environment, stdin=subprocess.PIPE, stdout=there.fileno(), stderr=subprocess.DEVNULL,
                start_new_session=True, pass_fds=given,
            )  # fmt: skip
        stack.enter_context(process)
        yield process, stack.enter_context(here.makefile("rb"))


def _filter(scratch: str) -> Iterator[BinaryIO]:
    """The filter for system calls as an open file, if there is one for this machine."""
    if program := calls.refusing():
        file = Path(scratch, "calls")
        file.write_bytes(program)
        yield file.open("rb")


_live: dict[subprocess.Popen[bytes], bool] = {}  # whether it may continue


def end_all() -> None:
    """End every sandbox that is still running."""
    for process in list(_live):
        _live[process] = False
        _end(process)


def _read(stream: Any, nonce: str, limits: Limits, outcome: Outcome) -> None:
    """Read lines until the end, or until there are too many."""
    left = limits.output
    while left > 0 and (line := stream.readline(limits.record_size * 2)):
        left -= len(line)
        start, _, text = line.partition(b" ")
        if start != nonce.encode():
            continue
        with contextlib.suppress(ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError):
            _take(json.loads(text), outcome)


def _take(said: Any, outcome: Outcome) -> None:
    if "ended" in said and said["ended"] in ("ok", "crashed", "timeout"):
        outcome.ended = said["ended"]
    elif "value" in said:
        outcome.records.setdefault(str(said["topic"]), []).append(said)
    elif "cell" in said:
        outcome.outputs[int(said["cell"])] = str(said["text"])
        if said.get("trouble"):
            outcome.troubles[int(said["cell"])] = str(said["trouble"])[:LONGEST]
    elif "phase" in said:
        outcome.phases[str(said["phase"])] = float(said["seconds"])
    elif said.get("done"):
        outcome.whole = True


def _watch(process: subprocess.Popen[bytes], limits: Limits, outcome: Outcome) -> None:
    """End the sandbox when its time is over or its memory is used up."""
    deadline = time.monotonic() + limits.seconds + limits.around
    while process.poll() is None:
        if time.monotonic() > deadline:
            outcome.ended = "timeout"
            _end(process)
        elif _memory(process.pid, limits.all_memory) > limits.all_memory:
            _end(process)
        time.sleep(0.25)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill bubblewrap and the init of its process namespace, and with it everything inside."""
    for each in _family(process.pid):
        with contextlib.suppress(psutil.Error):
            each.kill()


def _memory(pid: int, limit: int) -> int:
    """Returns the bytes of memory of a process and all its descendants.

    Shared memory is counted once per process. Only if that exceeds the limit is it counted once in total, because that
    takes longer.
    """
    family = _family(pid)
    size = sum(_size(each, "rss") for each in family)
    return size if size <= limit else sum(_size(each, "pss") for each in family)


def _size(process: psutil.Process, kind: str) -> int:
    with contextlib.suppress(psutil.Error):
        info = process.memory_info() if kind == "rss" else process.memory_full_info()
        return int(getattr(info, kind, info.rss))
    return 0


def _family(pid: int) -> list[psutil.Process]:
    """The descendants of a process, and the process itself."""
    with contextlib.suppress(psutil.Error):  # it may just have ended
        process = psutil.Process(pid)
        return [*process.children(recursive=True), process]
    return []
