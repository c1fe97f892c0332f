"""Where a table of text begins, what separates its cells, and whether its first line names the columns."""

import csv
import io
import itertools
import re
from collections.abc import Sequence

from labkit.errors import LabError
from labkit.readings.cells import COMMA, POINT
from labkit.readings.gaps import is_gap
from labkit.readings.times import ANY_DATE

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
SEP = re.compile(r'"?sep=(.)"?', re.IGNORECASE)  # as Excel writes it above a table
EPOCH = re.compile(r"1[0-9]{9}([0-9]{3}){0,3}(\.[0-9]*)?")
FIRST = re.compile(r"\s*(?P<line>[^\r\n]*)(?:\r\n|\r|\n|$)")
LOOKED_AT = 5  # rows to find the separator
ABOVE = 30  # lines that may stand above the names of the columns
NO_SEPARATORS = {":": "colons", "~": "tildes", " ": "spaces"}


def require_names(columns: Sequence[str], rows: Sequence[Sequence[str]], name: str) -> None:
    """Raises LabError if the first line looks like the others, with a time or decimals in it: it names nothing."""
    kinds = [_kind(cell) for cell in columns]
    alike = rows and all(kinds == [*map(_kind, row)] for row in rows[:LOOKED_AT])
    if alike and ("decimal" in kinds or "time" in kinds):
        raise LabError(
            f"{name}: its first line does not name the columns, it has {columns[kinds.index(_telling(kinds))]!r}: "
            "write a line above it with a name for each, such as time,level."
        )
    if len(columns) > 1 and all(len(each) > 2 and each[0] == each[-1] == "'" for each in columns):
        raise LabError(f"{name}: its cells are in single quotes: write double ones, or none.")


def _telling(kinds: Sequence[str]) -> str:
    return "time" if "time" in kinds else "decimal"


def _kind(cell: str) -> str:
    """Returns what a cell looks like: "time", "decimal", which a gap may be too, "number" or "text"."""
    cell = cell.strip()
    if is_gap(cell, among_numbers=True):
        return "decimal"
    if ANY_DATE.read(cell) or EPOCH.fullmatch(cell):
        return "time"
    if POINT.number(cell) is None and COMMA.number(cell) is None:
        return "text"
    return "decimal" if {".", ","} & {*cell} else "number"


def require_separator(rows: Sequence[Sequence[str]], name: str) -> None:
    """Raises LabError if what looks like one column are several, separated in another way."""
    if any(len(row) > 1 for row in rows):
        return
    lines = [row[0] for row in rows[:LOOKED_AT]]
    for mark, words in (SEPARATORS | NO_SEPARATORS).items():
        many = {len(line.split() if mark == " " else line.split(mark)) for line in lines}
        if len(lines) > 1 and len(many) == 1 and min(many) > 2:
            in_quotes = ", and each line is in quotes" if mark in SEPARATORS else ""
            raise LabError(
                f"{name}: its columns are separated by {words}{in_quotes}: save it with commas, semicolons or tabs "
                "between the cells, or give lab.produce the DataFrame of pd.read_csv(...)."
            )


def without_preamble(content: str) -> tuple[str, int]:
    """Returns a table without the lines above the names of its columns, and how many those are: what names the columns
    has as many cells as the rows, all different and none of them a number.
    """
    lines = [*itertools.islice(io.StringIO(content, newline=""), ABOVE + LOOKED_AT)]
    filled = [number for number, line in enumerate(lines) if line.strip()]
    for above, begin in enumerate(filled[:ABOVE]):
        some = [lines[number] for number in filled[above : above + LOOKED_AT]]
        for separator in SEPARATORS if len(some) > 1 else ():
            head, *rows = csv.reader(some, delimiter=separator)
            fits = len(head) > 1 and {len(row) for row in rows} == {len(head)}
            if fits and (not above or _are_names(head)):
                return content[sum(map(len, lines[:begin])) :], above
    return content, 0


def _are_names(cells: Sequence[str]) -> bool:
    return len({*map(str.strip, cells)} - {""}) == len(cells) and {*map(_kind, cells)} == {"text"}


def below(content: str) -> tuple[str, str | None, list[str]]:
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


def is_head(comment: str, separator: str, row: Sequence[str]) -> bool:
    """Whether a comment names the columns: it has as many cells as the first row, which has a number."""
    cells = next(csv.reader([comment], delimiter=separator))
    has_number = any(style.number(each.strip()) is not None for each in row for style in (POINT, COMMA))
    return len(cells) == len(row) > 1 and has_number


def separator_of(content: str) -> str:
    """Returns the separator by which the first rows fall into equally many cells, or else the head into most."""

    def cells(separator: str) -> tuple[bool, int]:
        reader = csv.reader(io.StringIO(content, newline=""), delimiter=separator)
        try:
            many = [len(row) for row in itertools.islice((row for row in reader if any(row)), LOOKED_AT)]
        except csv.Error:
            return False, 0
        return len({*many}) == 1 and many[0] > 1, many[0]

    return max(SEPARATORS, key=cells)
