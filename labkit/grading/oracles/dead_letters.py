"""A readable record is a JSON object whose temperature is a number; all others become dead letters, unchanged."""

import json
from collections.abc import Sequence
from typing import Any

from labkit.exercises.records import Row, Sent


def expected(sent: Sequence[Sent]) -> dict[str, list[Row]]:
    out, unreadable = [], []
    for each in sent:
        raw = each.value if isinstance(each.value, bytes) else json.dumps(each.fields).encode()
        row: Row = {"key": each.key, "time": each.timestamp}
        if (value := readable(raw)) is not None:
            out.append(row | value)
        else:
            text = raw.decode(errors="backslashreplace")
            unreadable.append(row | {"value": text, "header.reason": "any text"})
    return {"out": out, "unreadable": unreadable}


def refused(constant: str) -> float:
    """Refuses NaN and Infinity, which Python's parser accepts though JSON (RFC 8259, section 6) has none."""
    raise ValueError(constant)


def readable(raw: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(raw.decode("utf-8"), parse_constant=refused)
    except ValueError:
        return None
    if not isinstance(value, dict) or type(value.get("temperature")) not in (int, float):
        return None
    return value
