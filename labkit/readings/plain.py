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
