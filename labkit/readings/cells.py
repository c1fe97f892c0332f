"""Numbers in the cells of a file as people write them: with decimal commas, marks for thousands, and words for gaps."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from labkit.errors import LabError
from labkit.readings.gaps import is_gap

SPACES = " \u00a0\u2009\u202f"  # also those that do not break a line, and thin ones
MINUS = "\u2212"  # that of typesetters
WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")  # that 64 bits hold
# Digits that are no number: 0042, a code such as +0222,1, and room 1E2.
NAME = re.compile(r"[+-]?(0[0-9]+|[0-9]{19,})|[+-]0[0-9]+,[0-9]+|[0-9]+[eE][0-9]+")
NATURAL = re.compile(r"\+?[0-9 ]+")
COUNTRY = re.compile(r"\+[0-9 ]+")
UNIT = re.compile(
    rf"(?P<before>[$€£¥]?[{SPACES}]?)(?P<number>[+\-{MINUS}]?[0-9](?:[0-9.,]|[{SPACES}](?=[0-9]))*([eE][+-]?[0-9]+)?)"
    rf"(?P<after>[{SPACES}]?[%‰°€]\S?|[{SPACES}][^\d]{{1,8}})?"
)
TRUTH = {"true": True, "false": False}
FLAGS = {-(10**n - 1) for n in range(2, 7)} | {-99.9, -999.9, -9999.9}  # what loggers write where nothing was measured
SPACED = re.compile(r"\+?[0-9]{1,3}( [0-9]{3})+")


@dataclass(frozen=True, eq=False)  # there are two
class Style:
    """How numbers are written: the mark before their decimals, and the other one, which may group thousands."""

    mark: str
    other: str
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        grouped = rf"[1-9][0-9]{{0,2}}(?P<group>[{self.other}'\u2019{SPACES}])[0-9]{{3}}(?:(?P=group)[0-9]{{3}})*"
        number = rf"(?:(?:{grouped}|[0-9]+)(?P<decimals>[{self.mark}][0-9]*)?|[{self.mark}][0-9]+)"
        object.__setattr__(self, "pattern", re.compile(rf"[+\-{MINUS}]?{number}(?:[eE][+-]?[0-9]+)?"))

    def number(self, cell: str) -> int | float | None:
        """Returns a cell as a number; None if it is none."""
        found = self.pattern.fullmatch(cell)
        if not found or NAME.fullmatch(cell) or (cell.count(self.other) > 2 and not found["decimals"]):  # an IP address
            return None
        plain = cell.replace(found["group"] or " ", "").replace(self.mark, ".").replace(MINUS, "-").removeprefix("+")
        return int(plain) if WHOLE.fullmatch(plain) else float(plain)

    def is_grouped(self, cell: str) -> bool:
        """Whether a number has a mark for thousands."""
        found = self.pattern.fullmatch(cell)
        return bool(found and found["group"])


POINT, COMMA = Style(".", ","), Style(",", ".")


class Column:
    """The cells of a column. `fits` are the styles in which most of them are numbers: two, if each gives others."""

    def __init__(self, name: str, cells: Iterable[str]) -> None:
        self.name = name
        found = Counter(cells)  # each cell is looked at once, however often it comes
        self._known = Counter({cell: many for cell, many in found.items() if not is_gap(cell, among_numbers=True)})
        self._unit = _unit_of(self._known)
        self._read = {style: self._numbers(style) for style in (POINT, COMMA)}
        self.fits = [] if self._has_names() else self._fitting()
        self.is_certain = len(self.fits) == 1
        if len(self.fits) == 2 and self._read[POINT] == self._read[COMMA]:
            self.fits = [POINT]
        self.style: Style | None = None  # as decided; None for text
        self._values: dict[str, Any] = {}  # of the cells that have been read

    def _numbers(self, style: Style) -> dict[str, int | float]:
        return {cell: number for cell in self._known if (number := style.number(self._bare(cell))) is not None}

    def _bare(self, cell: str) -> str:
        """Returns a cell without the unit of the column."""
        before, after = self._unit
        return cell.removeprefix(before).removesuffix(after).strip() if before or after else cell

    def _fitting(self) -> list[Style]:
        """Returns the styles in which most cells are numbers; none if there are more words."""
        many = {style: sum(self._known[cell] for cell in numbers) for style, numbers in self._read.items()}
        most = max(many.values())
        return [style for style in many if many[style] == most] if 2 * most > self._known.total() else []

    def _has_names(self) -> bool:
        """Whether digits are no numbers in this column: 0042, or telephone numbers such as +49 or 123 456."""
        numbers = [*self._read[POINT]]
        has_telephones = any(map(COUNTRY.fullmatch, numbers)) and all(map(NATURAL.fullmatch, numbers))
        has_only_groups = bool(numbers) and all(map(SPACED.fullmatch, numbers))
        return has_telephones or has_only_groups or any(map(NAME.fullmatch, self._known))

    def decide(self, style: Style | None, separator: str) -> None:
        """Choose how to read it; the certain columns of the file are in a `style`, if they are of one.

        Raises LabError if nothing tells.
        """
        if len(self.fits) < 2:
            self.style = next(iter(self.fits), None)
            return
        cell = next((each for each in self._read[COMMA] if "," in each), "")
        self.style = style or (POINT if not cell else COMMA if separator != "," else None)
        if not self.style:
            raise LabError(
                f"{self.name} is {cell!r}: {POINT.number(cell)} or {COMMA.number(cell)}? Nothing else in the file "
                "tells: write numbers without a mark for thousands, and with a decimal point."
            )

    def read(self, cell: str) -> Any:
        """Returns a cell as a number, if it is one; None for a gap; else as text."""
        if cell not in self._values:
            self._values[cell] = self._value(cell)
        return self._values[cell]

    def _value(self, cell: str) -> Any:
        if self.is_truth:
            return TRUTH.get(cell.lower())
        number = self._read[self.style].get(cell) if self.style else None
        return number if number is not None else None if is_gap(cell, bool(self.style)) else cell

    @property
    def is_truth(self) -> bool:
        """Whether all cells are true or false."""
        return bool(self._known) and all(cell.lower() in TRUTH for cell in self._known)

    @property
    def has_decimal_commas(self) -> bool:
        return self.style is COMMA and any("," in cell for cell in self._read[COMMA])

    def notes(self) -> Iterator[str]:
        """Yields what was assumed of its numbers, but for decimal commas."""
        numbers = self._read[self.style] if self.style else {}
        if grouped := next((cell for cell in numbers if self.style and self.style.is_grouped(cell)), None):
            yield f"{self.name}: {grouped} is {numbers[grouped]}"
        if name := next((cell for cell in self._known if self._read[POINT] and NAME.fullmatch(cell)), None):
            yield f"{self.name} is text, as {name} is no number"
        if numbers and any(self._unit):
            yield f"{self.name}: {(first := next(iter(numbers)))} is {numbers[first]}"
        if self.is_truth:
            yield f"{self.name} is true or false"
        yield from self._flags(numbers)
        words = [cell for cell in self._known if cell not in numbers]
        if numbers and words:
            many = sum(self._known[each] for each in words)
            of_all = f"{many} of {self._known.total()} values {'is' if many == 1 else 'are'}"
            yield f"{self.name}: {of_all} text, such as {words[0]!r:.40}"
        elif with_units := [cell for cell in words if (match := UNIT.fullmatch(cell)) and match[0] != match["number"]]:
            yield f"{self.name} is text, such as {with_units[0]!r:.40}"
        elif not self.style and self._read[POINT] and not self._has_names():
            of_all = f"{sum(self._known[cell] for cell in self._read[POINT])} of {self._known.total()} values"
            yield f"{self.name} is text, though {of_all} are numbers"

    def _flags(self, numbers: Mapping[str, int | float]) -> Iterator[str]:
        """Yields how often there is a number that stands apart from the others and usually says that there is none."""
        lowest, *others = sorted({*numbers.values()})[:2] or [0]
        if lowest in FLAGS and others and others[0] > lowest / 2:
            many = sum(self._known[cell] for cell, number in numbers.items() if number == lowest)
            times = "once" if many == 1 else f"{many} times"
            yield (
                f"{self.name} is {lowest} {times}: if that says that nothing was measured, leave it out, as in "
                f'readings[readings["{self.name}"] > {lowest}]'
            )


def _unit_of(cells: Iterable[str]) -> tuple[str, str]:
    """Returns what stands before and after the number in each cell of a column; empty if it is not the same in all."""
    found = {(match["before"], match["after"] or "") if (match := UNIT.fullmatch(cell)) else ("", "") for cell in cells}
    return found.pop() if len(found) == 1 else ("", "")
