"""CSV that every spreadsheet shows as the text that it is, whichever character separates its cells."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from labkit.grading.escaping import printable

FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")  # also those of full width, which count in Japan
BOM = "\ufeff"  # without it Excel takes UTF-8 for the code page of its country
SEPARATORS = {ord(each): ", " for each in ";\t\n"}  # of cells elsewhere: quotes keep only the comma in its cell


def text(rows: Iterable[Iterable[Any]], is_first: bool = True) -> str:
    """Returns rows as CSV, for a new file or (unless it `is_first`) for the end of one."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(map(_cells, rows))
    return (BOM if is_first else "") + written.getvalue()


def _cells(row: Iterable[Any]) -> Iterator[Any]:
    return (harmless(each) if isinstance(each, str) else each for each in row)


def harmless(cell: str) -> str:
    """Returns a text that is neither a formula nor several cells."""
    plain = printable(cell).translate(SEPARATORS)
    return f"'{plain}" if plain.lstrip(" '\"\u00a0\u3000").startswith(FORMULA) else plain
