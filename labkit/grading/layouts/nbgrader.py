"""nbgrader: `submitted/aek/week2/02.ipynb`, with a `timestamp.txt` for each assignment, in the folder of the course.

Beside `submitted` there may be `source`, `release`, `autograded` and `feedback`, in which nobody hands anything in.
Some courses have the assignment above the student.
"""

from collections.abc import Callable
from pathlib import PurePosixPath

from labkit.errors import LabError
from labkit.grading.layouts.layout import Layout, Place, Tree, shown

SUBMITTED, STAMP = "submitted", "timestamp.txt"
TEMPLATES = ("source", "release")  # in which there is a folder for each assignment


def recognise(tree: Tree, knows: Callable[[str], bool]) -> Layout | None:
    """Returns nbgrader's layout, if this is it. Raises LabError if it is unclear which of its folders are students."""
    if SUBMITTED not in tree.folders:
        return None
    submitted = tree.below(SUBMITTED)
    swapped = _is_swapped(submitted, {name for each in TEMPLATES for name in tree.below(each).folders}, knows)
    levels = " (assignments above students)" if swapped else ""
    return Layout(f"nbgrader{levels}", lambda path: _place(submitted, path, swapped))


def _is_swapped(submitted: Tree, assignments: set[str], knows: Callable[[str], bool]) -> bool:
    outer, inner = submitted.folders, {each[1] for each in submitted.files if len(each) > 2}
    if any(map(knows, outer)):
        return False
    if any(map(knows, inner)):
        return True
    if assignments & (outer ^ inner):
        return bool(assignments & outer)
    if len(outer) == 1 and len(inner) > 1:
        name = shown(min(outer))
        raise LabError(
            f"{SUBMITTED}/{name} holds several folders: is {name!r} a student or an assignment? "
            "Name the students in [roster] of the course file, and it is clear."
        )
    return False


def _place(submitted: Tree, path: PurePosixPath, swapped: bool) -> Place | None:
    parts = submitted.parts(path)
    if len(parts) < 2 + swapped:
        return None
    stamp = PurePosixPath(*path.parts[: len(submitted.root) + 2], STAMP) if len(parts) > 2 else None
    return Place(parts[1] if swapped else parts[0], stamp=stamp, own=parts[1 + swapped :])
