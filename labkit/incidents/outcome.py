"""Whether what comes out of the system is right: held against what the devices have measured, second by second."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from labkit.incidents.fault import clock
from labkit.incidents.measured import STEP, Measured
from labkit.incidents.system import WRITES, System
from labkit.kafka.tap import Record
from labkit.waiting import Deadline

SECOND = 1000  # milliseconds
CLOSING = 1500  # milliseconds after a second until its window has closed, if its grace is a second
IN_A_ROW = 2  # seconds that must be right ...
BEHIND = 10_000  # ... and begin within so many milliseconds of the newest one
PATIENCE = 20.0  # seconds that a verdict may take
CHECK = 0.3  # seconds
NEWEST = 1500  # records of a topic that are looked at
NOTHING = "nothing has come yet"
KELVIN, LIMIT = 273.15, 303.0  # what has been agreed on
NEAR = 0.02  # degrees: what rounding may do


class Seen(NamedTuple):
    """What the three outputs hold: the averages by device and second, as (temperature, n)."""

    alerts: set[tuple[str, int]]
    averages: dict[tuple[str, int], set[tuple[float, int]]]
    archived: set[tuple[str, int]]


def complaints(system: System) -> list[str]:
    """Returns what is wrong with what comes out for readings from now on, and what of the past is missing; nothing once
    two seconds in a row are right. Takes up to `PATIENCE`.
    """
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


def _wrong(system: System, since: int) -> list[str]:
    """Returns what is wrong with the newest seconds that are over, and that begin after `since`; nothing if some before
    them are right, for on a busy computer what comes out may be some seconds behind.
    """
    end = (system.measuring.now - CLOSING) // SECOND * SECOND
    first = max(-(-since // SECOND) * SECOND, end - BEHIND)
    seen, found = _seen(system), [NOTHING]
    for begin in range(first, end - (IN_A_ROW - 1) * SECOND, SECOND):
        starts = range(begin, begin + IN_A_ROW * SECOND, SECOND)
        if not (found := [each for start in starts for each in _of_a_second(system, seen, start)]):
            break
    return found


def _seen(system: System) -> Seen:
    averages: dict[tuple[str, int], set[tuple[float, int]]] = {}
    for each in system.records("average", NEWEST):
        if isinstance(each.value, dict) and isinstance(each.value.get("temperature"), int | float):
            when = _device(each), each.value.get("start", 0)
            averages.setdefault(when, set()).add((round(each.value["temperature"], 3), each.value.get("n", 0)))
    alerts, archived = (
        {(_device(each), each.timestamp) for each in system.records(topic, NEWEST)} for topic in ("alert", "archive")
    )
    return Seen(alerts, averages, archived)


def _device(record: Record) -> str:
    """Returns whose a record is: a program may have changed the key."""
    named = record.value.get("device") if isinstance(record.value, dict) else None
    return str(named or record.key or "").strip('"')


def _of_a_second(system: System, seen: Seen, start: int) -> Iterator[str]:
    measured = [each for each in system.measuring.made if start <= each.time < start + SECOND]
    for name in system.measuring.devices:
        mine = [each for each in measured if each.device == name]
        yield from (f"{words} ({name}, {clock(start)})" for words in _of_a_device(system, seen, mine, start))


def _of_a_device(system: System, seen: Seen, mine: list[Measured], start: int) -> Iterator[str]:
    """Yield what is wrong with a second of one device."""
    name = mine[0].device
    certain = [each for each in mine if not each.doubtful]
    hot = {(name, each.time) for each in certain if each.temperature + KELVIN > LIMIT}
    alerted = {when for when in seen.alerts if when[0] == name and start <= when[1] < start + SECOND}
    if hot - alerted:
        yield "alerts are missing"
    if alerted - hot - {(name, each.time) for each in mine if each.doubtful}:
        yield "there are alerts though it was cool"
    if system.fault.archives and {(name, each.time) for each in certain} - seen.archived:
        yield "readings are missing in the archive"
    if len(certain) == len(mine):
        yield from _of_an_average(seen.averages.get((name, start), set()), mine, system.fault.doubles)


def _of_an_average(found: set[tuple[float, int]], mine: list[Measured], doubles: bool) -> Iterator[str]:
    if not found:
        yield "the average is missing"
        return
    mean = sum(each.temperature for each in mine) / len(mine)
    values: set[Any] = {n for _, n in found}
    if len(found) > 1 and not doubles:
        yield "there are several averages, which differ"
    elif any(abs(each - mean) > NEAR for each, _ in found):
        yield "the average is not that of the readings"
    elif min(values) < len(mine) or (max(values) > len(mine) and not doubles):
        yield f"the average is of {min(values)} readings, and there were {len(mine)}"


def _lost(system: System, since: int) -> Iterator[str]:
    """Yield whether readings from before the repair are missing in the archive."""
    if not system.fault.archives:
        return
    archived = {(_device(each), each.timestamp) for each in system.records("archive")}
    wanted = [each for each in system.measuring.made if each.time < since - STEP and not each.doubtful]
    if lost := [each for each in wanted if (each.device, each.time) not in archived]:
        first = min(lost, key=lambda each: each.time)
        yield f"{len(lost)} readings from before are missing in the archive: {first.device}, {clock(first.time)}, …"
