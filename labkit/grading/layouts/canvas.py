"""Canvas: `ekanna_LATE_98765_1234567_02.ipynb`, all in one folder, or `anon_x7Kp2_…` if it grades anonymously.

The name is in lower case. The number is the student's, the second one the file's; then comes the name that the student
has given, if it is a file and not a text or a link. LATE says that it came late, but not by how much.
"""

import re
from collections.abc import Callable

from labkit.grading.layouts import plain
from labkit.grading.layouts.layout import Layout, Place, Tree

NAME = re.compile(
    r"(?P<before>(?:(?P<late_>LATE_)?anon_(?P<anonymous>[A-Za-z0-9]{5})|(?P<name>.+?)_(?P<late>LATE_)?(?P<id>\d+))"
    r"_(?P<number>\d+_)?)"
    r"(?(number).+|(?:text|link)\.html)"
)


def recognise(tree: Tree, _: Callable[[str], bool]) -> Layout | None:
    """Returns Canvas's layout, if this is it."""
    files = tree.entries - tree.folders
    is_it = tree.are_mostly(NAME, files)
    return Layout("Canvas", lambda path: _place(tree.parts(path)), numbers=True) if is_it else None


def _place(parts: tuple[str, ...]) -> Place | None:
    found = NAME.fullmatch(parts[0]) if len(parts) == 1 else None
    if not found:
        return plain.place(parts)
    number = found["id"] or found["anonymous"]
    own = (parts[0].removeprefix(found["before"]),) if found["number"] else ()
    return Place(f"{found['name'] or 'anon'}_{number}", (number,), bool(found["late"] or found["late_"]), own=own)


def feedback(file: str) -> str:
    """Returns how the name of a commented file begins, so that Canvas finds the submission; empty if it cannot."""
    found = NAME.fullmatch(file)
    return found["before"] if found and found["number"] else ""
