"""The notebooks of a class: whose they are, when they were handed in, and what is in them."""

import datetime
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from labkit.errors import LabError
from labkit.grading import archives, beside, layouts, notebooks, times
from labkit.grading.archives import File
from labkit.grading.beside import Beside
from labkit.grading.escaping import one_line
from labkit.grading.layouts.layout import NOTEBOOK, Place
from labkit.grading.notebooks import Cell, Unreadable
from labkit.grading.roster import Roster, how_many, knows
from labkit.grading.times import Zone

LARGEST = 50 * 2**20  # bytes of one notebook
MOST = 50  # notebooks of one student
OTHER = "it is not a notebook"
KINDS = {
    ".zip": "but an archive, which is not opened: unpack it",
    ".7z": "but an archive, which is not opened: unpack it",
    ".py": "but a program",
    ".html": "but a page made of one",
    ".pdf": "but a document",
    ".crdownload": "but a download that never ended",
    ".part": "but a download that never ended",
}
STAMP_SIZE = 100  # bytes


@dataclass(frozen=True)
class Submission:
    """One student's file. `problem` says why it cannot be read, if it cannot.

    Students are named as the layout has it, and `calls` is what else the LMS calls them; see `layouts.Place`. `beside`
    is what was handed in with it.
    """

    student: str
    file: str
    modified: float  # epoch seconds
    cells: tuple[Cell, ...] = ()
    problem: str = ""
    clock: str = ""  # where the time comes from, if not from the LMS
    calls: tuple[str, ...] = ()
    said_late: bool | None = None  # by the LMS; None if it does not say
    beside: Beside = field(default_factory=dict, compare=False)


def read(
    path: Path,
    roster: Roster | None = None,
    zone: Zone = datetime.UTC,
    say: Callable[[str], object] = lambda _: None,
) -> list[Submission]:
    """Returns every notebook in a folder or zip, by student and time; for students without any, their other files.

    The roster helps to tell students from other folders; `say` is told the layout. Raises LabError if there is no such
    folder or zip, if it holds no notebook, or if its layout is unclear.
    """
    with archives.opened(path, zone) as everything:
        files = _handed_in(everything)
        layout = layouts.decide(files, knows(roster or {}))
        places = {path: place for path in files if (place := layout.place(path))}
        stamps = {place.stamp for place in places.values()}
        places = {path: place for path, place in places.items() if path not in stamps}
        found = _read(places, files, zone, layout.numbers)
    have_notebooks = {each.student for each in found if not each.problem.startswith(OTHER)}
    if not have_notebooks:
        raise LabError(f"There is no notebook in {path}: it needs files such as STUDENT/02_filter_exercises.ipynb.")
    say(f"{path}: {layout.name}, {how_many(len({each.student for each in found}))}")
    found = [each for each in found if not each.problem.startswith(OTHER) or each.student not in have_notebooks]
    return sorted(found, key=lambda each: (each.student, each.modified, each.file))


def one(file: Path) -> Submission:
    """Reads a single notebook. Raises LabError if there is no such file."""
    if not file.is_file():
        raise LabError(f"There is no notebook at {file}.")
    read = _submission(archives.single(file, file.parent), Place(file.stem), {}, LARGEST, None)
    return replace(read, beside={each.name: archives.single(each, file.parent) for each in _others_beside(file)})


def _others_beside(file: Path) -> list[Path]:
    others = (each for each in file.parent.iterdir() if each.is_file() and not NOTEBOOK.search(each.name))
    return [each for each in others if not each.name.startswith(".")]


def _handed_in(files: Sequence[File]) -> dict[PurePosixPath, File]:
    """Returns files by path, without what an editor or a system has put there. A path that leads out replaces none."""
    visible = [(_cleaned(each.path), each) for each in files if not _is_hidden(each.path)]
    return dict(sorted(visible, key=lambda each: (each[0] == each[1].path, each[0])))


def _cleaned(path: PurePosixPath) -> PurePosixPath:
    return PurePosixPath(*(each for each in path.parts if each not in ("/", "//", "..")))


def _is_hidden(path: PurePosixPath) -> bool:
    return any((part.startswith(".") and part != "..") or part == "__MACOSX" for part in path.parts)


def _read(
    places: Mapping[PurePosixPath, Place], files: Mapping[PurePosixPath, File], zone: Zone, numbers: bool
) -> list[Submission]:
    """Reads what belongs to students, so much of each that nobody's files cost another a mark."""
    count: Counter[str] = Counter()
    owned = beside.owned(places, files)
    found = []
    for path, place in places.items():
        count[place.student] += bool(NOTEBOOK.search(path.name))
        limit = LARGEST if count[place.student] <= MOST else 0
        read = _submission(files[path], place, files, limit, zone)
        found.append(replace(read, beside=beside.of(place, owned[place.student], numbers)) if read.cells else read)
    return found


def _submission(file: File, place: Place, files: Mapping[PurePosixPath, File], limit: int, zone: Zone) -> Submission:
    cells: Sequence[Cell] = ()
    problem = ""
    try:
        cells = _cells(file, limit)
    except Unreadable as reason:
        problem = str(reason)
    modified, clock = _time(file, place, files, zone)
    name = one_line(str(file.path))
    return Submission(place.student, name, modified, tuple(cells), problem, clock, place.calls, place.said_late)


def _cells(file: File, limit: int) -> Sequence[Cell]:
    if file.path.name != "*" and not NOTEBOOK.search(file.path.name):
        raise Unreadable(" ".join(filter(None, [OTHER, KINDS.get(file.path.suffix.lower())])))
    if not limit:
        raise Unreadable(f"more than {MOST} notebooks are not read")
    return notebooks.cells(file.read(limit))


def _time(file: File, place: Place, files: Mapping[PurePosixPath, File], zone: Zone) -> tuple[float, str]:
    """Returns when a file was handed in, and whose time that is, if it is not the LMS's."""
    if said := times.of(place.time, zone) if place.time else None:
        return said, ""
    if not place.stamp or place.stamp not in files:
        return file.modified, file.clock
    try:
        stamp = times.of_nbgrader(files[place.stamp].read(STAMP_SIZE).decode(errors="replace"), zone)
    except Unreadable:
        stamp = None
    return (stamp, "") if stamp else (file.modified, f"{file.clock}, as {place.stamp.name} cannot be read")
