"""The sandbox: bubblewrap, with a network of its own, nothing of the grader in sight, and limits."""

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import labkit
from labkit.errors import LabError
from labkit.jvm import store

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc/ld.so.cache")
INSIDE = Path(__file__).with_name("inside.py")
PACKAGE = Path(labkit.__file__).parent
HIDDEN = PACKAGE / "grading"
ETC = HIDDEN / "etc"  # the names of the machine and of the user in the sandbox
NOBODY = "65534"

MB = 2**20


@dataclass(frozen=True)
class Limits:
    """What one submission may use. Sizes in bytes, times in seconds."""

    cell_seconds: int = 60
    seconds: int = 300
    memory: int = 2048 * MB  # of one process
    all_memory: int = 4096 * MB  # of all processes together
    disk: int = 512 * MB
    file_size: int = 128 * MB
    processes: int = 700  # threads count too: Kafka and a kernel have some 150
    record_size: int = 100_000
    topic_size: int = 2 * MB
    output: int = 16 * MB
    again: int = 6  # how often a notebook is run again without a cell that has killed its kernel


@dataclass
class Outcome:
    """What came out of the sandbox. Everything in it is the submission's word."""

    ended: str = "crashed"
    records: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    seconds: float = 0.0
    whole: bool = False


def require() -> None:
    """Raise LabError, saying what to do, unless bubblewrap can make a sandbox here."""
    if not shutil.which("bwrap"):
        raise LabError(
            "Grading needs bubblewrap, which Linux has: `apt-get install bubblewrap` or `dnf install bubblewrap`. "
            "Submissions are not run without a sandbox."
        )
    tried = subprocess.run([*_namespaces(), "--ro-bind", "/", "/", "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        raise LabError(
            f"bubblewrap cannot make a sandbox here ({tried.stderr.strip()[:200]}). On Ubuntu 24.04 AppArmor forbids "
            "it: allow it with a profile for /usr/bin/bwrap that has `userns,`, or run as root."
        )


def _namespaces() -> list[str]:
    """As root the mounts need no user namespace, which comes later, when a real unprivileged user has taken over."""
    user = [] if _is_root() else ["--unshare-user", "--uid", "1000", "--gid", "1000"]
    kinds = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    return ["bwrap", *user, *kinds, "--die-with-parent", "--new-session", "--hostname", "grading"]


def _is_root() -> bool:
    return os.geteuid() == 0


def command(limits: Limits) -> list[str]:
    """The command line of the sandbox around `inside.py`."""
    words = [*_namespaces(), "--clearenv"]
    for name, value in environment().items():
        words += ["--setenv", name, value]
    return [*words, *_mounts(limits), *_unprivileged(), sys.executable, "-I", str(INSIDE_THERE)]


def _mounts(limits: Limits) -> list[str]:
    """The file system of the sandbox: what is not named here is not there."""
    python = Path(sys.executable).resolve().parents[1]
    shown = _outermost([Path(sys.prefix), Path(sys.base_prefix), python, PACKAGE])
    words = ["--proc", "/proc", "--dev", "/dev"]
    for directory, size in ((TMP, limits.disk), (Path("/dev/shm"), limits.disk // 8)):
        words += ["--perms", "1777", "--size", str(size), "--tmpfs", str(directory)]
    for path in _parents([*shown, INSIDE_THERE, CACHE_THERE / "labkit", Path("/etc/hosts")]):
        words += ["--perms", "0755", "--dir", str(path)]
    for path in filter(Path.exists, map(Path, SYSTEM)):
        how = ["--symlink", os.readlink(path)] if path.is_symlink() else ["--ro-bind", str(path)]
        words += [*how, str(path)]
    for path in shown:
        words += ["--ro-bind", str(path), str(path)]
    words += ["--tmpfs", str(HIDDEN), "--remount-ro", str(HIDDEN)]
    for file in sorted(ETC.iterdir()):
        words += ["--ro-bind", str(file), f"/etc/{file.name}"]
    words += ["--ro-bind", str(store.root()), str(CACHE_THERE / "labkit")]
    return [*words, "--ro-bind", str(INSIDE), str(INSIDE_THERE)]


INSIDE_THERE, CACHE_THERE, TMP = Path("/grading/inside.py"), Path("/cache"), Path("/tmp")


def environment() -> dict[str, str]:
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": str(TMP / "home"),
        "TMPDIR": str(TMP),
        "XDG_CACHE_HOME": str(CACHE_THERE),
        "LANG": "C.UTF-8",
        "IPYTHONDIR": str(TMP / "ipython"),
        "JUPYTER_DATA_DIR": str(TMP / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(TMP / "runtime"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _unprivileged() -> list[str]:
    """For root: become nobody for good, and then have a user namespace of one's own."""
    if not _is_root():
        return []
    drop = ["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "--no-new-privs"]
    user = ["bwrap", "--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000", "--dev-bind", "/", "/"]
    return [*drop, "--bounding-set=-all", "--inh-caps=-all", *user]


def _outermost(paths: Sequence[Path]) -> list[Path]:
    """The paths that are not within others, nor in /usr, which is shown anyway."""
    found: list[Path] = []
    for path in sorted({*paths}):
        if not any(path.is_relative_to(other) for other in [*found, Path("/usr")]):
            found.append(path)
    return found


def _parents(paths: Sequence[Path]) -> list[Path]:
    """The directories above the paths, outermost first: bubblewrap would make them for root's eyes only."""
    found = {parent for path in paths for parent in path.parents if parent not in (Path("/"), TMP)}
    return sorted(each for each in found if not each.is_relative_to("/usr"))


def run(cells: Sequence[str], exercises: Sequence[Mapping[str, Any]], limits: Limits) -> Outcome:
    """Run the cells of a notebook on the readings of its exercises; see `inside.py`. No submission makes it raise."""
    nonce, begun = secrets.token_hex(16), time.monotonic()
    names = ("cell_seconds", "seconds", "memory", "file_size", "processes", "record_size", "topic_size", "again")
    job = {"nonce": nonce, "cells": list(cells), "exercises": list(exercises)}
    job |= {name: getattr(limits, name) for name in names}
    outcome = Outcome()
    with _started(limits) as process:
        assert process.stdin
        assert process.stdout
        _live.add(process)
        guard = threading.Thread(target=_watch, args=(process, limits, outcome), daemon=True)
        guard.start()
        try:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(json.dumps(job).encode() + b"\n")
                process.stdin.close()
            _read(process.stdout, nonce, limits, outcome)
        finally:
            _end(process)
            _live.discard(process)
            guard.join()
    outcome.seconds = time.monotonic() - begun
    return outcome


def _started(limits: Limits) -> subprocess.Popen[bytes]:
    nothing, pipe = subprocess.DEVNULL, subprocess.PIPE
    return subprocess.Popen(command(limits), stdin=pipe, stdout=pipe, stderr=nothing, start_new_session=True)


_live: set[subprocess.Popen[bytes]] = set()


def end_all() -> None:
    """End every sandbox that is still at work."""
    for process in list(_live):
        _end(process)


def _read(stream: Any, nonce: str, limits: Limits, outcome: Outcome) -> None:
    """Take in lines until the end, or until there are too many."""
    left = limits.output
    while left > 0 and (line := stream.readline(limits.record_size * 2)):
        left -= len(line)
        start, _, text = line.partition(b" ")
        if start != nonce.encode():
            continue
        with contextlib.suppress(ValueError, TypeError, KeyError, RecursionError):
            _take(json.loads(text), outcome)


def _take(said: Any, outcome: Outcome) -> None:
    if "ended" in said and said["ended"] in ("ok", "crashed", "timeout"):
        outcome.ended = said["ended"]
    elif "value" in said:
        outcome.records.setdefault(str(said["topic"]), []).append(said)
    elif said.get("done"):
        outcome.whole = True


def _watch(process: subprocess.Popen[bytes], limits: Limits, outcome: Outcome) -> None:
    """End the sandbox when its time is over or its memory is used up."""
    deadline = time.monotonic() + limits.seconds + 60  # for its start, and for handing out
    while process.poll() is None:
        if time.monotonic() > deadline:
            outcome.ended = "timeout"
            _end(process)
        elif _memory(process.pid) > limits.all_memory:
            _end(process)
        time.sleep(0.25)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill bubblewrap and the init of its process namespace, and with it everything inside."""
    for pid in [*_descendants(process.pid), process.pid]:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def _memory(pid: int) -> int:
    """Bytes of memory of a process and all its descendants; what they share is counted once for each."""
    pages = 0
    for each in [pid, *_descendants(pid)]:
        with contextlib.suppress(OSError, ValueError, IndexError):
            pages += int(Path(f"/proc/{each}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    for child in _children(pid):
        found += [child, *_descendants(child)]
    return found


def _children(pid: int) -> Iterator[int]:
    try:
        files = [*Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:  # it has just ended
        return
    for each in files:
        with contextlib.suppress(OSError, ValueError):
            yield from map(int, each.read_text().split())
