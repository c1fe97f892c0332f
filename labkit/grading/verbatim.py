"""CSV as it is written, character by character: so that some cells can change, and nothing else."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

ROW_ENDS = re.compile(r"\r\n|\r|\n|\Z")
QUOTED = re.compile(r'"([^"]*(?:""[^"]*)*)"')
UNCLOSED = "a quote that is never closed"


class Row(NamedTuple):
    """A row: its cells with their quotes, none if it is blank, and what it ends with."""

    cells: list[str]
    ends: str

    @property
    def values(self) -> list[str]:
        """What the cells say."""
        return [value(each) for each in self.cells]


def rows(text: str, delimiter: str) -> Iterator[Row]:
    """Yields the rows of a text. Raises ValueError if a quote is never closed."""
    cell = re.compile(rf'(?:"[^"]*(?:""[^"]*)*(?:"|(?P<unclosed>\Z)))?[^{delimiter}\r\n]*')
    at, cells = 0, list[str]()
    while at < len(text) or cells:
        found = cell.match(text, at)
        assert found
        if found["unclosed"] is not None:
            raise ValueError(UNCLOSED)
        cells.append(found[0])
        at = found.end()
        if text.startswith(delimiter, at):
            at += 1
            continue
        ends = ROW_ENDS.match(text, at)
        assert ends
        yield Row([] if cells == [""] else cells, ends[0])
        at, cells = ends.end(), []


def text(rows: Iterable[Row], delimiter: str) -> str:
    """Returns rows as the text that they are."""
    return "".join(delimiter.join(each.cells) + each.ends for each in rows)


def value(cell: str) -> str:
    """Returns what a cell says."""
    quoted = QUOTED.match(cell)
    return quoted[1].replace('""', '"') + cell[quoted.end() :] if quoted else cell


def cell(value: str, delimiter: str) -> str:
    """Returns the cell that says this, in quotes if it needs some."""
    needs_quotes = any(each in value for each in (delimiter, '"', "\r", "\n"))
    return '"{}"'.format(value.replace('"', '""')) if needs_quotes else value
