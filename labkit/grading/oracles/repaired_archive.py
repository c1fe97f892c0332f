"""Each JSON object with its dryness; a decimal comma is mended in what is no JSON; all else is set aside, unchanged."""

import json
import re
from collections.abc import Sequence
from typing import Any

from labkit.exercises.records import Row, Sent

NUMBER = re.compile(r'(?P<name>"(?:temperature|humidity)":)(?P<whole>-?\d+),(?P<rest>\d+)')


def expected(sent: Sequence[Sent]) -> dict[str, list[Row]]:
    out, unreadable = [], []
    for each in sent:
        row: Row = {"key": each.key, "time": each.timestamp}
        if (reading := readable(each.raw)) is None:
            unreadable.append(row | {"value": each.raw.decode(errors="backslashreplace")})
        else:
            humidity = reading["humidity"]
            dryness = reading["temperature"] / humidity if humidity else None
            out.append(row | reading | {"dryness": dryness})
    return {"out": out, "unreadable": unreadable}


def readable(raw: bytes) -> dict[str, Any] | None:
    """Returns the object in a value, mended if it must be; None if there is none."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return None
    for each in (text, NUMBER.sub(r"\g<name>\g<whole>.\g<rest>", text)):
        try:
            value = json.loads(each)
        except ValueError:
            continue
        return value if isinstance(value, dict) else None
    return None
