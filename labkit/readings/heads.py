"""Where a table of text begins, what separates its cells, and whether its first line names the columns."""

import csv
import io
import itertools
import re
from collections.abc import Sequence

from labkit.errors import LabError
from labkit.readings.cells import COMMA, POINT, TRUTH
from labkit.readings.dates import compact
from labkit.readings.gaps import is_gap
from labkit.readings.making import CLOCK
from labkit.readings.times import ANY_DATE

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
SEP = re.compile(r'"?sep=(.)"?', re.IGNORECASE)  # as Excel writes it above a table
EPOCH = re.compile(r"1[0-9]{9}([0-9]{3}){0,3}(\.[0-9]*)?")
FIRST = re.compile(r"\s*(?P<line>[^\r\n]*)(?:\r\n|\r|\n|$)")
LOOKED_AT = 5  # rows to find the separator
ABOVE = 30  # lines that may stand above the names of the columns
NO_SEPARATORS = {":": "colons", "~": "tildes", " ": "spaces"}


def require_names(columns: Sequence[str], rows: Sequence[Sequence[str]], name: str) -> None:
    """Raises LabError if the first line names nothing, but has values as the others have, or is in single quotes."""
    if (cell := _no_name(columns, rows[:LOOKED_AT])) is not None:
        raise LabError(
            f"{name}: its first line does not name the columns, it has {cell!r}: write a line above it with a name for "
            "each, such as time,level."
        )
    if len(columns) > 1 and all(len(each) > 2 and each[0] == each[-1] == "'" for each in columns):
        raise LabError(f"{name}: its cells are in single quotes: write double ones, or none.")


def _no_name(first: Sequence[str], rows: Sequence[Sequence[str]]) -> str | None:
    """Returns a cell of the first line that is a value like those below it; None if there is none."""
    columns = [*itertools.zip_longest(first, *rows, fillvalue="")] if rows else []
    times = [cells[0] for cells in columns if {*map(_kind, cells)} == {"time"}]
    alike = all(len({*map(_kind, cells)} - {"gap"}) < 2 for cells in columns)
    values = [cells[0] for cells in columns if _kind(cells[0]) in ("number", "truth")] if alike else []
    return next(iter(times), None if _are_a_series(values) else next(iter(values), None))


def _are_a_series(cells: Sequence[str]) -> bool:
    """Whether numbers may be the names of columns: a year, or several that grow by one step, or shares that grow."""
    numbers = [number for cell in cells if (number := POINT.number(cell)) is not None]
    if len(numbers) < len(cells):
        return False
    if len(numbers) < 2:
        return all(type(number) is int and 1800 <= number <= 2100 for number in numbers)
    steps = [after - before for before, after in itertools.pairwise(numbers)]
    are_even, are_shares = max(steps) < 1.001 * min(steps), len(steps) > 1 and max(numbers) <= 1
    return min(steps) > 0 and (are_even or are_shares)


def _kind(cell: str) -> str:
    """Returns what a cell looks like: "gap", "time", "truth", "number" or "text"."""
    cell = cell.strip()
    if is_gap(cell, among_numbers=True):
        return "gap"
    if cell.lower() in TRUTH:
        return "truth"
    if EPOCH.fullmatch(cell) or CLOCK.fullmatch(cell) or ANY_DATE.read(cell):
        return "time"
    if cell.isdecimal() and compact(int(cell)):
        return "time"
    return "text" if POINT.number(cell) is None and COMMA.number(cell) is None else "number"


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
    """Returns a table without the lines above the names of its columns, and how many those are; the line of names has
    as many cells as the rows.
    """
    lines = [*itertools.islice(io.StringIO(content, newline=""), ABOVE + LOOKED_AT)]
    filled = [number for number, line in enumerate(lines) if line.strip()]
    for above, begin in enumerate(filled[:ABOVE]):
        some = [lines[number] for number in filled[above : above + LOOKED_AT]]
        for separator in SEPARATORS if len(some) > 1 else ():
            head, *rows = _cells(some, separator)
            fits = len(head) > 1 and {len(row) for row in rows} == {len(head)}
            if fits and (_are_names(head, rows) if above else not _begins_below(lines, begin, separator)):
                return content[sum(map(len, lines[:begin])) :], above
    return content, 0


def _begins_below(lines: Sequence[str], begin: int, separator: str) -> bool:
    """Whether names of columns and values follow an empty line: what is above them only looks like a table."""
    empty = [number for number, line in enumerate(lines) if number > begin and not line.strip()]
    for number in empty:
        head, *rows = _cells(lines[number : number + LOOKED_AT], separator)
        first, *others = _cells(lines[begin:number], separator)
        if _are_names(head, rows) and not _are_names(first, others):
            return True
    return False


def _cells(lines: Sequence[str], separator: str) -> list[list[str]]:
    """Returns the cells of the lines that are not empty; of one line without cells if they are no table."""
    try:
        return [*csv.reader(filter(str.strip, lines), delimiter=separator)] or [[]]
    except csv.Error:  # a quote that is never closed
        return [[]]


def _are_names(cells: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether these are names, all different and at most a series of numbers among them, with other values below."""
    names = [each.strip() for each in cells]
    while names and not names[-1]:
        names.pop()
    numbers = [each for each in names if _kind(each) != "text"]
    if len({*names} - {""}) != len(names) or len(numbers) == len(names) or not _are_a_series(numbers):
        return False
    below = ({_kind(row[n]) for row in rows if n < len(row)} - {"gap"} for n, _ in enumerate(names))
    return any(kinds and "text" not in kinds for kinds in below)


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
