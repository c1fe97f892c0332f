"""Answers that are nearly right, as oracles that run in no time: a limit is moved by the smallest step, or something is
taken for granted. The hidden readings of every seed must tell each of them from the right one.
"""

import ast
import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.exercises.mutants import COMPARED

Expected = Callable[..., Any]  # what an oracle's file has under this name
Replaced = tuple[tuple[str, str], ...]  # pieces of the oracle's text, and what replaces each

LIMITS = (ast.Gt, ast.GtE, ast.Lt, ast.LtE)

# Pieces of the oracles.
DAMP, HUMIDITY = 'value["humidity"] > 60', '(100 - value["humidity"])'
MEASURED = 'if each.fields["level"] is not None'
WIDE, LEVELS = "if high - low >= 1:", "low, high = min(levels), max(levels)"
TIME, NEAR = 'each.fields["timestamp"]', "measured - known <= 60_000"
HEARD, LAST, SILENT = "heard: dict[str, int] = {}", "before = heard.setdefault(device, now)", "now - before > 5000"
KNOWN = ("seen = set()", "if measured not in seen:", "            seen.add(measured)\n")
NINE = "nine = seen[measured[0]][-9:]"
BEFORE, AFTER, OVER = "0 < later", "later <= LIMIT", "later > LIMIT"
CELSIUS, PERCENT = '_within(value["temperature"], -90, 60)', '_within(value.get("humidity", 0), 0, 100)'

BY_HAND: dict[str, dict[str, Replaced]] = {
    "damp-rooms": {
        "60.00001 % is no more than 60": ((DAMP, 'value["humidity"] > 60.00001'),),
        "59.99999 % is more than 60": ((DAMP, 'value["humidity"] >= 59.99999'),),
        "in whole percents": ((DAMP, 'round(value["humidity"]) > 60'),),
        "in tenths": ((DAMP, 'round(value["humidity"], 1) > 60'),),
        "in thousandths": ((DAMP, 'round(value["humidity"], 3) > 60'),),
        "never more than 100 %": ((HUMIDITY, '(100 - min(100, value["humidity"]))'),),
    },
    "dead-letters": {
        "a byte order mark is welcome": (('decode("utf-8")', 'decode("utf-8-sig")'),),
        "0 is no temperature": (("(int, float):", '(int, float) or not value["temperature"]:'),),
        "a float 0 is no temperature": (("(int, float):", '(int, float) or str(value["temperature"]) == "0.0":'),),
    },
    "coldest": {
        "to two decimals": (("= min(", "= round(min("), ("in records)", "in records), 2)")),
    },
    "heartbeat": {"to two decimals": (("/ len(degrees)", "/ len(degrees); mean = round(mean, 2)"),)},
    "changes": {"to two decimals": (("- last[device]", "- last[device]; change = round(change, 2)"),)},
    "outages": {
        "by the record's time": (
            (HEARD, f"{HEARD}; arrived = {{}}"),
            (LAST, f"{LAST}; earlier = arrived.get(device, 0); arrived[device] = max(earlier, each.timestamp)"),
            (SILENT, "now > before and each.timestamp - max(earlier, before) > 5000"),
        ),
        "no more than a month": ((SILENT, "5000 < now - before < 30 * 86_400_000"),),
    },
    "retries": {
        "the last nine records": (
            (KNOWN[0], "seen = defaultdict(list)"),
            (KNOWN[1], f"{NINE}; seen[measured[0]].append(measured)\n        if measured not in nine:"),
            (KNOWN[2], ""),
            ("from labkit.grading", "from collections import defaultdict\nfrom labkit.grading"),
        ),
        "by the record's time": ((TIME, "each.timestamp"),),
    },
    "wrong-clock": {
        "by the record's time": ((TIME, "each.timestamp"),),
        "in whole seconds": ((NEAR, "measured // 1000 - known // 1000 <= 60"),),
        "in rounded seconds": ((NEAR, "round((measured - known) / 1000) <= 60"),),
        "late by no more than two days": ((NEAR, "-2 * 86_400_000 < measured - known <= 60_000"),),
        "late by no more than a year": ((NEAR, "-366 * 86_400_000 < measured - known <= 60_000"),),
    },
    "visits": {"in whole seconds": (("/ 1000}", "// 1000}"),)},
    "unanswered": {
        "answered even before, by half a second": ((BEFORE, "-500 < later"),),
        "answered only after 0.9 s": ((BEFORE, "900 < later"),),
        "answered until 60.9 s": ((AFTER, "later <= 60_900"),),
        "over from 60 s on": ((OVER, "later >= LIMIT"),),
        "over after 59.6 s": ((OVER, "later > 59_600"),),
        "over after 60.9 s": ((OVER, "later > 60_900"),),
    },
    "contract-or-dead-letter": {
        "59.99 at most": ((CELSIUS, '_within(value["temperature"], -90, 59.99)'),),
        "60.01 at most": ((CELSIUS, '_within(value["temperature"], -90, 60.01)'),),
        "-90.01 at least": ((CELSIUS, '_within(value["temperature"], -90.01, 60)'),),
        "-89.99 at least": ((CELSIUS, '_within(value["temperature"], -89.99, 60)'),),
        "100.01 % at most": ((PERCENT, '_within(value.get("humidity", 0), 0, 100.01)'),),
        "99.99 % at most": ((PERCENT, '_within(value.get("humidity", 0), 0, 99.99)'),),
        "-0.01 % at least": ((PERCENT, '_within(value.get("humidity", 0), -0.01, 100)'),),
        "0.01 % at least": ((PERCENT, '_within(value.get("humidity", 1), 0.01, 100)'),),
    },
    "wide-swings": {
        "from 0.5 m on": ((WIDE, "if high - low >= 0.5:"),),
        "from 0.999 m on": ((WIDE, "if high - low >= 0.9985:"),),
        "from 1.001 m on": ((WIDE, "if high - low >= 1.0005:"),),
        "only 1.001 m is more": ((WIDE, "if high - low > 1.0015 or high - low == 1:"),),
        "in whole metres": ((WIDE, "if round(high - low) >= 1:"),),
        "in centimetres": ((WIDE, "if round(high - low, 2) >= 1:"),),
        "levels in centimetres": ((LEVELS, "low, high = round(min(levels), 2), round(max(levels), 2)"),),
        "the lowest in centimetres": ((LEVELS, "low, high = round(min(levels), 2), max(levels)"),),
        "the highest in centimetres": ((LEVELS, "low, high = min(levels), round(max(levels), 2)"),),
        "without the last millisecond": ((MEASURED, f"{MEASURED} and each.timestamp % 3_600_000 < 3_599_999"),),
        "without the first millisecond": ((MEASURED, f"{MEASURED} and each.timestamp % 3_600_000"),),
    },
}

