"""Faults of the processes that share the work of the archive."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from labkit.incidents.fault import Evidence, Fault, clock, listed
from labkit.kafka import tap
from labkit.runs import Replicas, Run

if TYPE_CHECKING:
    from labkit.incidents.system import System

ASSIGNING = 30.0  # seconds
PARTS = 16  # sensors that report under one name
FULLEST = 0.6  # the largest part of the records that one partition may have
LEAST = 0.4  # the part of the records that are of the device, at least: of those measured it is three quarters
LOOKED_AT = 400  # records
WATCHED = 3.0  # seconds in which what waits must become less
BETWEEN = "repartition__"


class StalledMember(Fault):
    """A process of the archive waits for somebody to end a pause that everybody has forgotten."""

    cause = "stalled member"
    members = 2

    def __init__(self, luck: random.Random) -> None:
        super().__init__(luck)
        self._member = 0
        self._waiting: list[str] = []  # devices

    def plant(self, system: System) -> None:
        run = system.runs["archive"]
        assert isinstance(run, Replicas)
        run.wait_until_assigned(ASSIGNING)
        shares = {each.number: [number for _, number in each.partitions] for each in run.members}
        busy = {
            member: [name for each in sorted({*numbers}) for name in system.devices_in(each)]
            for member, numbers in shares.items()
        }
        self._member = self.luck.choice(sorted(member for member, names in busy.items() if names))
        self._waiting = busy[self._member]
        (victim,) = (each for each in run.members if each.number == self._member)
        (system.folder / "paused").write_text(str(victim.pid))

    def symptom(self, system: System) -> str:  # noqa: ARG002
        return (
            f"The auditors find nothing new of {listed(self._waiting)} in the archive, and all of the others. "
            "The dashboard has averages of all. No program has failed. Nothing may be lost."
        )

    def evidence(self, system: System) -> Evidence:  # noqa: ARG002
        return {"member": self._member}


class HotKey(Fault):
    """A device has become many, all under one name, and the archive takes its time with each reading."""

    cause = "hot key"
    members = 3
    archives = False

    def __init__(self, luck: random.Random) -> None:
        super().__init__(luck)
        self.edits = {"COST = 0.0005": "COST = 0.02"}

    def parts(self, device: str) -> int:
        return PARTS if self.onset is not None and device == self.device else 1

    def symptom(self, system: System) -> str:
        return (
            f"Since {clock(system.onset)} the archive has been falling further and further behind. A third process, "
            "started by somebody on duty, did not help."
        )

    def evidence(self, system: System) -> Evidence:  # noqa: ARG002
        return {"device": self.device}

    def complaints(self, system: System) -> list[str]:
        """Returns whether the work is still in one partition, that of the topic which the archive reads in the end;
        whether the readings of the device are left out; and whether the archive still falls behind. What waits may wait
        longer than a verdict can, but must become less.
        """
        working = [each for each in system.writers("archive") if each.alive]
        if not working:
            return ["nothing writes the archive"]
        found, archived = (
            tap.newest(system.stage.topics, name, LOOKED_AT)
            for name in (_worked_on(working[-1]), system.topics["archive"])
        )
        shares = Counter(each.partition for each in found)
        fullest = max(shares.values(), default=0)
        if fullest > FULLEST * len(found) or len(found) < LOOKED_AT // 2:
            shared = "so one process has the work of all"
            return [f"{fullest} of the newest {len(found)} records of the archive are in one partition, {shared}"]
        if any(sum(self._is_mine(each) for each in part) < LEAST * len(part) for part in (found, archived)):
            return [f"readings of {self.device} are missing in the archive"]
        return self._falling_behind(working)

    def _falling_behind(self, working: Sequence[Run]) -> list[str]:
        before = _waiting(working)
        time.sleep(WATCHED)
        after = _waiting(working)
        if after >= before > 0:
            return [f"{after} records wait for the archive, and {WATCHED:g} s ago it was {before}"]
        return []

    def _is_mine(self, record: tap.Record) -> bool:
        return isinstance(record.value, dict) and record.value.get("device") == self.device


def _waiting(runs: Sequence[Run]) -> int:
    return sum(each.lag() or 0 for each in runs)


def _worked_on(run: Run) -> str:
    """Returns the topic whose records a run works on in the end: one to which `group_by` sends them, or its input."""
    between = {topic for topic, _, _ in run.positions() if topic.startswith(BETWEEN)}
    return min(between, default=run.reads[-1])
