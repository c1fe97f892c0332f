"""Blackboard: `Week 2_ekanna_attempt_2026-11-26-13-12-00_02.ipynb`, all in one folder, with a text for each attempt.

The name of the work comes first, then the login and the time; a login with an underscore is taken for a part of it.
"""

import re
from collections.abc import Callable

from labkit.grading.layouts import plain
from labkit.grading.layouts.layout import Layout, Place, Tree

# The first that fits is Blackboard's: a student's own name for the file may look the same.
NAME = re.compile(r".+?_(?P<login>[^_]+)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?:_(?P<own>.+)|\.txt)")


def recognise(tree: Tree, _: Callable[[str], bool]) -> Layout | None:
    """Returns Blackboard's layout, if this is it."""
    is_it = tree.are_mostly(NAME, tree.entries - tree.folders)
    return Layout("Blackboard", lambda path: _place(tree.parts(path))) if is_it else None


def _place(parts: tuple[str, ...]) -> Place | None:
    found = NAME.fullmatch(parts[0]) if len(parts) == 1 else None
    if not found:
        return plain.place(parts)
    own = (found["own"],) if found["own"] else ()
    return Place(found["login"], time=tuple(map(int, found["time"].split("-"))), own=own)
