"""Moodle: `Anna Ek_4711_assignsubmission_file_/02.ipynb`, or all that in the name of a file.

Moodle writes names without underscores, the number of the participant, and the plugin that took the file. It reads
feedback in the same way. Before Moodle 4.1 the name of a folder ends in an underscore.
"""

import re
from collections.abc import Callable

from labkit.grading.layouts import plain
from labkit.grading.layouts.layout import Layout, Place, Tree

NAME = re.compile(r"(?P<name>[^_/]+)_(?P<id>\d+)_assignsubmission_[a-z]+(_(?P<own>.*))?")


def recognise(tree: Tree, _: Callable[[str], bool]) -> Layout | None:
    """Returns Moodle's layout, if this is it."""
    return Layout("Moodle", lambda path: _place(tree.parts(path))) if tree.are_mostly(NAME, tree.entries) else None


def _place(parts: tuple[str, ...]) -> Place | None:
    found = NAME.fullmatch(parts[0]) if parts else None
    if not found:
        return plain.place(parts)
    own = parts[1:] or ((found["own"],) if found["own"] else ())
    return Place(f"{found['name']}_{found['id']}", (found["id"], found["name"]), own=own)


def feedback(name: str, number: str) -> str:
    """Returns the folder in which Moodle looks for a participant's feedback."""
    plain = re.sub(r"[_/\\]+", " ", name).strip() or "Participant"
    return f"{plain}_{number}_assignfeedback_file_/"
