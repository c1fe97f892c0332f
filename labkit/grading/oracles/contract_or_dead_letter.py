"""A record keeps the contract if it is a JSON object with the right fields; all others are refused, unchanged."""

import json
from collections.abc import Sequence
from typing import Any

from labkit.exercises.records import Row, Sent
from labkit.grading.oracles.dead_letters import refused

FIELDS = {"device", "temperature", "humidity", "timestamp"}


def expected(sent: Sequence[Sent]) -> dict[str, list[Row]]:
    out, set_aside = [], []
    for each in sent:
        raw = each.value if isinstance(each.value, bytes) else json.dumps(each.fields).encode()
        row: Row = {"key": each.key, "time": each.timestamp}
        if (value := kept(raw)) is not None:
            out.append(row | value)
        else:
            text = each.raw.decode(errors="backslashreplace")
            set_aside.append(row | {"value": text, "header.reason": "any text"})
    return {"out": out, "refused": set_aside}


def kept(raw: bytes) -> dict[str, Any] | None:
    """Returns the object in a value that keeps the contract; None if it does not."""
    try:
        value = json.loads(raw.decode("utf-8"), parse_constant=refused)
    except ValueError:
        return None
    if not isinstance(value, dict) or not FIELDS - {"humidity"} <= value.keys() <= FIELDS:
        return None
    device, timestamp = value["device"], value["timestamp"]
    named = isinstance(device, str) and device != ""
    numbers = _within(value["temperature"], -90, 60) and _within(value.get("humidity", 0), 0, 100)
    return value if named and numbers and type(timestamp) is int else None


def _within(value: object, low: float, high: float) -> bool:
    return type(value) in (int, float) and low <= value <= high  # type: ignore[operator]
