"""Tables in JSON: an array of objects, or objects one after another."""

import json
import re
from collections.abc import Iterator
from typing import Any

from labkit.errors import LabError

BETWEEN = re.compile(r"[\s,\x1e]*")  # objects, as programs write them: lines, commas, or what RFC 7464 wants
AFTER_SOMETHING = re.compile(r"[^\[{}]+[\s:;,]+\{.*\}")  # as mosquitto_sub -v and kcat print keys and topics


def is_json(text: str) -> bool:
    """Whether a file looks like JSON. Raises LabError if there is something before the object in each line."""
    lines = [each.strip() for each in text.split("\n", 2)[:2] if each.strip()]
    if lines and all(map(AFTER_SOMETHING.fullmatch, lines)):
        raise LabError(
            f"There is something before the JSON in each line, {lines[0].partition('{')[0].strip()!r}: keep only what "
            "is from { on."
        )
    return text.lstrip(" \t\r\n\x1e").startswith(("{", "["))


def rows(text: str, name: str) -> tuple[list[Any], str]:
    """Returns the rows, and how they are written. Raises LabError if they are not in an array nor one after another."""
    found = [*_values(text, name)]
    if len(found) > 1:
        many = len([line for line in text.splitlines() if line.strip()])
        return found, f"JSON, {'one object per line' if many == len(found) else 'objects one after another'}"
    (whole,) = found
    if isinstance(whole, list):
        return whole, "JSON, an array of objects"
    if not any(isinstance(each, list | dict) for each in whole.values()):
        return [whole], "JSON, one object per line"
    raise LabError(
        f"{name} is one JSON object, not an array of objects or an object per line: give lab.produce the DataFrame of "
        "pd.read_json(...), or the list of rows in it, which json.load reads."
    )


def _values(text: str, name: str) -> Iterator[Any]:
    """Yields the values that stand one after another. Raises LabError, with the line, for what is no JSON."""
    decoder, at = json.JSONDecoder(), 0
    while (at := _begin(text, at)) < len(text):
        try:
            value, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            raise LabError(f"{name}, line {error.lineno}, is not JSON: {error.msg}.{_advice(error)}") from None
        yield value


def _begin(text: str, at: int) -> int:
    found = BETWEEN.match(text, at)
    return found.end() if found else at


def _advice(error: json.JSONDecodeError) -> str:
    """Returns what to do about text as Python prints it, and about a comma too many; empty for anything else."""
    here = error.doc[error.pos : error.pos + 1]
    if here == "'":
        return " It looks like a dict that Python has printed: write it with json.dumps."
    if here in ("]", "}") or error.msg.startswith("Illegal trailing comma"):
        return f" There is a comma too many before {here or 'the end'}."
    return ""
