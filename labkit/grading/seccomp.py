"""The seccomp filter of the sandbox. It forbids system calls that allocate memory which counts towards no limit."""

import platform
import struct
from typing import NamedTuple

LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06  # instructions of the kernel's packet filters (linux/filter.h)
CALL, ARCHITECTURE = 0, 4  # their offsets in a filter's input (struct seccomp_data)
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | 38  # with ENOSYS, like a kernel without such a call
FOREIGN = 0x40000000  # calls from here on are those of x32


class Machine(NamedTuple):
    """A machine's number in linux/audit.h, and its call numbers of memfd_create, memfd_secret and shmget."""

    architecture: int
    calls: tuple[int, ...]


MACHINES = {
    "x86_64": Machine(0xC000003E, (319, 447, 29)),
    "aarch64": Machine(0xC00000B7, (279, 447, 194)),
}


def program() -> bytes:
    """Returns a filter for `bwrap --seccomp`; empty on a machine whose call numbers are not known here."""
    machine = MACHINES.get(platform.machine())
    if not machine:
        return b""
    left = len(machine.calls) + 1  # instructions from the second test to the refusal
    instructions = [(LOAD, 0, 0, ARCHITECTURE), (EQUAL, 0, left + 2, machine.architecture), (LOAD, 0, 0, CALL)]
    tests = [(AT_LEAST, FOREIGN), *((EQUAL, each) for each in machine.calls)]
    instructions += [(test, left - index, 0, value) for index, (test, value) in enumerate(tests)]
    instructions += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE)]
    return b"".join(struct.pack("HBBI", *each) for each in instructions)
