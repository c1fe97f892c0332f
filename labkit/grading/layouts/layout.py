"""What a layout says about a file, and the tree that it is recognised by."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from labkit.grading.escaping import one_line

NOTEBOOK = re.compile(r"\.ipynb(\.json|\.txt)?$", re.IGNORECASE)  # some browsers add to the name


@dataclass(frozen=True)
class Place:
    """Whose a file is.

    `student` is as the LMS's names have it: `aek`, or with a number that only the LMS knows, `Anna Ek_4711`. `calls` is
    what else the LMS calls this student: the number, the name, a login. `said_late` is None if the layout does not say.
    `stamp` is the file with the time at which this one was handed in, or `time` (year, month, day, hour and so on, by
    the LMS's clock) that time itself, if the layout has one. `own` is the path that the student gave it, empty if
    nobody knows.
    """

    student: str
    calls: tuple[str, ...] = ()
    said_late: bool | None = None
    stamp: PurePosixPath | None = None
    time: tuple[int, ...] = ()
    own: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All that the student is called."""
        return (self.student, *self.calls)


@dataclass(frozen=True)
class Layout:
    """A way to name the files of a class. `place` says where a file belongs; None if it is no student's. It may number
    files of the same name (`02-1.ipynb`) that are handed in again.
    """

    name: str
    place: Callable[[PurePosixPath], Place | None]
    numbers: bool = False


class Tree:
    """Files by the parts of their paths below a folder, `root`."""

    def __init__(self, files: Iterable[tuple[str, ...]], root: tuple[str, ...] = ()) -> None:
        self.root = root
        self.files = [*files]
        self.entries = {parts[0] for parts in self.files}
        self.folders = {parts[0] for parts in self.files if len(parts) > 1}

    @property
    def only_folder(self) -> str:
        """The folder around everything: beside it there is no other, and no notebook. Empty if there is none."""
        others = {each for each in self.entries - self.folders if NOTEBOOK.search(each)}
        return min(self.folders) if len(self.folders) == 1 and not others else ""

    def below(self, folder: str) -> "Tree":
        """Returns the tree in one of its folders."""
        return Tree((each[1:] for each in self.files if each[0] == folder and len(each) > 1), (*self.root, folder))

    def parts(self, path: PurePosixPath) -> tuple[str, ...]:
        """Returns a path below the root, each part as a name that can be shown; empty if it is not below."""
        depth = len(self.root)
        return tuple(map(shown, path.parts[depth:])) if path.parts[:depth] == self.root else ()

    def are_mostly(self, pattern: re.Pattern[str], entries: Iterable[str]) -> bool:
        """Whether more than half of the first level are these entries, and match: no single name decides. Files that
        neither match nor are notebooks, such as an instructor's notes, do not count.
        """
        matching = {each for each in entries if pattern.fullmatch(shown(each))}
        counted = matching | self.folders | {each for each in self.entries if NOTEBOOK.search(each)}
        return 2 * len(matching) > len(counted)


def shown(name: str) -> str:
    """Returns a name on one line, in the normal form NFC: a Mac writes the same name in another."""
    return one_line(unicodedata.normalize("NFC", name))


def stem(name: str) -> str:
    """Returns the name of a notebook without its ending."""
    return NOTEBOOK.sub("", name)
