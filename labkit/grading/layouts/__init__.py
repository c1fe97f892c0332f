"""How the files of a class are named: as a learning management system or nbgrader does, or plainly, with a folder for
each.

The layout is decided once, from the names that the LMS or the instructor has given. What is below a student's folder,
or behind the part of a file name that the LMS has written, is the student's: it decides nothing.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePosixPath

from labkit.grading.layouts import blackboard, brightspace, canvas, ilias, moodle, nbgrader, plain
from labkit.grading.layouts.layout import Layout, Place, Tree, shown

__all__ = ["Layout", "Place", "decide"]

LMS = tuple(each.recognise for each in (nbgrader, moodle, blackboard, brightspace, canvas, ilias))
DEEPEST = 4  # folders around a class

Knows = Callable[[str], bool]


def decide(paths: Iterable[PurePosixPath], knows: Knows = lambda _: False) -> Layout:
    """Returns the layout of these files. `knows` says whether the roster has a student of this name.

    Raises LabError if the files can be understood in two ways.
    """
    tree = Tree(each.parts for each in paths if each.parts)
    return _recognised(tree, knows) or _inside(tree, knows) or plain.layout(tree)


def _recognised(tree: Tree, knows: Knows) -> Layout | None:
    return next((found for each in LMS if (found := each(tree, knows))), None)


def _inside(tree: Tree, knows: Knows) -> Layout | None:
    """Returns the layout in the one folder around everything; None if there is none, or if it is a student's."""
    while len(tree.root) < DEEPEST and (folder := tree.only_folder):
        if knows(shown(folder)):
            return None
        tree = tree.below(folder)
        if (found := _recognised(tree, knows)) and _is_a_class(_places(found, tree), knows):
            return found
        if tree.folders == tree.entries and (len(tree.folders) > 1 or any(map(knows, map(shown, tree.folders)))):
            return plain.layout(tree)
    return None


def _is_a_class(places: Sequence[Place], knows: Knows) -> bool:
    """Whether the folder around these is not a student's: it holds several students, or one whom the roster has."""
    return len({each.student for each in places}) > 1 or any(knows(name) for each in places for name in each.names)


def _places(layout: Layout, tree: Tree) -> list[Place]:
    places = (layout.place(PurePosixPath(*tree.root, *parts)) for parts in tree.files)
    return [each for each in places if each]
