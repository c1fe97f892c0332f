"""Tables of text: their separators, what stands above them, and their rows by column."""

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Any

from labkit.errors import LabError
from labkit.readings.cells import COMMA, POINT, Column
from labkit.readings.files import Text
from labkit.readings.plain import plain_text

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
SEP = re.compile(r'"?sep=(.)"?', re.IGNORECASE)  # as Excel writes it above a table
FIRST = re.compile(r"\s*(?P<line>[^\r\n]*)(?:\r\n|\r|\n|$)")
LOOKED_AT = 5  # rows to find the separator


@dataclass(frozen=True)
class Sheet:
    """The cells of a table as text, row by row, below the names of their columns. `notes` say what was assumed."""

    columns: list[str]
    rows: list[list[str]]
    separator: str
    notes: list[str]

    def records(self, texts: Container[str | None]) -> tuple[list[dict[str, Any]], list[str]]:
        """Returns each row by column, numbers as numbers and gaps as None, and what was assumed of the numbers; `texts`
        are columns that stay text. Raises LabError for numbers that can be read in two ways.
        """
        read = {
            index: Column(name, (row[index] for row in self.rows))
            for index, name in enumerate(self.columns)
            if name and name not in texts
        }
        certain = {column.fits[0] for column in read.values() if column.is_certain}
        for column in read.values():
            column.decide(next(iter(certain)) if len(certain) == 1 else None, self.separator)
        readers = [read[index].read if index in read else str for index in range(len(self.columns))]
        rows = [
            {name: of(cell) for name, cell, of in zip(self.columns, row, readers, strict=True) if name}
            for row in self.rows
        ]
        commas = [column.name for column in read.values() if column.has_decimal_commas]
        notes = [f"decimal commas in {', '.join(commas)}"] if commas else []
        return rows, [*notes, *itertools.chain.from_iterable(column.notes() for column in read.values())]


def read(text: Text, name: str) -> Sheet:
    """Reads a table whose first line names the columns. Raises LabError, saying what to do, if it is none."""
    content, separator, comments = _below(text.content)
    separator = separator or _separator(content)
    if not (found := _rows(content, separator, name)):
        raise LabError(f"{name} is empty: its first line must name the columns.")
    columns, *rows = found
    if comments and _is_head(comments[-1], separator, columns):
        rows = [columns, *rows]
        columns = next(csv.reader([comments.pop()], delimiter=separator))
        columns[0] = columns[0].lstrip("#").strip() or "#"
    columns = [plain_text(each) for each in columns]
    require_different(columns)
    _require_as_many_cells(columns, rows, name)
    separated = f", separated by {SEPARATORS.get(separator, repr(separator))}" if len(columns) > 1 else ""
    notes = [f"{name}: {text.encoding}{separated}"]
    if comments:
        notes.append(f"{len(comments)} {'line' if len(comments) == 1 else 'lines'} above the columns left out (#)")
    return Sheet(columns, [_fitted(row, number, len(columns)) for number, row in enumerate(rows, 1)], separator, notes)


def require_different(columns: Sequence[str]) -> None:
    """Raises LabError if two columns have one name."""
    if twice := [name for name, many in Counter(columns).items() if name and many > 1]:
        raise LabError(f"Two columns are called {twice[0]!r}: rename one of them.")


def _require_as_many_cells(columns: Sequence[str], rows: Sequence[Sequence[str]], name: str) -> None:
    """Raises LabError if every row has fewer cells than there are columns: they may be under the wrong names."""
    named = max((number for number, each in enumerate(columns, 1) if each), default=0)
    most = max(map(len, rows), default=named)
    if most < named:
        raise LabError(
            f"{name} names {named} columns, and no row has more than {most} cells. If the name of a column has the "
            "separator in it, write it in quotes; if the last column is always empty, delete its name."
        )


def _below(content: str) -> tuple[str, str | None, list[str]]:
    """Returns what is below the lines above a table, the separator that one of them names, and comments among them."""
    separator: str | None = None
    comments: list[str] = []
    while found := FIRST.match(content):
        line = found["line"].strip()
        if named := SEP.fullmatch(line):
            separator = named[1]
        elif line.startswith("#"):
            comments.append(line)
        else:
            break
        content = content[found.end() :]
    if not content.strip() and comments:  # the names of the columns, without a row
        return comments.pop().lstrip("#"), separator, comments
    return content, separator, comments


def _is_head(comment: str, separator: str, row: Sequence[str]) -> bool:
    """Whether a comment names the columns: it has as many cells as the first row, which has a number."""
    cells = next(csv.reader([comment], delimiter=separator))
    has_number = any(style.number(each.strip()) is not None for each in row for style in (POINT, COMMA))
    return len(cells) == len(row) > 1 and has_number


def _separator(content: str) -> str:
    """Returns the separator by which the first rows fall into equally many cells, or else the head into most."""

    def cells(separator: str) -> tuple[bool, int]:
        reader = csv.reader(io.StringIO(content, newline=""), delimiter=separator)
        try:
            many = [len(row) for row in itertools.islice((row for row in reader if any(row)), LOOKED_AT)]
        except csv.Error:
            return False, 0
        return len({*many}) == 1 and many[0] > 1, many[0]

    return max(SEPARATORS, key=cells)


def _rows(content: str, separator: str, name: str) -> list[list[str]]:
    """Returns the rows that are not empty. Raises LabError if a quote is opened and never closed."""
    lines = [*io.StringIO(content, newline="")]
    reader = csv.reader(lines, delimiter=separator)
    rows: list[list[str]] = []
    begin = 0  # lines before the row
    try:
        for row in reader:
            swallows = reader.line_num > begin + 1 and any(_swallows(cell, separator, rows) for cell in row)
            if swallows or (reader.line_num == len(lines) and _is_open(lines[begin:], separator)):
                raise csv.Error
            if any(map(str.strip, row)):
                rows.append(row)
            begin = reader.line_num
    except csv.Error:
        raise LabError(f"{name}, line {begin + 1}: a quote is opened and not closed: delete or double it.") from None
    return rows


def _is_open(lines: Sequence[str], separator: str) -> bool:
    """Whether all lines to the end are one row, because a quote is not closed."""
    if '"' not in lines[0]:
        return False
    try:
        next(csv.reader(lines, delimiter=separator, strict=True))
    except csv.Error as error:
        return "end of data" in str(error)
    return False


def _swallows(cell: str, separator: str, rows: Sequence[Sequence[str]]) -> bool:
    """Whether a cell holds a whole row, as it does after a quote that is not closed."""
    below = re.split(r"\r\n|\r|\n", cell)[1:]
    return len(rows[0] if rows else ()) > 1 and any(line.count(separator) >= len(rows[0]) - 1 for line in below)


def _fitted(row: list[str], number: int, columns: int) -> list[str]:
    """Returns the cells of a row, stripped, one for each column; superfluous ones must be empty."""
    cells = [*map(str.strip, row)]
    if len(cells) == columns:
        return cells
    if any(cells[columns:]):
        raise LabError(f"Row {number} has more cells than there are columns.")
    return [*cells, *[""] * columns][:columns]
