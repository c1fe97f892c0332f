"""What is wrong with a second of what came out: held against what the devices have measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from labkit.incidents.fault import Fault, clock
from labkit.incidents.measured import LIMIT, Measured
from labkit.incidents.system import System
from labkit.kafka.tap import Record

SECOND = 1000  # milliseconds
NEWEST = 1500  # records of a topic that are looked at
NEAR = 0.02  # degrees: what rounding may do

When = tuple[str, int]  # a device, and the time of a reading


class Seen(NamedTuple):
    """What the three outputs hold: alerts and archived readings by device and time, averages by device and second, as
    (temperature, n).
    """

    alerts: Mapping[When, list[Mapping[str, Any]]]
    averages: Mapping[When, set[tuple[float, int]]]
    archived: Mapping[When, list[Mapping[str, Any]]]


def outputs(system: System) -> Seen:
    """Returns what the newest records of the outputs hold."""
    averages: dict[When, set[tuple[float, int]]] = {}
    for each in system.records("average", NEWEST):
        if isinstance(each.value, dict) and isinstance(each.value.get("temperature"), int | float):
            when = _device(each), each.value.get("start", 0)
            averages.setdefault(when, set()).add((round(each.value["temperature"], 3), each.value.get("n", 0)))
    return Seen(by_reading(system.records("alert", NEWEST)), averages, by_reading(system.records("archive", NEWEST)))


def by_reading(records: Sequence[Record]) -> dict[When, list[Mapping[str, Any]]]:
    """Returns the values of records by the device and time of the reading that each is about."""
    found: dict[When, list[Mapping[str, Any]]] = {}
    for each in records:
        found.setdefault((_device(each), each.timestamp), []).append(each.value if isinstance(each.value, dict) else {})
    return found


def _device(record: Record) -> str:
    """Returns whose a record is: a program may have changed the key."""
    named = record.value.get("device") if isinstance(record.value, dict) else None
    return str(named or record.key or "").strip('"')


def of_a_second(system: System, seen: Seen, start: int) -> Iterator[str]:
    """Yield what is wrong with the second that begins at `start` (epoch milliseconds)."""
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


def is_archived(fault: Fault, reading: Measured, archived: Mapping[When, list[Mapping[str, Any]]]) -> bool:
    """Whether the archive holds a reading as it was measured, or sent."""
    found = archived.get((reading.device, reading.time), [])
    return bool(found) and _is_true(fault, reading, found[-1:])
