"""What a sandbox lets nobody see and do, tried in sandboxes without Kafka, as root and as an ordinary user."""

import queue
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import patch

import pytest

from labkit.grading import bubblewrap, memory, network, processors, sandbox, seccomp
from labkit.grading.runner.job import MB, Limits
from tests.grading.users import User

# Calls by the C library where it has them, so that the kernel says which they are, else by their numbers.
REFUSED = """
import ctypes, os, platform
c = ctypes.CDLL(None, use_errno=True)
numbers = {
    "x86_64": {"pidfd_getfd": 438, "kcmp": 312, "add_key": 248, "request_key": 249, "keyctl": 250, "bpf": 321,
               "perf_event_open": 298, "userfaultfd": 323, "memfd_secret": 447},
    "aarch64": {"pidfd_getfd": 438, "kcmp": 272, "add_key": 217, "request_key": 218, "keyctl": 219, "bpf": 280,
                "perf_event_open": 241, "userfaultfd": 282, "memfd_secret": 447},
}[platform.machine()] | {"io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427}
names = ("memfd_create", "shmget", "msgget", "semget", "ptrace", "process_vm_readv", "process_vm_writev",
         "sched_setaffinity", *numbers)
for name in names:
    call, first = (c.syscall, [numbers[name]]) if name in numbers else (getattr(c, name), [])
    if call(*first, -1, 0, 0, 0, 0, 0) != -1 or ctypes.get_errno() != 38:
        print(name)
"""
SEES = """
import os, pathlib
for file in (*pathlib.Path("/proc").glob("[0-9]*/environ"), *pathlib.Path("/proc").glob("[0-9]*/task/*/environ")):
    try:
        print(file.read_bytes())
    except OSError:
        pass
print(dict(os.environ))
"""
WRITES = """
import os, pathlib
disk = os.stat("/usr").st_dev
for folder, below, _ in os.walk("/"):
    below[:] = [each for each in below if folder != "/" or each not in ("proc", "usr")]
    try:
        pathlib.Path(folder, "written").write_text("")
        found = os.statvfs(folder)
        print(folder, found.f_blocks * found.f_frsize)
    except OSError:
        pass
    if os.stat(folder).st_dev == disk:
        below.clear()
"""
SOCKETS = """
import socket
for family, kind in ((17, 3), (38, 5), (40, 1), (40, 2), (30, 1), (30, 5), (29, 3), (31, 3), (44, 3), (21, 5)):
    try:
        socket.socket(family, kind)
        print(family, kind)
    except OSError:
        pass
for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
    for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX):
        with socket.socket(family, kind) as one:
            for which in (socket.SO_SNDBUF, socket.SO_RCVBUF):
                before = one.getsockopt(socket.SOL_SOCKET, which)
                one.setsockopt(socket.SOL_SOCKET, which, 2**22)
                if one.getsockopt(socket.SOL_SOCKET, which) > before:
                    print("a larger buffer", family, kind, which)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            assert one.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
"""


def said(code: str, cpu: int = processors.ALL[0]) -> list[str]:
    """Returns the lines that this Python writes in a sandbox."""
    with (
        patch.object(bubblewrap, "RUN", (sys.executable, "-I", "-c", code)),
        sandbox.started(Limits(), True, cpu) as (process, lines),
    ):
        found = [line.decode() for line in lines]
        assert process.wait() == 0, found
        return found


