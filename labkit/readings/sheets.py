"""Tables of text: their rows by column."""

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Any

from labkit.errors import LabError
from labkit.readings import heads
from labkit.readings.cells import Column
from labkit.readings.files import Text
from labkit.readings.plain import plain_text


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
    content, separator, comments = heads.below(text.content)
    content, above = (content, 0) if separator else heads.without_preamble(content)
    separator = separator or heads.separator_of(content)
    if not (found := _rows(content, separator, name)):
        raise LabError(f"{name} is empty: its first line must name the columns.")
    columns, *rows = found
    heads.require_separator(found, name)
    if comments and heads.is_head(comments[-1], separator, columns):
        rows = [columns, *rows]
        columns = next(csv.reader([comments.pop()], delimiter=separator))
        columns[0] = columns[0].lstrip("#").strip() or "#"
    columns, unnamed = _named([plain_text(each) for each in columns], rows)
    require_different(columns)
    heads.require_names(columns, rows, name)
    _require_as_many_cells(columns, rows, name)
    separated = f", separated by {heads.SEPARATORS.get(separator, repr(separator))}" if len(columns) > 1 else ""
    notes = [f"{name}: {text.encoding}{separated}"]
    if comments:
        notes.append(f"{len(comments)} {'line' if len(comments) == 1 else 'lines'} above the columns left out (#)")
    if unnamed:
        notes.append(f"columns without a name are called {' and '.join(unnamed)}")
    if above:
        notes.append(f"{above} {'line' if above == 1 else 'lines'} above the columns left out")
    fitted = [_fitted(row, number, len(columns), separator) for number, row in enumerate(rows, 1)]
    return Sheet(columns, fitted, separator, notes)


def _named(columns: list[str], rows: Sequence[Sequence[str]]) -> tuple[list[str], list[str]]:
    """Returns the columns with names for those that have values and no name, and these names. The first column may be
    the index of a DataFrame: one that only counts the rows stays without a name.
    """
    given: list[str] = []
    for n, column in enumerate(columns):
        cells = [row[n].strip() for row in rows if n < len(row)]
        if not column and any(cells) and (n or cells != [str(number) for number, _ in enumerate(cells)]):
            given.append("index" if n == 0 and "index" not in columns else f"column {n + 1}")
            columns = [*columns[:n], given[-1], *columns[n + 1 :]]
    return columns, given


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


def _fitted(row: list[str], number: int, columns: int, separator: str) -> list[str]:
    """Returns the cells of a row, stripped, one for each column; superfluous ones must be empty."""
    cells = [*map(str.strip, row)]
    if len(cells) == columns:
        return cells
    if any(cells[columns:]):
        hint = ": write decimal commas with a point, or the cells in quotes" if separator == "," else ""
        raise LabError(f"Row {number} has {len(cells)} cells, more than there are columns{hint}.")
    return [*cells, *[""] * columns][:columns]