# Near misses that earn everything, on every seed or on some, and why.
NOT_SEEN = "when a window closes cannot be seen"
DUE = "session.last + 1 <= newest[key] - 2 * GAP - GRACE"
FIRST = "the time of a row in SQL is not judged"
RIGHT = {
    "read-on": dict.fromkeys(
        ("5 -> 6", "8 -> 9", "7 -> 8", "6 -> 7"), "if the large record has been lost, the last call reads one more"
    ),
    "flink-extremes": {"0 -> -1": FIRST},
    "flink-hottest": {"0 -> 1": FIRST, "0 -> -1": FIRST, "10000 -> 10001": "a start is written in whole seconds"},
    "one-turbine-again": {"0 -> -1": "all parts of a window say the same"},
    "where-it-hangs": {
        "move.timestamp < each.timestamp -> move.timestamp <= each.timestamp": "no move has the time of a reading",
    },
    "visits": {
        f"{DUE} -> {DUE.replace('<=', '<')}": NOT_SEEN,
        "1 -> 2": f"{NOT_SEEN}; start and end may go",
        "1 -> 0": f"{NOT_SEEN}; start and end may go",
        "2 -> 3": NOT_SEEN,
    },
    "unanswered": {"0 -> -1": "no two records of a key have the same time"},
    "contract-or-dead-letter": {"0 -> 1": "any humidity will do where there is none"},
}


def of(oracle: Path) -> Iterator[tuple[str, Expected]]:
    """Each near miss that belongs to an oracle, and what comes out of the readings then."""
    yield from _by_the_smallest_step(oracle)
    for name, replaced in BY_HAND.get(oracle.stem.replace("_", "-"), {}).items():
        text = oracle.read_text()
        for old, new in replaced:
            assert old in text, (name, old)
            text = text.replace(old, new)
        yield name, _expected(ast.parse(text), oracle)


def _by_the_smallest_step(oracle: Path) -> Iterator[tuple[str, Expected]]:
    """The oracle with one whole number a little larger or smaller, or one limit that counts or counts no more."""
    tree = ast.parse(oracle.read_text())
    for number, node in enumerate(ast.walk(tree)):
        for change in _changes(node):
            moved = copy.deepcopy(tree)
            found = [*ast.walk(moved)][number]
            change(found)
            yield f"{ast.unparse(node)} -> {ast.unparse(found)}", _expected(moved, oracle)


def _changes(node: ast.AST) -> Iterator[Callable[[Any], None]]:
    match node:
        case ast.Constant(value=int() as value) if not isinstance(value, bool):
            yield lambda each: setattr(each, "value", value + 1)
            yield lambda each: setattr(each, "value", value - 1)
        case ast.Compare(ops=[operator]) if isinstance(operator, LIMITS):
            yield lambda each: each.ops.__setitem__(0, COMPARED[type(operator)]())


def _expected(tree: ast.Module, oracle: Path) -> Expected:
    scope: dict[str, Any] = {"__name__": oracle.stem}
    exec(compile(ast.fix_missing_locations(tree), f"<nearly {oracle.stem}>", "exec"), scope)
    found: Expected = scope["expected"]
    return found