def test_nobody_sees_the_environment_of_the_instructor(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUD_KEY", "hunter2")
    seen = user.call(said, SEES)
    assert [each for each in seen if "PYTHONDONTWRITEBYTECODE" in each]
    assert not [each for each in seen if "hunter2" in each]


def test_nothing_can_be_written_but_a_home_and_shared_memory_of_limited_size(user: User) -> None:
    places = dict(line.split() for line in user.call(said, WRITES))
    assert {name: int(size) for name, size in places.items()} == {"/tmp": 512 * MB, "/dev/shm": 64 * MB}


def test_calls_that_lead_out_or_need_uncounted_memory_are_refused(user: User) -> None:
    assert user.call(said, REFUSED) == []


def test_sockets_lead_nowhere_else_and_keep_their_buffers(user: User) -> None:
    assert user.call(said, SOCKETS) == []


def test_the_filter_is_the_same_on_both_kinds_of_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    programs = []
    for machine in seccomp.MACHINES:
        monkeypatch.setattr("platform.machine", lambda machine=machine: machine)
        programs.append(seccomp.program())
    assert len({len(each) for each in programs}) == 1
    assert len({*programs}) == len(programs)
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    assert seccomp.program() == b""


# What a sandbox may have that no process's memory shows: the bytes that it takes at least, and how to get it.
HIDDEN = {
    "files": (40 * MB, "[open(f'/tmp/{n}', 'x').close() for n in range(30_000)]"),
    "a file": (30 * MB, "open('/dev/shm/a', 'wb').write(bytes(40 * 2**20))"),
    "sockets": (40 * MB, "kept = [socket.socketpair() for _ in range(200)]"),
    "pipes": (6 * MB, "kept = [os.pipe() for _ in range(480)]"),
    "page tables": (
        60 * MB,
        "size = 2**21; place = mmap.mmap(-1, size * 16_000, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.PROT_READ); "
        "kept = sum(place[n * size] for n in range(16_000))",
    ),
}


def used(code: str) -> int:
    """Returns the bytes of memory that a sandbox uses in which this Python has run."""
    named = "import ctypes; ctypes.CDLL(None).prctl(15, b'\\xff\\n\\xfe')"
    waiting = f"import mmap, os, socket\n{named}\n{code}\nprint('done', flush=True)\ninput()"
    with (
        patch.object(bubblewrap, "RUN", (sys.executable, "-I", "-c", waiting)),
        sandbox.started(Limits(), True, processors.ALL[0]) as (process, lines),
    ):
        assert lines.readline() == b"done\n"
        found = memory.used(process.pid, 10**12, True)
        process.communicate(b"\n")
        return found


def used_by_each_kind() -> dict[str, int]:
    return {"nothing": used("")} | {kind: used(code) for kind, (_, code) in HIDDEN.items()}


def test_memory_of_every_kind_is_counted(user: User) -> None:
    found = user.call(used_by_each_kind)
    nothing = found.pop("nothing")
    assert 5 * MB < nothing < 60 * MB
    more = {kind: size - nothing for kind, size in found.items()}
    assert {kind for kind, (least, _) in HIDDEN.items() if more[kind] < least} == set(), more


# Connections whose windows grow because everything is read at first, and then nothing.
CONNECTIONS = """
import socket, sys
print("ready", flush=True)
sys.stdin.readline()
size = 0
with socket.create_server(("127.0.0.1", 0)) as server:
    one, (other, _) = socket.create_connection(server.getsockname()), server.accept()
for _ in range(200):
    one.sendall(bytes(60_000))
    left = 60_000
    while left:
        left -= len(other.recv(left))
for each in (one, other):
    each.setblocking(False)
    try:
        while True:
            size += each.send(bytes(65_536))
    except BlockingIOError:
        pass
print(size)
"""


def held_by_a_connection() -> int:
    """Returns the bytes that a TCP connection in a sandbox holds which nobody reads."""
    with (
        patch.object(bubblewrap, "RUN", (sys.executable, "-I", "-c", CONNECTIONS)),
        sandbox.started(Limits(), True, processors.ALL[0]) as (process, lines),
    ):
        assert lines.readline() == b"ready\n"
        init = memory.init(process.pid, memory.family(process.pid))
        assert init
        network.keep_buffers_small(init)
        assert process.stdin
        process.stdin.close()
        return int(lines.readline())


def test_connections_cannot_hold_more_than_is_counted_for_their_sockets(user: User) -> None:
    before = Path("/proc/sys/net/ipv4/tcp_rmem").read_text()
    assert 100_000 < user.call(held_by_a_connection) < 4 * network.LARGEST
    assert Path("/proc/sys/net/ipv4/tcp_rmem").read_text() == before


def test_a_sandbox_has_one_cpu(user: User) -> None:
    for cpu in processors.ALL[:2]:
        assert user.call(said, "import os; print(os.sched_getaffinity(0))", cpu) == [f"{{{cpu}}}\n"]


def test_no_two_have_a_cpu_and_one_that_is_alone_has_all() -> None:
    taken: queue.SimpleQueue[int] = queue.SimpleQueue()
    done = threading.Event()

    def work(alone: bool) -> None:
        with processors.one(alone) as cpu:
            taken.put(cpu)
            assert done.wait(30)

    def start(*wishes: bool) -> list[threading.Thread]:
        threads = [threading.Thread(target=work, args=(each,)) for each in wishes]
        for each in threads:
            each.start()
        return threads

    many = start(*[False] * (len(processors.ALL) + 1))
    assert sorted(taken.get(timeout=30) for _ in processors.ALL) == processors.ALL
    assert taken.empty()
    done.set()
    join(many)
    done.clear()
    taken.get()

    single = start(True, True)
    taken.get(timeout=30)
    others = start(False)
    assert taken.empty()
    done.set()
    join([*single, *others])


def join(threads: list[threading.Thread]) -> None:
    for each in threads:
        each.join(30)
        assert not each.is_alive()


# A runner that waits until another is there, or finds that it is not the first; then it ends as it is told to.
RUNNER = """
import json, os, pathlib, sys, time
job = json.loads(sys.stdin.readline())
mine, together, again, starved = job["cells"]
here = pathlib.Path(mine)
def say(message, **fields):
    print(job["nonce"], json.dumps({"message": message, **fields}), flush=True)
say("begun")
before = here.exists()
here.touch()
while not before and len(list(here.parent.iterdir())) < 2:
    time.sleep(0.01)
say("ended", status=again if before else together, starved=starved == "starved")
say("complete")
sys.stdin.readline()  # what is to be stepped
"""


@pytest.mark.skipif(len(processors.ALL) < 2, reason="two sandboxes at a time need two CPUs")
def test_whoever_fails_because_of_others_is_run_once_more_alone(tmp_path: Path) -> None:
    wanted = {
        "innocent": ("crashed", "ok", "starved"),
        "guilty": ("timeout", "ok", ""),
    }
    with (
        patch.object(bubblewrap, "RUN", (sys.executable, "-I", "-c", RUNNER)),
        ThreadPoolExecutor(2) as pool,
    ):
        runs = {
            name: pool.submit(sandbox.run, [str(tmp_path / name), *ends], [], Limits(), isolated=False)
            for name, ends in wanted.items()
        }
    assert {name: each.result().status for name, each in runs.items()} == {"innocent": "ok", "guilty": "timeout"}


def test_what_fails_alone_is_not_run_again(tmp_path: Path) -> None:
    (tmp_path / "another").touch()
    with patch.object(bubblewrap, "RUN", (sys.executable, "-I", "-c", RUNNER)):
        found = sandbox.run([str(tmp_path / "only"), "crashed", "ok", "starved"], [], Limits(), isolated=False)
    assert found.status == "crashed"
