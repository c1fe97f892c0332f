"""Values as JSON needs them: plain Python's, not those of NumPy and pandas."""

import math
import unicodedata
from collections.abc import Mapping
from typing import Any

import orjson


def plain(value: Any) -> Any:
    """Returns a NumPy scalar or a pandas Timestamp as a plain value; None for a number, or a time, that is none."""
    if type(value) in (str, int):  # at once, as nearly all values are
        return value
    if type(value) is float:
        return value if math.isfinite(value) else None
    if hasattr(value, "to_pydatetime"):
        return value.to_pydatetime(warn=False) if value == value else None  # NaT is not itself
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        value = (value.astype("datetime64[us]") if value.dtype.kind == "M" else value).item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return None if type(value).__name__ == "NAType" else value  # that of pandas


def plain_row(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Returns a copy of a row with plain values, and texts as the names of its columns."""
    return {str(column): plain(value) for column, value in row.items()}


# What to write in place of a value of a type that JSON has not: `{}` stands for the value.
INSTEAD = {
    "datetime date time Timestamp": "{}.isoformat()",
    "timedelta Timedelta": "{}.total_seconds()",
    "Decimal Fraction": "float({})",
    "set frozenset range": "sorted({})",
    "bytes bytearray": "{}.decode()",
    "ndarray Series Index": "{}.tolist()",
    "function method builtin_function_or_method": "{}(...), which calls it",
    "Period PosixPath WindowsPath": "str({})",
}


def instead(value: Any, name: str) -> str:
    """Returns what to write in place of a value called `name` that JSON cannot represent."""
    kind = type(value)
    words = next((words for names, words in INSTEAD.items() if kind.__name__ in names.split()), "")
    if not words:
        words = "{}.item()" if kind.__module__ == "numpy" else "a number or text made of it"
    return words.format(name)


def not_sent(value: Any, name: str) -> str:
    """Says why JSON cannot represent a value called `name`, and what to write."""
    if isinstance(value, dict):
        if (odd := next((key for key in value if not isinstance(key, str)), None)) is not None:
            return f"{name} has the key {odd!r}, and in JSON each key is text: write str({odd!r})"
        inner, part = next((key, each) for key, each in value.items() if not can_be_sent(each))
        return not_sent(part, f"{name}[{inner!r}]")
    if isinstance(value, list | tuple):
        number, part = next((n, each) for n, each in enumerate(value) if not can_be_sent(each))
        return not_sent(part, f"{name}[{number}]")
    if isinstance(value, int):
        return f"{name} is {value:.3g}, and a whole number in JSON has 64 bits at most: write str({name})"
    if isinstance(value, str):
        return f"{name} is {value!r:.40}, which is no text in UTF-8"
    return f"{name} is a {type(value).__name__}, which JSON does not have: write {instead(value, name)}"


def can_be_sent(value: Any) -> bool:
    """Whether JSON can represent a value."""
    try:
        orjson.dumps(value)
    except TypeError:
        return False
    return True


def plain_text(name: str) -> str:
    """Returns the name of a column, or a date, with composed characters and without superfluous or unusual spaces."""
    return " ".join(unicodedata.normalize("NFC", name).replace("\u200b", "").replace("\ufeff", "").split())
