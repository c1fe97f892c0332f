"""Wrong outputs made from a right one: what an answer writes if it drops, repeats or changes something."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from labkit.exercises.records import Row

NUMBERS: dict[str, Callable[[float], float]] = {
    "one more": lambda x: x + 1,
    "one less": lambda x: x - 1,
    "in kelvin": lambda x: x + 273.15,
    "a thousand times": lambda x: x * 1000,
    "a thousandth": lambda x: x / 1000,
    "the other sign": lambda x: -x,
    "rounded": round,
    "cut off after one decimal": lambda x: int(x * 10) / 10,
}
TIMES: dict[str, Callable[[int], int]] = {
    "a millisecond later": lambda x: x + 1,
    "in whole seconds": lambda x: x // 1000 * 1000,
    "in seconds": lambda x: x // 1000,
}


@dataclass(frozen=True)
class Slip:
    """What has gone wrong in the output, and its rows then; `part` names the part in which it has."""

    name: str
    rows: list[Row]
    part: str = ""


def of(rows: Sequence[Row], parts: Callable[[Row], str] | None = None) -> Iterator[Slip]:
    """Each slip that changes these rows: in all of them and, if `parts` tells them apart, in those of one part."""
    for slip in _everywhere(rows):
        yield Slip(*slip)
    for part in dict.fromkeys(map(parts, rows)) if parts else ():
        others = [each for each in rows if parts(each) != part]
        for name, changed in _everywhere([each for each in rows if parts(each) == part]):
            yield Slip(name, [*others, *changed], part)


def _everywhere(rows: Sequence[Row]) -> Iterator[tuple[str, list[Row]]]:
    for name, changed in (*_records(rows), *_fields(rows), *_keys(rows)):
        if changed != [*rows]:
            yield name, changed


def _records(rows: Sequence[Row]) -> Iterator[tuple[str, list[Row]]]:
    yield "without the first record", [*rows[1:]]
    yield "without the last record", [*rows[:-1]]
    yield "every other record", [*rows[::2]]
    yield "no record", []
    yield "each record twice", [each for each in rows for _ in range(2)]
    yield "the first record twice", [*rows, *rows[:1]]
    yield "the first records again", [*rows, *rows[:3]]
    yield "in reverse order", [*reversed(rows)]


def _fields(rows: Sequence[Row]) -> Iterator[tuple[str, list[Row]]]:
    yield "a further field", [{**each, "more": 1} for each in rows]
    for name in dict.fromkeys(name for each in rows for name in each):
        if name in ("key", "time"):
            continue
        yield f"without {name}", [{n: each[n] for n in each if n != name} for each in rows]
        yield f"{name} null", _with(rows, name, lambda _: None)
        yield f"{name} as text", _with(rows, name, str)
        yield f"{name} of the first record", _with(rows, name, lambda _, name=name: rows[0].get(name))
        for slip, change in NUMBERS.items():
            yield f"{name} {slip}", _with(rows, name, lambda x, change=change: change(x) if _is_number(x) else x)


def _keys(rows: Sequence[Row]) -> Iterator[tuple[str, list[Row]]]:
    yield "no key", _with(rows, "key", lambda _: None)
    yield "another key", _with(rows, "key", lambda key: f"{key}x")
    yield "the first record's key", _with(rows, "key", lambda _: rows[0]["key"])
    yield "the first key's records only", [each for each in rows if each["key"] == rows[0]["key"]]
    if any("device" in each for each in rows):
        yield "the device as the key", [{**each, "key": each.get("device")} for each in rows]
    for slip, change in TIMES.items():
        yield f"time {slip}", _with(rows, "time", change)
    if any("timestamp" in each for each in rows):
        yield "the timestamp as the time", [{**each, "time": each.get("timestamp", each["time"])} for each in rows]


def _with(rows: Sequence[Row], name: str, change: Callable[[Any], Any]) -> list[Row]:
    return [{**each, name: change(each[name])} if name in each else each for each in rows]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
