"""Runs one notebook, within limits, where it can do no harm, and collects the records that come out."""

import base64
import contextlib
import io
import json
import os
import secrets
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple

import psutil

from labkit.exercises.places import Place
from labkit.grading import bubblewrap, memory, network, processors, seccomp
from labkit.grading.runner.job import ExerciseTopics, Job, Limits
from labkit.grading.runner.messages import Message
from labkit.waiting import Deadline

LONGEST = 200  # characters of the reason why a cell failed
LOOK = 0.25  # seconds between two looks at what a sandbox uses


class Said(NamedTuple):
    """The verdict of a check in the notebook: its state, and its first line. Both are empty if there was none."""

    state: str = ""
    headline: str = ""


@dataclass
class Outcome:
    """What came out of the sandbox. Trust none of it: it comes from the submission.

    `status` says how the notebook ended: ok, crashed or timeout. By number of the cell, `outputs` has what it wrote and
    `errors` why it failed, if it did; by exercise, `verdicts` has what its last check came to, and `steps` what it
    did with the record that was asked for. `phases` says where the time went. `full` are the topics that hold too much
    to be handed out; `complete` is true if nothing else is missing. `begun` is true once the notebook runs; if it could
    not, `failure` may say why. `starved` is false once it is known that other sandboxes cannot be why it ended so.
    """

    status: str = "crashed"
    records: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    outputs: dict[int, str] = field(default_factory=dict)
    errors: dict[int, str] = field(default_factory=dict)
    full: set[str] = field(default_factory=set)
    verdicts: dict[str, Said] = field(default_factory=dict)
    steps: dict[str, str] = field(default_factory=dict)
    phases: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    complete: bool = False
    begun: bool = False
    starved: bool = True
    failure: str = "it ended at once"


Wrong = Callable[[Outcome], Mapping[str, Sequence[Place]]]  # the places of the first wrong record, by exercise


class Failed(Exception):
    """The computer, not the submission, is at fault: the notebook could not even begin. The message says why."""


class Ended(Exception):
    """The sandbox was ended by `end_all`, so nothing is known about the submission."""


def run(
    cells: Sequence[str],
    exercises: Sequence[ExerciseTopics],
    limits: Limits,
    isolated: bool = True,
    wrong: Wrong = lambda _: {},
    files: Mapping[str, bytes] | None = None,
) -> Outcome:
    """Runs the cells of a notebook on the readings of its exercises; see `runner`. No submission makes it raise. The
    `files` are in the folder that it runs in.

    Once all has come out, `wrong` says for each exercise that is wrong which place a step is wanted of: the same
    sandbox steps through these alone.

    What crashed or timed out beside others is run once more alone if they may be the reason; if it does so again, that
    counts. They are not if the kernel ended itself, if a cell that took too long had its CPU all the time, or if the
    notebook used up its memory. Unless `isolated` there is no sandbox: the notebook can do whatever its user can.
    Raises Ended after `end_all`, and Failed if the notebook could not begin.
    """
    packed = {name: base64.b64encode(content).decode() for name, content in (files or {}).items()}
    job = Job(secrets.token_hex(16), [*cells], [*exercises], isolated, limits, packed)
    outcome, had_company = _run(job, wrong, alone=False)
    if had_company and outcome.starved and not (outcome.complete and outcome.status == "ok"):
        outcome, _ = _run(job, wrong, alone=True)
    return outcome


def _run(job: Job, wrong: Wrong, alone: bool) -> tuple[Outcome, bool]:
    """Returns what came out, and whether other sandboxes were there meanwhile."""
    outcome, limits = Outcome(), job.limits
    with processors.one(alone) as cpu, started(limits, job.isolated, cpu) as (process, lines):
        assert process.stdin
        begun = time.monotonic()
        live = _entered(process)
        guard = threading.Thread(target=_watch, args=(process, job, outcome), daemon=True)
        guard.start()
        try:
            _say(process.stdin, job.dumps())
            if job.isolated and lines.peek():  # the runner begins: its network is there
                _limit_network(process.pid)
            receive(lines, job.nonce, limits, outcome)
            _say(process.stdin, json.dumps(wrong(outcome) if outcome.complete else {}))
            receive(lines, job.nonce, limits, outcome)
        finally:
            _end(process)
            guard.join()
            del _live[process]
    if live.ended:
        raise Ended
    if not outcome.begun:
        raise Failed(outcome.failure)
    outcome.seconds = time.monotonic() - begun
    return outcome, live.had_company


