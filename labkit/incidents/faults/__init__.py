"""The faults, one module per family, and which of them a seed plants."""

import random
import zlib

from labkit.incidents.fault import Fault
from labkit.incidents.faults.cluster import LostReplica, OpenTransaction
from labkit.incidents.faults.code import MistypedThreshold, ShortGrace
from labkit.incidents.faults.members import HotKey, StalledMember
from labkit.incidents.faults.readings import DeadLetters, FastClock, PoisonRecord, SchemaChange
from labkit.incidents.faults.writers import OtherPartitioner, SilentPartition

ALL: tuple[type[Fault], ...] = (
    PoisonRecord, SchemaChange, StalledMember, MistypedThreshold, OpenTransaction, FastClock, SilentPartition,
    OtherPartitioner, HotKey, ShortGrace, DeadLetters, LostReplica,
)  # fmt: skip


def drawn(seed: int, student: str, brokers: int) -> type[Fault]:
    """Returns the fault for a seed: neighbours differ, and each student begins somewhere else in the order."""
    possible = [each for each in ALL if each.brokers <= brokers]
    random.Random(f"incidents {brokers}").shuffle(possible)
    return possible[(seed + zlib.crc32(student.encode())) % len(possible)]
