"""The notebooks that an LMS hands over: a folder or zip, named as Moodle, Canvas, nbgrader or plain folders do."""

import calendar
import datetime
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from zoneinfo import ZoneInfo

from labkit.errors import LabError
from labkit.grading import notebooks
from labkit.grading.escaping import one_line
from labkit.grading.notebooks import Cell

LARGEST = 200 * 2**20  # bytes of one notebook
MOST = 4 * 2**30  # bytes of a whole zip, unpacked

MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_file")
CANVAS = re.compile(r"(?P<name>[^_/]+)_(?P<late>LATE_)?(?P<id>\d+)_(?P<number>\d+)_.+")
EARLIEST = (1980, 1, 1, 0, 0, 0)  # that a zip can say
OTHER = "it is not a notebook"
STAMP = "timestamp.txt"  # nbgrader's, beside the notebooks


@dataclass(frozen=True)
class Submission:
    """One student's file. `problem` says why it cannot be read, if it cannot.

    Students are named as in the LMS's file names: `anna`, or with a number that only the LMS knows, `Anna Ek_4711`.
    """

    student: str
    file: str
    modified: float  # epoch seconds
    cells: tuple[Cell, ...] = ()
    problem: str = ""
    clock: str = ""  # where the time comes from, if not from the LMS

    @property
    def said_late(self) -> bool | None:
        """Whether the file was late according to its name, in which Canvas says so; None for other files."""
        found = CANVAS.fullmatch(PurePosixPath(self.file).name)
        return bool(found["late"]) if found else None


def read(path: Path) -> list[Submission]:
    """Returns every notebook in a folder or zip, by student and time; for students without any, their other files.

    Raises LabError if there is no such folder or zip, or if it holds no notebook.
    """
    if path.is_dir():
        found = [*_in_folder(path)]
    elif zipfile.is_zipfile(path):
        found = [*_in_zip(path)]
    else:
        own = " For a notebook of your own: lab grade --try." if path.suffix == ".ipynb" else ""
        raise LabError(f"There is no folder or zip of submissions at {path}.{own}")
    have_notebooks = {each.student for each in found if each.problem != OTHER}
    found = [each for each in found if each.problem != OTHER or each.student not in have_notebooks]
    if not have_notebooks:
        raise LabError(f"There is no notebook in {path}: it needs files such as STUDENT/02_filter_exercises.ipynb.")
    return sorted(found, key=lambda each: (each.student, each.modified, each.file))


def one(file: Path) -> Submission:
    """Reads a single notebook. Raises LabError if there is no such file."""
    if not file.is_file():
        raise LabError(f"There is no notebook at {file}.")
    return _submission(PurePosixPath(file.name), file.stat().st_mtime, "file", *_read(file, LARGEST))


def _in_folder(folder: Path) -> Iterator[Submission]:
    for directory, _, names in os.walk(folder):  # which follows no symlinks
        stamp = _stamped(_read(Path(directory) / STAMP, 100)[0])
        for name in sorted(names):
            file = Path(directory) / name
            path = PurePosixPath(file.relative_to(folder).as_posix())
            if _was_handed_in(path):
                read = _read(file, LARGEST) if file.suffix == ".ipynb" else (b"", OTHER)
                yield _submission(path, stamp or file.lstat().st_mtime, "" if stamp else "file", *read)


def _was_handed_in(path: PurePosixPath) -> bool:
    """Whether a file can be a student's, not one that an editor, a system or the LMS itself put there."""
    hidden = any((part.startswith(".") and part not in (".", "..")) or part == "__MACOSX" for part in path.parts)
    is_somebodys = path.suffix == ".ipynb" or len(path.parts) > 1 or bool(CANVAS.fullmatch(path.name))
    return is_somebodys and not hidden and path.name != STAMP


def _submission(path: PurePosixPath, modified: float, clock: str, content: bytes, problem: str) -> Submission:
    try:
        cells = () if problem else tuple(notebooks.cells(content))
    except notebooks.Unreadable as reason:
        cells, problem = (), str(reason)
    return Submission(student_of(path), one_line(str(path)), modified, cells, problem, clock)


def _read(file: Path, limit: int) -> tuple[bytes, str]:
    """Returns the content of a file, or why it cannot be read."""
    try:
        status = file.lstat()
        if not stat.S_ISREG(status.st_mode):
            return b"", "it is no regular file, but a link"
        return (file.read_bytes(), "") if status.st_size <= limit else (b"", f"it is larger than {limit // 2**20} MB")
    except OSError as error:
        return b"", str(error.strerror)


def _stamped(text: bytes) -> float | None:
    """Returns the time in nbgrader's timestamp.txt, such as `2026-11-26 15:58:23.948203 UTC`, in epoch seconds."""
    said = re.fullmatch(r"(\S+(?: \S+)??)(?: ([A-Z]\S*))?", text.decode(errors="replace").strip())
    try:
        time, zone = said.groups() if said else ("", "")
        found = datetime.datetime.fromisoformat(time)
        return (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone or "UTC"))).timestamp()
    except (ValueError, OSError, KeyError):  # no such time, no such zone
        return None


def _in_zip(file: Path) -> Iterator[Submission]:
    left = MOST
    with zipfile.ZipFile(file) as archive:
        # Of entries of the same name the last one counts, as for everything that unpacks zips.
        entries = {PurePosixPath(each.filename): each for each in archive.infolist() if not each.is_dir()}
        stamps = {
            path.parent: _stamped(_unpacked(archive, each, 100)[0])
            for path, each in entries.items()
            if path.name == STAMP
        }
        for path, entry in entries.items():
            if _was_handed_in(path):
                is_notebook = path.suffix == ".ipynb"
                content, problem = _unpacked(archive, entry, min(LARGEST, left)) if is_notebook else (b"", OTHER)
                left -= len(content)
                stamp = stamps.get(path.parent)
                yield _submission(path, stamp or _time(entry), "" if stamp else "zip", content, problem)


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int) -> tuple[bytes, str]:
    """Returns the content of a zip entry, or why it cannot be read."""
    path = PurePosixPath(entry.filename)
    if path.is_absolute() or ".." in path.parts:
        return b"", "its name leads out of the zip"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return b"", "it is no regular file, but a link"
    try:
        with archive.open(entry) as stream:
            content = stream.read(limit + 1)  # whatever size the zip claims
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, zlib.error, EOFError) as error:
        return b"", f"it cannot be unpacked: {error}"
    return (content, "") if len(content) <= limit else (b"", "it is too large when it is unpacked")


def _time(entry: zipfile.ZipInfo) -> float:
    """Returns the time of a zip entry, taken as UTC: zips have no time zone. Some programs write none at all, or one
    that no calendar has: this counts as the earliest.
    """
    try:
        return float(calendar.timegm((*entry.date_time, 0, 0, 0)))
    except ValueError:
        return float(calendar.timegm(EARLIEST))


def student_of(path: PurePosixPath) -> str:
    """Returns the student that a file belongs to, by its path in the folder or zip."""
    parts = [one_line(part) for part in path.parts if part not in ("/", "..", ".")] or ["unknown"]
    if parts[0] == "submitted" and len(parts) > 2:  # nbgrader: submitted/<student>/<assignment>/<file>
        return parts[1]
    for found in (*map(MOODLE.match, parts), CANVAS.fullmatch(parts[-1])):
        if found:  # two students may have the same name
            return f"{found['name']}_{found['id']}"
    return parts[0] if len(parts) > 1 else parts[0].removesuffix(".ipynb")
