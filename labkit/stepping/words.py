"""Values, times and windows as people read them."""

import datetime
import json
import re
from collections.abc import Mapping
from typing import Any

import orjson

from labkit.spelling import legible

LONGEST = 80  # characters of one value
NO_TEXT = re.compile(r"-?[0-9.]+(e[+-]?[0-9]+)?|null|true|false")  # needs quotes to be recognised as text
YEAR_2001, YEAR_2286 = 10**12, 10**13  # epoch ms: a number between them is taken for a time


def moment(milliseconds: int) -> str:
    """Returns a time in epoch milliseconds with its date (UTC); unchanged if no calendar has its year."""
    return _formatted(milliseconds, "%Y-%m-%d %H:%M:%S")


def clock(milliseconds: int) -> str:
    """Returns a time in epoch milliseconds as hours, minutes and seconds (UTC), with the date before 2001."""
    return _formatted(milliseconds, "%H:%M:%S" if milliseconds >= YEAR_2001 else "%Y-%m-%d %H:%M:%S")


def _formatted(milliseconds: int, how: str) -> str:
    try:
        time = datetime.datetime.fromtimestamp(milliseconds // 1000, datetime.UTC)
    except (ValueError, OverflowError, OSError):
        return f"{milliseconds} ms"
    return f"{time:{how}}" + (f".{milliseconds % 1000:03}" if milliseconds % 1000 else "")


def span(start: int, end: int) -> str:
    """Returns the start and the end of a window."""
    return f"{clock(start)} – {clock(end)}"


def duration(milliseconds: int) -> str:
    return f"{milliseconds / 1000:g} s" if milliseconds >= 100 else f"{milliseconds} ms"


def value(found: Any) -> str:
    """Returns a value in one line: the fields of an object by name, a field of an object in it as JSON."""
    if isinstance(found, Mapping):
        return ", ".join(f"{name} {part(each)}" for name, each in found.items()) or "{}"
    return part(found)


def part(found: Any) -> str:
    """Returns a value that may be a field of another, in at most LONGEST characters."""
    if isinstance(found, bytes):
        text = legible(found) or "(empty)"
    elif isinstance(found, float):
        text = f"{found:.10g}"
    elif isinstance(found, int) and not isinstance(found, bool) and YEAR_2001 <= found < YEAR_2286:
        text = clock(found)
    elif isinstance(found, str) and not NO_TEXT.fullmatch(found):
        text = found or "(empty)"
    else:
        text = json.dumps(found, default=repr, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def loaded(raw: bytes | None) -> Any:
    """Returns what the JSON of a value says; the bytes if it is none."""
    try:
        return None if raw is None else orjson.loads(raw)
    except orjson.JSONDecodeError:
        return raw


def key(found: Any) -> str:
    return "no key" if found is None else part(found.encode() if isinstance(found, str) else found)
