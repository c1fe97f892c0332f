"""Recognises common mistakes in the difference between expected and actual records, and names each in one line."""

import math
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from typing import Any, TypeGuard

from labkit.exercises.behaviours import AtMost, Behaviour, Comparison, same
from labkit.exercises.evidence import Shortfall
from labkit.exercises.formatting import hashable
from labkit.exercises.records import Row
from labkit.spelling import did_you_mean

SHORT = 1000  # milliseconds: no exercise asks for shorter windows
A_TIME = 1e11  # larger numbers are times in epoch milliseconds, which have no other unit but seconds

# What turns the expected number into the one that came out, and what that means.
Slip = tuple[Callable[[float], float], str]
SECONDS: tuple[Slip, ...] = (
    (lambda x: x * 1000, "a thousand times as large: is it in milliseconds instead of seconds?"),
    (lambda x: x / 1000, "a thousandth of it: is it in seconds instead of milliseconds?"),
)
SLIPS: tuple[Slip, ...] = (
    (lambda x: x + 273.15, "273.15 more: is it in kelvin?"),
    (lambda x: x - 273.15, "273.15 less: has it been converted from kelvin once too often?"),
    (lambda x: x * 9 / 5 + 32, "in degrees Fahrenheit"),
    *SECONDS,
    (lambda x: x * 100, "a hundred times as large: is it in percent instead of a fraction?"),
    (lambda x: x / 100, "a hundredth of it: is it a fraction instead of percent?"),
    (lambda x: -x, "the same with the other sign: has the subtraction been done the other way round?"),
)


def diagnose(shortfall: Shortfall) -> Iterator[str]:
    """Yields what may have caused the wrong rows of a behaviour; nothing if it is none of the common mistakes."""
    behaviour, comparison = shortfall.behaviour, shortfall.comparison
    rows = [row for rows in comparison.got.values() for row in rows]
    yield from _short_windows(rows)
    if not rows and comparison.expected:
        yield f"Nothing came out; {len(comparison.expected)} records are expected."
    elif comparison.nothing_right:
        yield from _unrecognised(comparison, rows)
    elif isinstance(behaviour, AtMost):
        yield from _too_large(behaviour, rows)
    else:
        for name in behaviour.doubtful(comparison):
            yield from _field(name, behaviour, comparison)
        yield from _elsewhere(comparison)
        yield from _grace(shortfall)
        yield from _still_open(comparison)
        yield from _repeated(comparison)


def _too_large(behaviour: AtMost, rows: Sequence[Row]) -> Iterator[str]:
    if "growth" in behaviour.columns:
        yield (
            f"After all readings it remembers {rows[0]['growth']:.1f} times as much as halfway: does it forget what it "
            "no longer needs?"
        )


def _elsewhere(comparison: Comparison) -> Iterator[str]:
    """Yields what is wrong with missing records that came out, but under another device, key or time."""
    missing = [row for each, row in comparison.expected.items() if each not in comparison.got]
    extra = [rows[0] for each, rows in comparison.got.items() if each not in comparison.expected]
    for name in comparison.columns if missing else ():
        others = {*missing[0]} - {name, "key", "time"}
        found = {_values(row, others): row.get(name) for row in extra}
        pairs = [(found[values], row[name]) for row in missing if (values := _values(row, others)) in found]
        if pairs and others:
            got, wanted = pairs[0]
            yield f"{len(pairs)} records came out with another {name}, such as {got!r} instead of {wanted!r}."


def _values(row: Row, names: Collection[str]) -> tuple[Hashable, ...]:
    return tuple(hashable(row.get(name)) for name in sorted(names))


def _grace(shortfall: Shortfall) -> Iterator[str]:
    """Yields how long windows wait for late readings, if some are wrongly counted or left out."""
    found = [each for identity in shortfall.comparison.identities for each in shortfall.late(identity)]
    missed = [each.by for each in found if each.mistake == "not counted"]
    beyond = [each.by for each in found if each.mistake == "counted"]
    if missed and min(missed) == min(each.by for each in found):
        yield "No late reading is counted: is there a grace, and is it in milliseconds? 1 s is grace_ms=1000."
    elif missed:
        yield f"The grace is too short: what comes {min(missed) / 1000:g} s after the end of a window is not counted."
    if beyond:
        yield f"The grace is too long: what comes {max(beyond) / 1000:g} s after the end of a window is still counted."


