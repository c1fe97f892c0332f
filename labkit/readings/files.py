"""Tables in files as people save them: their encoding, separators, decimal commas and gaps."""

import csv
import functools
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.errors import LabError

SEPARATORS = ",;\t|"
ENCODINGS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}  # by the BOM
OLD_EXCEL = "cp1252"
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx and .xls begin so
WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")  # that 64 bits hold; `0042` is a name
FRACTION = re.compile(r"-?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][+-]?[0-9]+)?")
COMMA = re.compile(r"-?([0-9]{1,3}(\.[0-9]{3})+|[0-9]+),[0-9]+")  # as in 1.234,5
GAPS = {"", "nan", "null", "none", "n/a", "#n/a"}
AMONG_NUMBERS = {*GAPS, "na", "n.a.", "-", "--", "?"}  # elsewhere they may be somebody's words


@dataclass(frozen=True)
class Sheet:
    """The cells of a file as text, row by row, below the names of their columns. `notes` say what was assumed."""

    columns: list[str]
    rows: list[list[str]]
    notes: list[str]

    def records(self, texts: Container[str | None]) -> Iterator[dict[str, Any]]:
        """Yields each row by column, numbers as numbers and gaps as None; `texts` are columns that stay text."""
        readers = [str if name in texts else self._reader(index) for index, name in enumerate(self.columns)]
        for row in self.rows:
            cells = zip(self.columns, row, readers, strict=True)
            yield {name: read(cell) for name, cell, read in cells if name}

    def _reader(self, index: int) -> Callable[[str], Any]:
        """Returns how the cells of a column are read: with decimal commas, if all its numbers are whole or have one."""
        known = {each for each in {row[index] for row in self.rows} if each.lower() not in AMONG_NUMBERS}
        whole = {each for each in known if WHOLE.fullmatch(each)}
        commas = {each for each in known if COMMA.fullmatch(each)}
        fractions = {each for each in known if FRACTION.fullmatch(each)}
        is_comma = bool(commas) and known == whole | commas
        is_number = bool(known) and (is_comma or known == whole | fractions)
        return functools.partial(_value, is_comma, AMONG_NUMBERS if is_number else GAPS)


def _value(decimal_comma: bool, gaps: Container[str], cell: str) -> Any:
    """Returns a cell as a number, if it is one that can be written the same way again; None for a gap; else as text."""
    if decimal_comma and COMMA.fullmatch(cell):
        return float(cell.replace(".", "").replace(",", "."))
    if WHOLE.fullmatch(cell):
        return int(cell)
    if FRACTION.fullmatch(cell):
        return float(cell)
    return None if cell.lower() in gaps else cell


def read(path: Path) -> Sheet:
    """Reads a table whose first line names the columns. Raises LabError, saying what to do, if it is none."""
    text, notes = _text(path)
    head = next((line for line in io.StringIO(text) if line.strip()), "")
    if not head:
        raise LabError(f"{path} is empty: its first line must name the columns.")
    separator = max(SEPARATORS, key=lambda each: len(next(csv.reader([head], delimiter=each))))
    try:
        columns, *rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if any(row)]
    except csv.Error as error:
        raise LabError(f"{path} is not a CSV table: {error}.") from None
    columns = [each.strip() for each in columns]
    require_different(columns)
    return Sheet(columns, [_fitted(row, number, len(columns)) for number, row in enumerate(rows, 1)], notes)


def require_different(columns: Sequence[str]) -> None:
    """Raises LabError if two columns have one name."""
    if twice := [name for name, many in Counter(columns).items() if name and many > 1]:
        raise LabError(f"Two columns are called {twice[0]!r}: rename one of them.")


def _fitted(row: list[str], number: int, columns: int) -> list[str]:
    """Returns the cells of a row, stripped, one for each column; superfluous ones must be empty."""
    cells = [each.strip() for each in row]
    if any(cells[columns:]):
        raise LabError(f"Row {number} has more cells than there are columns.")
    return [*cells, *[""] * columns][:columns]


def _text(path: Path) -> tuple[str, list[str]]:
    """Returns what a file says, and what was assumed about its encoding."""
    content = _content(path)
    if content.startswith(WORKBOOKS):
        raise LabError(f"{path} is a workbook or an archive, not a CSV file: save the table as CSV in UTF-8.")
    encoding = next((name for bom, name in ENCODINGS.items() if content.startswith(bom)), "utf-8")
    try:
        return content.decode(encoding), []
    except UnicodeDecodeError:
        pass
    try:
        return content.decode(OLD_EXCEL), [f"{path.name} is not in UTF-8: it was read as Windows-1252"]
    except UnicodeDecodeError:
        raise LabError(f"{path} is not text in UTF-8, UTF-16 or Windows-1252: save it as CSV in UTF-8.") from None


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
    except FileNotFoundError:
        raise LabError(f"There is no file {path}.") from None
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise LabError(f"{path} is a damaged gzip file: {error}.") from None
    except OSError as error:
        raise LabError(f"Cannot read {path}: {error.strerror}.") from None
