"""The files that were handed in with a notebook, such as a table for a project: it finds them in its folder."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from labkit.grading.archives import File
from labkit.grading.layouts.layout import NOTEBOOK, Place
from labkit.grading.notebooks import Unreadable

MOST, LARGEST = 50, 10 * 2**20  # files of one notebook, and bytes of all of them
MOST_OF_A_STUDENT = 1000
NUMBERED = re.compile(r"-\d+(?=\.[^.]+$)")  # data-1.csv

Beside = Mapping[str, File]  # by name, below the notebook's folder
Owned = Mapping[str, list[tuple[PurePosixPath, File]]]  # by student, under the names that the student gave


def owned(places: Mapping[PurePosixPath, Place], files: Mapping[PurePosixPath, File]) -> Owned:
    """Returns what is no notebook, by student."""
    found: dict[str, list[tuple[PurePosixPath, File]]] = {}
    for path, place in places.items():
        mine = found.setdefault(place.student, [])
        if place.own and not NOTEBOOK.search(path.name) and len(mine) < MOST_OF_A_STUDENT:
            mine.append((PurePosixPath(*place.own), files[path]))
    return found


def of(notebook: Place, mine: Iterable[tuple[PurePosixPath, File]], numbers: bool) -> dict[str, File]:
    """Returns the files in the folder of a notebook and below. If the LMS `numbers` what is handed in again, such a
    file is there under its first name, too.
    """
    if not notebook.own:
        return {}
    folder = PurePosixPath(*notebook.own).parent
    found = {str(path.relative_to(folder)): file for path, file in mine if path.is_relative_to(folder)}
    again = {NUMBERED.sub("", name): file for name, file in found.items()} if numbers else {}
    return again | found


def read(files: Beside) -> dict[str, bytes]:
    """Returns the content of files, of as many as a notebook gets; what cannot be read is left out."""
    found: dict[str, bytes] = {}
    left = LARGEST
    for name, file in sorted(files.items())[:MOST]:
        if file.size > left:  # nobody's bomb is unpacked
            continue
        try:
            found[name] = file.read(left)
        except Unreadable:
            continue
        left -= len(found[name])
    return found


def digest(contents: Mapping[str, bytes]) -> str:
    """Returns a fingerprint; empty if there is nothing."""
    parts = [part for name, content in contents.items() for part in (name.encode(errors="surrogatepass"), content)]
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest() if parts else ""