def _still_open(comparison: Comparison) -> Iterator[str]:
    """Yields whose last windows are missing, if all others came out."""
    newest: dict[str, int] = {}
    for each in comparison.identities:
        if each in comparison.got and each in comparison.expected:
            newest[comparison.expected[each]["key"]] = comparison.expected[each]["time"]
    missing = [row for each, row in comparison.expected.items() if each not in comparison.got]
    if missing and all("end" in row and row["time"] > newest.get(row["key"], row["time"]) for row in missing):
        keys = {row["key"] for row in missing}
        asked = ": is there a grace that the exercise does not ask for?" if keys == newest.keys() else "."
        yield f"Only the last windows of {' and '.join(sorted(keys))} are missing, as if they were still open{asked}"


def _short_windows(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    lengths = [row["end"] - row["start"] for row in rows if _is_number(row.get("start")) and _is_number(row.get("end"))]
    if lengths and max(lengths) < SHORT:
        yield f"The windows are {max(lengths):g} ms long: durations are in milliseconds."


def _unrecognised(comparison: Comparison, rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    yield f"{len(rows)} records came out, but none of them is an expected one."
    wanted = next(iter(comparison.expected.values()))
    values = [row["value"] for row in rows if "value" in row and "value" not in wanted]
    if None in values:
        yield "Values are null: a function inside yours returned None. Does it end with `return`?"
    elif any(isinstance(each, str) for each in values):
        yield f"A value is not JSON: {values[0]!s:.60}…: json.dumps makes JSON of a dict; str() does not."
    for name in () if values else comparison.columns:
        if not any(same(row.get(name), each[name]) for row in rows for each in comparison.expected.values()):
            yield f"No {name} is right: for example {rows[0].get(name)!r}; expected is {wanted[name]!r}."


def _field(name: str, behaviour: Behaviour, comparison: Comparison) -> Iterator[str]:
    wrong = [each for each in behaviour.wrong(comparison) if each in comparison.got]
    came = [(row, comparison.expected[each]) for each in wrong for row in comparison.got[each]]
    pairs = [(row, expected) for row, expected in came if name in expected]
    if came and not pairs:
        yield f"The field {name!r} is one too many."
        return
    if pairs and not any(name in row for row, _ in pairs):
        kind, plain = ("header", name.removeprefix("header.")) if name.startswith("header.") else ("field", name)
        hint = did_you_mean(name, {*pairs[0][0]} - {"key", "time", *pairs[0][1]})
        yield f"There is no {kind} {plain!r}{f': {hint}' if hint else '.'}"
        return
    values = [(row.get(name), expected[name]) for row, expected in pairs if not same(row.get(name), expected[name])]
    if values and all(isinstance(got, str) and not isinstance(wanted, str) for got, wanted in values):
        yield f"{name!r} is text, not a number."
    elif values and all(got is None for got, _ in values):
        asked = f"{name!r} is null: is the field that it is computed from spelt right, and is there a `return`?"
        yield "The records have no key." if name == "key" else asked
    else:
        yield from _unit(name, values)


def _unit(name: str, values: Sequence[tuple[Any, Any]]) -> Iterator[str]:
    """Yields in which other unit all the wrong numbers are."""
    numbers = [(got, wanted) for got, wanted in values if _is_number(got) and _is_number(wanted)]
    if numbers and len(numbers) == len(values) and any(wanted for _, wanted in numbers):
        times = all(wanted > A_TIME for _, wanted in numbers)
        for slip, meaning in SECONDS if times else SLIPS:
            if all(_is_close(got, slip(wanted)) for got, wanted in numbers):
                yield f"{name!r} is {meaning}"


def _repeated(comparison: Comparison) -> Iterator[str]:
    twice = [rows for each, rows in comparison.got.items() if len(rows) > 1 and each in comparison.expected]
    if twice and all("start" in row for row in twice[0]):
        yield (
            f"{len(twice)} windows came out more than once: with .current() a window comes out each time it changes, "
            "with .final() once, when it closes."
        )
    elif twice:
        yield f"{len(twice)} records came out more than once."


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_close(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-6)