def _say(pipe: IO[bytes], line: str) -> None:
    """Writes a line for the runner; closes the pipe if nobody reads it any more."""
    try:
        pipe.write(line.encode() + b"\n")
        pipe.flush()
    except (BrokenPipeError, ValueError):
        with contextlib.suppress(BrokenPipeError):
            pipe.close()


def _limit_network(pid: int) -> None:
    if init := memory.init(pid, memory.family(pid)):
        network.keep_buffers_small(init)


@contextlib.contextmanager
def started(limits: Limits, isolated: bool, cpu: int) -> Iterator[tuple[subprocess.Popen[bytes], io.BufferedReader]]:
    """Starts the sandbox on a CPU; yields its process and the lines that it writes.

    The lines come through a socket: a notebook could open a pipe a second time in /proc/*/fd and read them.
    """
    with contextlib.ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="grading-", ignore_cleanup_errors=True))
        command, environment, given = [*bubblewrap.RUN], os.environ | {"TMPDIR": scratch}, []
        if isolated:
            given = [stack.enter_context(each).fileno() for each in _filter(scratch)]
            command = bubblewrap.command(limits.disk, cpu, *given)
            environment = {}  # bubblewrap's own can be read in /proc/1
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
    """Yields the filter for system calls as an open file, if there is one for this machine."""
    if program := seccomp.program():
        file = Path(scratch, "seccomp")
        file.write_bytes(program)
        yield file.open("rb")


@dataclass
class _Live:
    """A running sandbox: whether it was `ended` by `end_all`, and whether another was there meanwhile."""

    ended: bool = False
    had_company: bool = False


_live: dict[subprocess.Popen[bytes], _Live] = {}
_entering = threading.Lock()


def _entered(process: subprocess.Popen[bytes]) -> _Live:
    """Notes that a sandbox is running."""
    with _entering:
        there = [*_live.values()]
        _live[process] = live = _Live(had_company=bool(there))
    for each in there:
        each.had_company = True
    return live


def end_all() -> None:
    """Ends every sandbox that is still running."""
    for process, live in list(_live.items()):
        live.ended = True
        _end(process)


def receive(stream: BinaryIO, nonce: str, limits: Limits, outcome: Outcome) -> None:
    """Notes the messages of a runner until the outcome is complete, or those after that; never too many."""
    left, was_complete = limits.output, outcome.complete
    while left > 0 and outcome.complete == was_complete and (line := stream.readline(limits.record_size * 2)):
        left -= len(line)
        start, _, text = line.partition(b" ")
        if start != nonce.encode():
            continue
        with contextlib.suppress(ValueError, OverflowError, RecursionError):
            _note(json.loads(text), outcome)


def _note(said: Any, outcome: Outcome) -> None:
    """Notes a message; anything else says nothing."""
    match said:
        case {"message": Message.PHASE, "name": str(name), "seconds": int() | float() as seconds}:
            outcome.phases[name] = float(seconds)
        case {"message": Message.BEGUN}:
            outcome.begun = True
        case {"message": Message.FAILED, "reason": str(reason)}:
            outcome.failure = reason
        case {"message": Message.CELL, "number": int(number), "text": str(text), "error": str(error)}:
            outcome.outputs[number] = text
            if error:
                outcome.errors[number] = error[:LONGEST]
        case {"message": Message.VERDICT, "exercise": str(name), "state": str(state), "headline": str(headline)}:
            outcome.verdicts[name] = Said(state, headline)
        case {"message": Message.ENDED, "status": "ok" | "crashed" | "timeout" as status, "starved": bool(starved)}:
            outcome.status, outcome.starved = status, starved
        case {"message": Message.RECORD, "topic": str(topic)}:
            outcome.records.setdefault(topic, []).append(said)
        case {"message": Message.TOO_MUCH, "topic": str(topic)}:
            outcome.full.add(topic)
        case {"message": Message.COMPLETE}:
            outcome.complete = True
        case {"message": Message.STEP, "exercise": str(name), "text": str(text)}:
            outcome.steps[name] = text


def _watch(process: subprocess.Popen[bytes], job: Job, outcome: Outcome) -> None:
    """Ends the sandbox when its time is over or its memory is used up; nothing runs unwatched."""
    deadline, most = Deadline(job.limits.seconds + job.limits.around), job.limits.all_memory
    try:
        while process.poll() is None:
            if deadline.has_passed():
                if not outcome.complete:
                    outcome.status, outcome.starved = "timeout", True
                _end(process)
            elif outcome.begun and memory.used(process.pid, most, job.isolated) > most:
                outcome.starved = False
                _end(process)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(LOOK)
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kills bubblewrap and the init of its process namespace, and with it everything inside."""
    for each in memory.family(process.pid):
        with contextlib.suppress(psutil.Error):
            each.kill()
