"""Formats records for the evidence of a verdict."""

import json
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from labkit.exercises.records import INPUT, ORDINARY, Row, Sent
from labkit.stepping.words import clock, value

NOTHING = "nothing"
REPEATED = {"device": "key", "timestamp": "time"}
SHOWN = 8  # records in one cell


def input_records(
    numbers: Sequence[int], sent: Sequence[Sent], fields: Sequence[str], remarks: Mapping[int, str]
) -> tuple[str, ...]:
    """Returns the input records with these numbers, which say when they were written, each with its remark if it has
    one. If there are too many: those with remarks, the special ones, and the first.
    """
    notable = [each for each in numbers if each in remarks] + [each for each in numbers if sent[each].part != ORDINARY]
    kept = {*[*dict.fromkeys([*notable, *numbers])][:SHOWN]}
    lines = [
        f"#{each} {input_record(sent[each], fields)}" + (f" ({remarks[each]})" if each in remarks else "")
        for each in numbers
        if each in kept
    ]
    more = len(numbers) - len(lines)
    return (*lines, f"and {more} more") if more else tuple(lines) or (NOTHING,)


def input_record(record: Sent, fields: Sequence[str] = ()) -> str:
    """Returns an input record: its topic, if it is not the first, its time, its key, and the given fields of its value,
    or all of them.
    """
    shown: Any = record.value
    if isinstance(shown, Mapping):
        shown = {name: shown[name] for name in (fields or shown) if name in shown} or shown
    topic = "" if record.topic == INPUT else f"{record.topic}: "
    return f"{topic}{clock(record.timestamp)} {record.key or 'no key'} {value(shown)}"


def rows(found: Sequence[Row], columns: Sequence[str]) -> tuple[str, ...]:
    """Returns the output records; if there are too many, the first."""
    return _shortened([row(each, columns) for each in found])


def row(record: Row, columns: Sequence[str]) -> str:
    """Returns an output record: its time, its key, and the given columns, or all fields."""
    names = columns or [name for name in record if not _repeats(record, name)]
    fields = {name: record.get(name, "missing") for name in names if name not in ("key", "time")}
    key = "no key" if record["key"] is None else record["key"]
    start = "" if "window_start" in record else f"{clock(record['time'])} {key} "  # Flink's records have neither
    return f"{start}{value(fields) if fields else ''}".rstrip()


def _repeats(record: Row, name: str) -> bool:
    """Whether a field says once more what the key or the time says. Any other field of the same value may be wrong."""
    return name in REPEATED and record[name] is not None and record[name] == record[REPEATED[name]]


def hashable(found: Any) -> Hashable:
    return found if isinstance(found, Hashable) else json.dumps(found, sort_keys=True)


def _shortened(lines: Sequence[str]) -> tuple[str, ...]:
    more = len(lines) - SHOWN
    return (*lines[:SHOWN], f"and {more} more") if more > 0 else tuple(lines)
