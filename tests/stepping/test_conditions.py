"""How near records came to a condition, read from the source and computed on the records."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from labkit.runs.blame import Line
from labkit.stepping.conditions import Conditions

VALUES = [{"t": 20, "h": 40, "room": "oven"}, {"t": 30, "h": 60, "room": "porch"}, {"t": 25, "h": 50, "room": "porch"}]
BAR = 90


def chain(s):
    return (
        s.filter(lambda r: r["t"] > 31)
        .filter(lambda r: r["h"] < 10)
    )  # fmt: skip


def names(s):
    bar = BAR
    kelvin = s["t"] + 273
    hot = kelvin > bar * 10
    return s[hot]


def turned(s):
    return s[not_in(s) | (s["t"] >= 99)]


def not_in(s):
    return s["room"].isin(["cellar"])


def between(s):
    return s.filter(lambda r: 21 < r["t"] < 24)


def other_field(s):
    return s[s["t"] > s["h"]]


def nothing_known(s):
    return s[s["t"].apply(abs) > s["missing"]]


def missing(s):
    return s.filter(lambda r: r.get("none") == 3)


@pytest.mark.parametrize(
    ("function", "offset", "expected"),
    [
        (chain, 2, [("t > 31", "highest", 30, 0)]),
        (chain, 3, [("h < 10", "lowest", 40, 0)]),
        (names, 4, [("t + 273 > BAR * 10 (900)", "highest", 303, 0)]),
        (turned, 1, [("t >= 99", "highest", 30, 0)]),
        (between, 1, [("t < 24", "lowest", 20, 1), ("t > 21", "highest", 30, 2)]),
        (other_field, 1, [("t > h", "highest", 30, 0)]),
        (nothing_known, 1, []),
        (missing, 1, []),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_how_near_they_came(function: Callable[..., Any], offset: int, expected: list[tuple[Any, ...]]) -> None:
    lines, first = inspect.getsourcelines(function)
    line = Line("", lines[offset].strip(), __file__, first + offset)
    found = Conditions(line, [function]).nearest(VALUES)
    assert [(each.condition, each.extreme, each.best, each.held) for each in found] == expected


def test_a_line_without_a_source_has_none() -> None:
    assert Conditions(Line("", "", "<nowhere>", 1), [names]).nearest(VALUES) == []


@pytest.mark.parametrize(
    ("function", "offset", "value", "expected"),
    [
        (names, 4, VALUES[0], "t + 273 is 293, not > BAR * 10 (900)"),
        (between, 1, VALUES[0], "t is 20, not > 21"),
        (between, 1, VALUES[2] | {"t": 22}, ""),
        (missing, 1, VALUES[0], ""),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_what_does_not_hold_for_a_record(function: Callable[..., Any], offset: int, value: Any, expected: str) -> None:
    lines, first = inspect.getsourcelines(function)
    line = Line("", lines[offset].strip(), __file__, first + offset)
    assert Conditions(line, [function]).missed(value) == expected
