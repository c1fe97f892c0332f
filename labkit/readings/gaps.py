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
    "\\n",  # of a database
    "undefined",
    "unavailable",
    "unknown",
}
OF_A_SHEET = re.compile(r"#[a-zäöü/0-9]+[!?]?")  # such as #DIV/0! or #NV, which a spreadsheet computes


def is_gap(cell: str, among_numbers: bool = False) -> bool:
    """Whether a cell, which may stand among numbers or times, says that there is nothing."""
    word = cell.strip().lower()
    if word in ALWAYS or not among_numbers:
        return word in ALWAYS
    return word in AMONG_NUMBERS or (word[0] == "#" and bool(OF_A_SHEET.fullmatch(word)))
