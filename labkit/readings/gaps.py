"""What people write where nothing was measured."""

import re

ALWAYS = {"", "nan", "null", "none", "n/a", "#n/a", "<na>"}
# Elsewhere these may be somebody's words.
AMONG_NUMBERS = {
    "na",
    "n.a.",
    "k.a.",
    "-",
    "--",
    "---",
    "\u2013",
    "\u2014",
    "?",
    "nat",
    "inf",
    "-inf",
    "infinity",
    "-infinity",
}
OF_A_SHEET = re.compile(r"#[a-zäöü/0-9]+[!?]?")  # such as #DIV/0! or #NV, which a spreadsheet computes


def is_gap(cell: str, among_numbers: bool = False) -> bool:
    """Whether a cell, which may stand among numbers or times, says that there is nothing."""
    word = cell.strip().lower()
    return word in ALWAYS or (among_numbers and (word in AMONG_NUMBERS or bool(OF_A_SHEET.fullmatch(word))))
