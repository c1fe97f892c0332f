"""Brightspace: `41-77 - Anna Ek - Nov 26, 2026 112 PM - 02.ipynb`, or a folder of that name for each attempt.

The first number is the student's, the second one the assignment's.
"""

import re
from collections.abc import Callable

from labkit.grading.layouts import plain
from labkit.grading.layouts.layout import Layout, Place, Tree
from labkit.grading.times import MONTH

NAME = re.compile(
    r"(?P<id>\d+)-\d+ ?- (?P<name>.+?) ?- (?P<month>[A-Za-z]{3})[a-z]* (?P<day>\d{1,2}), (?P<year>\d{4}) "
    r"(?P<hour>\d{1,2})(?P<minute>\d\d) (?P<half>[AP])M(?: - (?P<own>.+))?"
)


def recognise(tree: Tree, _: Callable[[str], bool]) -> Layout | None:
    """Returns Brightspace's layout, if this is it."""
    is_it = tree.are_mostly(NAME, tree.entries)
    return Layout("Brightspace", lambda path: _place(tree.parts(path))) if is_it else None


def _place(parts: tuple[str, ...]) -> Place | None:
    found = NAME.fullmatch(parts[0]) if parts else None
    if not found:
        return plain.place(parts)
    month = next((number for name, number in MONTH.items() if name.startswith(found["month"].lower())), 0)
    hour = int(found["hour"]) % 12 + 12 * (found["half"] == "P")
    time = (int(found["year"]), month, int(found["day"]), hour, int(found["minute"]))
    own = parts[1:] or ((found["own"],) if found["own"] else ())
    return Place(f"{found['name']}_{found['id']}", (found["id"], found["name"]), time=time, own=own)
