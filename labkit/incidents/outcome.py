"""Whether what comes out of the system is right: held against what the devices have measured, second by second."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from labkit.incidents.fault import Fault, clock, listed
from labkit.incidents.measured import LIMIT, STEP, Measured
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
NEAR = 0.02  # degrees: what rounding may do


When = tuple[str, int]  # a device, and the time of a reading


class Seen(NamedTuple):
    """What the three outputs hold: alerts and archived readings by device and time, averages by device and second, as
    (temperature, n).
    """

    alerts: Mapping[When, list[Mapping[str, Any]]]
    averages: Mapping[When, set[tuple[float, int]]]
    archived: Mapping[When, list[Mapping[str, Any]]]


def complaints(system: System) -> list[str]:
    """Returns what is wrong with what comes out for readings from now on, and what of the past is missing; nothing once
    two seconds in a row are right. Takes up to `PATIENCE`. All devices come near the limit of the alerts meanwhile, so
    that it matters what is done with each.
    """
    system.measuring.tries = True
    try:
        return [*_of_two_programs(system, found)] if (found := _found(system)) else []
    finally:
        system.measuring.tries = False


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


def _of_two_programs(system: System, found: list[str]) -> Iterator[str]:
    """Yield what is wrong, and before it which outputs several programs write: one should perhaps replace another."""
    for topic in WRITES.values():
        working = [each.name for each in system.writers(topic) if each.alive]
        if len(working) > 1:
            yield f"{listed(working)} write {system.topics[topic]} at the same time"
    yield from found


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
    averages: dict[When, set[tuple[float, int]]] = {}
    for each in system.records("average", NEWEST):
        if isinstance(each.value, dict) and isinstance(each.value.get("temperature"), int | float):
            when = _device(each), each.value.get("start", 0)
            averages.setdefault(when, set()).add((round(each.value["temperature"], 3), each.value.get("n", 0)))
    return Seen(_by_reading(system.records("alert", NEWEST)), averages, _by_reading(system.records("archive", NEWEST)))


def _by_reading(records: Sequence[Record]) -> dict[When, list[Mapping[str, Any]]]:
    found: dict[When, list[Mapping[str, Any]]] = {}
    for each in records:
        found.setdefault((_device(each), each.timestamp), []).append(each.value if isinstance(each.value, dict) else {})
    return found


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
    name, fault = mine[0].device, system.fault
    certain = [each for each in mine if not each.doubtful]
    yield from _of_alerts(system, seen, mine, start)
    if fault.archives:
        kept = {(name, each.time): each for each in (mine if fault.keeps else certain)}
        if kept.keys() - seen.archived.keys():
            yield "readings are missing in the archive"
        elif any(not _is_true(fault, each, seen.archived[when]) for when, each in kept.items()):
            yield "readings in the archive are not as they were measured"
        elif not fault.doubles and any(len(seen.archived[when]) > 1 for when in kept):
            yield "readings are in the archive more than once"
    if len(certain) == len(mine):
        yield from _of_an_average(seen.averages.get((name, start), set()), mine, fault.doubles)


def _of_alerts(system: System, seen: Seen, mine: list[Measured], start: int) -> Iterator[str]:
    name, fault = mine[0].device, system.fault
    hot = {(name, each.time): each for each in mine if not each.doubtful and each.temperature > LIMIT}
    doubtful = {(name, each.time) for each in mine if each.doubtful}
    alerted = {when for when in seen.alerts if when[0] == name and start <= when[1] < start + SECOND}
    if hot.keys() - alerted:
        yield "alerts are missing"
    if alerted - hot.keys() - doubtful:
        yield "there are alerts though it was cool"
    there = alerted & hot.keys()
    if any(not _is_true(fault, hot[when], seen.alerts[when]) for when in there):
        yield "temperatures in alerts are not as they were measured"
    elif not fault.doubles and any(len(seen.alerts[when]) > 1 for when in there):
        yield "alerts come more than once"


def _is_true(fault: Fault, reading: Measured, values: Sequence[Mapping[str, Any]]) -> bool:
    """Whether records of a reading hold what was measured, or, unchanged, what was sent of it."""
    sent, true = fault.value(reading), {"temperature": reading.temperature, "humidity": reading.humidity}
    accepted: dict[str, list[float | None]] = {name: [sent[name], number] for name, number in true.items()}
    accepted["humidity"] += [None] * reading.doubtful  # nobody knows it
    return all(_is_near(each.get(name), those) for each in values for name, those in accepted.items())


def _is_near(value: object, those: Sequence[float | None]) -> bool:
    """Whether a value is one of those, but for rounding."""
    numbers = [each for each in those if each is not None]
    if isinstance(value, int | float):
        return any(abs(value - each) <= NEAR for each in numbers)
    return value is None and len(numbers) < len(those)


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
    archived, keeps = _by_reading(system.records("archive")), system.fault.keeps
    wanted = [each for each in system.measuring.made if each.time < since - STEP and (keeps or not each.doubtful)]
    if lost := [each for each in wanted if not _is_archived(system.fault, each, archived)]:
        first = min(lost, key=lambda each: each.time)
        yield f"{len(lost)} readings from before are missing in the archive: {first.device}, {clock(first.time)}, …"


def _is_archived(fault: Fault, reading: Measured, archived: Mapping[When, list[Mapping[str, Any]]]) -> bool:
    found = archived.get((reading.device, reading.time), [])
    return bool(found) and _is_true(fault, reading, found[-1:])
