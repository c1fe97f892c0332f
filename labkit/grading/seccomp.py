"""The seccomp filter of the sandbox: it refuses what no notebook needs, but could attack with.

That is memory which counts towards no limit, a look into other processes, another CPU, and sockets that lead out of the
sandbox's network.
"""

import errno
import platform
import struct
from typing import NamedTuple

Instruction = tuple[int, int, int, int]  # code, instructions to skip if true, if false, value

LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06  # instructions of the kernel's packet filters (linux/filter.h)
CALL, ARCHITECTURE, ARGUMENTS = 0, 4, 16  # their offsets in a filter's input (struct seccomp_data)
FOREIGN = 0x40000000  # calls from here on are those of x32

ALLOW: Instruction = (RETURN, 0, 0, 0x7FFF0000)
FAMILIES = (1, 2, 10, 16)  # Unix, IPv4, IPv6, netlink; others, such as vsock, may lead past the network namespace
SOL_SOCKET, SO_SNDBUF, SO_RCVBUF = 1, 7, 8


class Machine(NamedTuple):
    """A machine's number in linux/audit.h, and its call numbers."""

    architecture: int
    refused: dict[str, int]
    socket: tuple[int, int]  # socket, socketpair
    setsockopt: int


MACHINES = {
    "x86_64": Machine(
        0xC000003E,
        {
            "memfd_create": 319, "memfd_secret": 447, "shmget": 29, "msgget": 68, "semget": 64,
            "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "pidfd_getfd": 438, "kcmp": 312,
            "add_key": 248, "request_key": 249, "keyctl": 250,
            "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
            "bpf": 321, "perf_event_open": 298, "userfaultfd": 323, "sched_setaffinity": 203,
        },
        (41, 53),
        54,
    ),
    "aarch64": Machine(
        0xC00000B7,
        {
            "memfd_create": 279, "memfd_secret": 447, "shmget": 194, "msgget": 186, "semget": 190,
            "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "pidfd_getfd": 438, "kcmp": 272,
            "add_key": 217, "request_key": 218, "keyctl": 219,
            "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
            "bpf": 280, "perf_event_open": 241, "userfaultfd": 282, "sched_setaffinity": 122,
        },
        (198, 199),
        208,
    ),
}  # fmt: skip


def program() -> bytes:
    """Returns a filter for `bwrap --seccomp`; empty on a machine whose call numbers are not known here."""
    machine = MACHINES.get(platform.machine())
    if not machine:
        return b""
    refuse = _fail(errno.ENOSYS)  # like a kernel without such a call
    instructions = [_load(ARCHITECTURE), (EQUAL, 1, 0, machine.architecture), refuse]
    instructions += [_load(CALL), (AT_LEAST, 0, 1, FOREIGN), refuse]
    for call in machine.refused.values():
        instructions += _if(call, refuse)
    for call in machine.socket:
        instructions += _if(call, *_only_families())
    instructions += [*_if(machine.setsockopt, *_with_small_buffers()), ALLOW]
    return b"".join(struct.pack("HBBI", *each) for each in instructions)


def _only_families() -> list[Instruction]:
    allowed = [each for family in FAMILIES for each in _if(family, ALLOW)]
    return [_argument(0), *allowed, _fail(errno.EAFNOSUPPORT)]


def _with_small_buffers() -> list[Instruction]:
    """A socket keeps the buffers that it has from the start. Kafka's settings may ask for others, so nothing fails."""
    ignored = [*_if(SO_SNDBUF, _fail(0)), *_if(SO_RCVBUF, _fail(0))]
    return [_argument(1), *_if(SOL_SOCKET, _argument(2), *ignored), ALLOW]


def _load(offset: int) -> Instruction:
    return (LOAD, 0, 0, offset)


def _argument(number: int) -> Instruction:
    """Loads an argument of the call; the kernel looks at the lower half of it, as the filter does."""
    return _load(ARGUMENTS + 8 * number)


def _if(value: int, *then: Instruction) -> list[Instruction]:
    """Executes `then` if what was loaded last has this value."""
    return [(EQUAL, 0, len(then), value), *then]


def _fail(number: int) -> Instruction:
    """Ends the call with this error, without doing anything; 0 looks like success."""
    return (RETURN, 0, 0, 0x00050000 | number)
