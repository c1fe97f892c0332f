"""How much memory a sandbox uses: not only its processes have some, but also its files, its sockets and page tables."""

import contextlib
import os
import re
import socket
from pathlib import Path

import psutil

from labkit.grading import bubblewrap

FILE = 1536  # bytes that the kernel needs at most for a file besides its content, with a long name
PIPE = 8192  # bytes that a pipe holds if there are many: two pages
PAGE_TABLES = re.compile(rb"^VmPTE:\s+(\d+) kB", flags=re.MULTILINE)  # the name of a process can be any bytes
SOCKETS = re.compile(rb"^sockets: used (\d+)", flags=re.MULTILINE)


def family(pid: int) -> list[psutil.Process]:
    """Returns the descendants of a process, and the process itself."""
    with contextlib.suppress(psutil.Error):  # it may just have ended
        process = psutil.Process(pid)
        return [*process.children(recursive=True), process]
    return []


def init(pid: int, inside: list[psutil.Process]) -> int | None:
    """Returns the process of this sandbox that is there as long as the sandbox is; None if it has ended."""
    with contextlib.suppress(psutil.Error):
        return next((each.pid for each in inside if each.ppid() == pid), None)
    return None


def used(pid: int, limit: int, isolated: bool) -> int:
    """Returns the bytes of memory that the sandbox of this process uses.

    Memory that processes share is counted once for each; only if the sum exceeds the limit is it counted once in total,
    because that takes longer. Unless it is `isolated`, its files and sockets are among those of the whole computer, and
    do not count.
    """
    inside = family(pid)
    besides = sum(_page_tables(each.pid) + _pipes(each) for each in inside)
    if isolated and (first := init(pid, inside)):
        besides += _files(first) + _sockets(first)
    size = besides + sum(_size(each, "rss") for each in inside)
    return size if size <= limit else besides + sum(_size(each, "pss") for each in inside)


def _size(process: psutil.Process, kind: str) -> int:
    with contextlib.suppress(psutil.Error):
        info = process.memory_info() if kind == "rss" else process.memory_full_info()
        return int(getattr(info, kind, info.rss))
    return 0


def _page_tables(pid: int) -> int:
    """A page of them can stand for 2 MB that hold nothing."""
    found = PAGE_TABLES.search(_content(Path(f"/proc/{pid}/status")))
    return 1024 * int(found[1]) if found else 0


def _pipes(process: psutil.Process) -> int:
    """Returns how much its open files could hold if all were pipes."""
    with contextlib.suppress(psutil.Error):
        return process.num_fds() * PIPE
    return 0


def _files(pid: int) -> int:
    size = 0
    with contextlib.suppress(OSError):
        for folder in (bubblewrap.TMP, bubblewrap.SHM):
            found = os.statvfs(f"/proc/{pid}/root{folder}")
            size += (found.f_blocks - found.f_bfree) * found.f_frsize + (found.f_files - found.f_ffree) * FILE
    return size


def _sockets(pid: int) -> int:
    """Returns how much the buffers of all sockets could hold. Those that are closed count until they are empty."""
    found = SOCKETS.search(_content(Path(f"/proc/{pid}/net/sockstat")))
    return int(found[1]) * _buffers() if found else 0


def _buffers() -> int:
    """Returns the bytes of both buffers of a socket. There is no other size: see `seccomp`."""
    with socket.socket(socket.AF_UNIX) as one:
        return sum(one.getsockopt(socket.SOL_SOCKET, each) for each in (socket.SO_RCVBUF, socket.SO_SNDBUF))


def _content(file: Path) -> bytes:
    with contextlib.suppress(OSError):
        return file.read_bytes()
    return b""
