"""Records in words, for the evidence of a verdict."""

import datetime
import json
import re
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from labkit.exercises.records import ORDINARY, Row, Sent

NOTHING = "nothing"
NO_TEXT = re.compile(r"-?[0-9.]+(e[+-]?[0-9]+)?|null|true|false")  # needs quotes to be recognised as text
SHOWN = 8  # records in one cell
LONGEST = 70  # characters of one value
YEAR_2001, YEAR_2286 = 10**12, 10**13  # epoch ms: a number between them is taken for a time


def of_sent(sources: Sequence[Sent], sent: Sequence[Sent], fields: Sequence[str]) -> tuple[str, ...]:
    """The input records, each with its number in the order of writing. If there are too many, the special ones and the
    first.
    """
    numbers = {id(each): number for number, each in enumerate(sent)}
    special = [each for each in sources if each.part != ORDINARY]
    kept = {id(each) for each in [*special, *sources][:SHOWN]}
    lines = [f"#{numbers[id(each)]} {one_sent(each, fields)}" for each in sources if id(each) in kept]
    more = len(sources) - len(lines)
    return (*lines, f"and {more} more") if more else tuple(lines) or (NOTHING,)


def one_sent(record: Sent, fields: Sequence[str] = ()) -> str:
    """An input record: its time, its key, and the given fields of its value, or all of them."""
    shown: Any = record.value
    if isinstance(shown, Mapping):
        shown = {name: shown[name] for name in (fields or shown) if name in shown} or shown
    return f"{clock(record.timestamp)} {record.key or 'no key'} {_value(shown)}"


def of_rows(rows: Sequence[Row], columns: Sequence[str]) -> tuple[str, ...]:
    return _shortened([of_row(row, columns) for row in rows])


def of_row(row: Row, columns: Sequence[str]) -> str:
    """An output record: its time, its key, and the given columns, or all fields."""
    known = (row["key"], row["time"])
    names = columns or [name for name, value in row.items() if value not in known]
    fields = {name: row.get(name, "missing") for name in names if name not in ("key", "time")}
    key = "no key" if row["key"] is None else row["key"]
    place = "" if "window_start" in row else f"{clock(row['time'])} {key} "  # Flink's records have neither
    return f"{place}{_value(fields)}".rstrip()


def clock(milliseconds: int) -> str:
    """A time in epoch ms as hours, minutes and seconds (UTC); unchanged if no calendar has its year."""
    try:
        time = datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.UTC)
    except (ValueError, OverflowError, OSError):
        return f"{milliseconds} ms"
    return f"{time:%H:%M:%S}" + (f".{milliseconds % 1000:03}" if milliseconds % 1000 else "")


def hashable(value: Any) -> Hashable:
    return value if isinstance(value, Hashable) else json.dumps(value, sort_keys=True)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_one(each)}" for name, each in value.items())
    return _one(value)


def _one(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and YEAR_2001 <= value < YEAR_2286:
        return clock(value)
    if isinstance(value, bytes):
        text = value.decode(errors="backslashreplace") or "(empty)"
    elif isinstance(value, float):
        text = f"{value:.10g}"
    elif isinstance(value, str) and not NO_TEXT.fullmatch(value):
        text = value or "(empty)"
    else:
        text = json.dumps(value, default=str)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _shortened(lines: Sequence[str]) -> tuple[str, ...]:
    more = len(lines) - SHOWN
    return (*lines[:SHOWN], f"and {more} more") if more > 0 else tuple(lines)
