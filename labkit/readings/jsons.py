"""Tables in JSON: an array of objects, or one object per line."""

import json
from typing import Any

from labkit.errors import LabError


def is_json(text: str) -> bool:
    """Whether a file looks like JSON."""
    return text.lstrip().startswith(("{", "["))


def rows(text: str, name: str) -> tuple[list[Any], str]:
    """Returns the rows, and how they are written. Raises LabError if they are neither in an array nor one per line."""
    try:
        whole = json.loads(text)
    except ValueError as error:
        return _lines(text, name, error), "JSON, one object per line"
    if isinstance(whole, list):
        return whole, "JSON, an array of objects"
    if "\n" not in text.strip() and not any(isinstance(each, list | dict) for each in whole.values()):
        return [whole], "JSON, one object per line"
    raise LabError(
        f"{name} is one JSON object, not an array of objects or an object per line: give lab.produce the DataFrame of "
        "pd.read_json(...), or the list of rows in it, which json.load reads."
    )


def _lines(text: str, name: str, error: ValueError) -> list[Any]:
    """Returns the object in each line; the `error` is that of reading the text as a whole."""
    if text.lstrip().startswith("["):
        raise LabError(f"{name} is not JSON: {error}.") from None
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            found += [json.loads(line)] if line.strip() else []
        except json.JSONDecodeError as wrong:
            raise LabError(f"{name}, line {number}, is not JSON: {wrong.msg}.") from None
    return found
