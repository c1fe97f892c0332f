"""ILIAS: `Ek_Anna_aek_4711/02.ipynb`, with the login and the number of the user."""

import re
from collections.abc import Callable

from labkit.grading.layouts import plain
from labkit.grading.layouts.layout import Layout, Place, Tree

NAME = re.compile(r"(?P<last>[^_/]+)_(?P<first>[^_/]+)_(?P<login>[^/]+)_(?P<id>\d+)")


def recognise(tree: Tree, _: Callable[[str], bool]) -> Layout | None:
    """Returns the layout of ILIAS, if this is it."""
    return Layout("ILIAS", lambda path: _place(tree.parts(path))) if tree.are_mostly(NAME, tree.folders) else None


def _place(parts: tuple[str, ...]) -> Place | None:
    found = NAME.fullmatch(parts[0]) if len(parts) > 1 else None
    if not found:
        return plain.place(parts)
    return Place(parts[0], (found["id"], found["login"], f"{found['first']} {found['last']}"), own=parts[1:])
