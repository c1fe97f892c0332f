"""CSV: written so that every spreadsheet shows the text that it is, and read as every spreadsheet saves it."""

import contextlib
import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from labkit.errors import LabError
from labkit.grading import verbatim
from labkit.grading.escaping import printable

FORMULA = tuple("=+-@")
UNSEEN = ("Z", "C")  # categories of characters that a spreadsheet may leave out: separators, and those without a glyph
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # how they begin
BOM = "\ufeff"  # without it Excel takes UTF-8 for the code page of its country
GROUPED = re.compile(r"\d{1,3}([,.])\d{3}(?:\1\d{3})*")  # 1.000 in 1.000,00
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
    seen = "".join(each for each in plain if each not in "'\"" and unicodedata.category(each)[0] not in UNSEEN)
    # Signs of full width, which count in Japan, are those of ASCII in the normal form.
    return f"'{plain}" if unicodedata.normalize("NFKC", seen[:1]).startswith(FORMULA) else plain


class Table:
    """A CSV file with a header that has at least these columns. Raises LabError, with the `hint`, if it has not.

    `written` are its rows as they stand in the file, the header among them, and `begins` is what precedes them.
    """

    def __init__(self, file: Path, needed: Sequence[str], hint: str) -> None:
        try:
            content = file.read_bytes()
        except OSError as error:
            raise LabError(f"{file} cannot be read: {error.strerror}.") from None
        if content.startswith(WORKBOOKS):
            raise LabError(f"{file} is a workbook, whatever its name: export it once more, as CSV.")
        try:
            text = content.decode()
        except UnicodeDecodeError:
            raise LabError(f"{file} is not in UTF-8: save or export it once more, as CSV in UTF-8.") from None
        self.begins = BOM if text.startswith(BOM) else ""
        text = text.removeprefix(BOM)
        self.delimiter = max(",;\t", key=text.partition("\n")[0].count)
        try:
            self.written = [*verbatim.rows(text, self.delimiter)]
        except ValueError as error:
            raise LabError(f"{file} is not a table in CSV ({error}): is it the right file?") from None
        self.heads, *rows = [each.values for each in self.written] or [[]]
        self.rows = [row + [""] * (len(self.heads) - len(row)) for row in rows]
        if missing := [each for each in needed if each not in self.heads]:
            has = ", ".join(self.heads)[:200] or "none"
            raise LabError(f"{file} has no column {missing[0]!r}, but {has}: {hint}")

    def with_cells(self, new: Mapping[tuple[int, int], str]) -> str:
        """Returns the text of the file with other cells: `new` has them by row (from 0, below the header) and column.

        Everything else stays, character by character.
        """
        heads, *rows = self.written
        for (row, column), value in new.items():
            cells = rows[row].cells + [""] * (column + 1 - len(rows[row].cells))
            cells[column] = verbatim.cell(value, self.delimiter)
            rows[row] = rows[row]._replace(cells=cells)
        return self.begins + verbatim.text([heads, *rows], self.delimiter)

    def column(self, name: str) -> list[str]:
        """Returns the cells of a column, whose name may be in any case; empty ones if there is no such column."""
        index = next((n for n, each in enumerate(self.heads) if each.casefold() == name.casefold()), None)
        return ["" if index is None else row[index] for row in self.rows]


def as_number(text: str) -> float | None:
    """Returns a number as a spreadsheet writes it, perhaps with a decimal comma or grouped digits; None if not."""
    whole, decimal, fraction = text.strip().rpartition(max(",.", key=text.rfind))
    if GROUPED.fullmatch(whole):
        whole = re.sub(r"\D", "", whole)
    with contextlib.suppress(ValueError):
        return float(f"{whole}.{fraction}" if decimal else fraction)
    return None
