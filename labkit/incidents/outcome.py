"""Whether what comes out of the system is right: held against what the devices have measured, second by second."""

from __future__ import annotations

import time
from collections.abc import Iterator

from labkit.incidents.fault import clock, listed
from labkit.incidents.measured import STEP
from labkit.incidents.seen import SECOND, by_reading, is_archived, of_a_second, outputs
from labkit.incidents.system import WRITES, System
from labkit.waiting import Deadline

CLOSING = 1500  # milliseconds after a second until its window has closed, if its grace is a second
IN_A_ROW = 2  # seconds that must be right ...
BEHIND = 10_000  # ... and begin within so many milliseconds of the newest one
PATIENCE = 20.0  # seconds that a verdict may take
CHECK = 0.3  # seconds
NOTHING = "nothing has come yet"


def complaints(system: System) -> list[str]:
    """Returns what is wrong with what comes out for readings from now on, and what of the past is missing; nothing once
    two seconds in a row are right. Takes up to `PATIENCE`. All devices come near the limit of the alerts meanwhile, so
    that it matters what is done with each.
    """
    system.measuring.tries = True
    try:
        found = _found(system)
    finally:
        system.measuring.tries = False
    return [*_competing(system), *found] if found else []


def _found(system: System) -> list[str]:
    since, deadline = system.measuring.now, Deadline(PATIENCE)
    found = [NOTHING]
    while found:
        if dead := [*_dead(system)]:
            return dead
        found = _wrong(system, since) or system.fault.complaints(system) or [*_lost(system, since)]
        if deadline.has_passed():
            break
        if found:
            time.sleep(CHECK)
    return found


def _dead(system: System) -> Iterator[str]:
    """Yield which outputs nobody writes."""
    if not system.sensors.alive:
        yield "the sensors do not write: start them again with incident.sensors.start()"
    for name, topic in WRITES.items():
        if not any(each.alive for each in system.writers(topic)):
            yield f"nothing that runs writes {system.topics[topic]} ({name})"


def _competing(system: System) -> Iterator[str]:
    """Yield which outputs several programs write: one should perhaps have replaced another."""
    for topic in WRITES.values():
        working = [each.name for each in system.writers(topic) if each.alive]
        if len(working) > 1:
            yield f"{listed(working)} write {system.topics[topic]} at the same time"


def _wrong(system: System, since: int) -> list[str]:
    """Returns what is wrong with the newest seconds that are over, and that begin after `since`; nothing if some before
    them are right, for on a busy computer what comes out may be some seconds behind.
    """
    end = (system.measuring.now - CLOSING) // SECOND * SECOND
    first = max(-(-since // SECOND) * SECOND, end - BEHIND)
    seen, found = outputs(system), [NOTHING]
    for begin in range(first, end - (IN_A_ROW - 1) * SECOND, SECOND):
        starts = range(begin, begin + IN_A_ROW * SECOND, SECOND)
        if not (found := [each for start in starts for each in of_a_second(system, seen, start)]):
            break
    return found


def _lost(system: System, since: int) -> Iterator[str]:
    """Yield whether readings from before the repair are missing in the archive."""
    if not system.fault.archives:
        return
    archived, keeps = by_reading(system.records("archive")), system.fault.keeps
    wanted = [each for each in system.measuring.made if each.time < since - STEP and (keeps or not each.doubtful)]
    if lost := [each for each in wanted if not is_archived(system.fault, each, archived)]:
        first = min(lost, key=lambda each: each.time)
        yield f"{len(lost)} readings from before are missing in the archive: {first.device}, {clock(first.time)}, …"
