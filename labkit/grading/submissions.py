"""The notebooks that an LMS hands over: a folder or zip, named as Moodle, Canvas, nbgrader or plain folders do."""

import calendar
import os
import re
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from labkit.errors import LabError

LARGEST = 200 * 2**20  # bytes of one notebook
MOST = 4 * 2**30  # bytes of a whole zip, unpacked

MOODLE = re.compile(r"(?P<student>.+?)_(?P<id>\d+)_assignsubmission_file")
CANVAS = re.compile(r"(?P<student>[^_/]+)_(?:LATE_)?(?P<id>\d+)_(?P<number>\d+)_.+\.ipynb")


@dataclass(frozen=True)
class Submission:
    """One file of one student. `problem` says why it cannot be read, if it cannot."""

    student: str
    file: str
    modified: float  # epoch seconds
    content: bytes = b""
    problem: str = ""


def read(path: Path) -> list[Submission]:
    """Every notebook in a folder or zip, and every file that should have been one, in order of student and time.

    Raises LabError if there is no such folder or zip, or if it holds no notebook.
    """
    if path.is_dir():
        found = [*_in_folder(path)]
    elif zipfile.is_zipfile(path):
        found = [*_in_zip(path)]
    else:
        raise LabError(f"There is no folder or zip of submissions at {path}.")
    if not found:
        raise LabError(f"There is no notebook in {path}: it needs files such as STUDENT/02_filter_exercises.ipynb.")
    return sorted(found, key=lambda each: (each.student, each.modified, each.file))


def _in_folder(folder: Path) -> Iterator[Submission]:
    for directory, _, names in os.walk(folder):  # which follows no symlinks
        for name in sorted(names):
            file = Path(directory) / name
            if file.suffix == ".ipynb":
                yield _of_file(file, PurePosixPath(file.relative_to(folder).as_posix()))


def _of_file(file: Path, place: PurePosixPath) -> Submission:
    student, status = student_of(place), file.lstat()
    if stat.S_ISLNK(status.st_mode) or not stat.S_ISREG(status.st_mode):
        return Submission(student, str(place), status.st_mtime, problem="it is no regular file, but a link")
    if status.st_size > LARGEST:
        return Submission(student, str(place), status.st_mtime, problem=f"it is larger than {LARGEST // 2**20} MB")
    try:
        return Submission(student, str(place), status.st_mtime, file.read_bytes())
    except OSError as error:
        return Submission(student, str(place), status.st_mtime, problem=str(error.strerror))


def _in_zip(path: Path) -> Iterator[Submission]:
    left = MOST
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            place = PurePosixPath(entry.filename)
            if entry.is_dir() or place.suffix != ".ipynb":
                continue
            yield _of_entry(archive, entry, place, min(LARGEST, left))
            left -= min(entry.file_size, LARGEST)


def _of_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, place: PurePosixPath, limit: int) -> Submission:
    student, modified = student_of(place), _time(entry)
    if place.is_absolute() or ".." in place.parts:
        return Submission(student, entry.filename, modified, problem="its name leads out of the zip")
    if stat.S_ISLNK(entry.external_attr >> 16):
        return Submission(student, entry.filename, modified, problem="it is no regular file, but a link")
    try:
        with archive.open(entry) as stream:
            content = stream.read(limit + 1)  # whatever size the zip claims
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
        return Submission(student, entry.filename, modified, problem=f"it cannot be unpacked: {error}")
    if len(content) > limit:
        return Submission(student, entry.filename, modified, problem="it is too large when it is unpacked")
    return Submission(student, entry.filename, modified, content)


def _time(entry: zipfile.ZipInfo) -> float:
    """The time of a zip's entry, taken for UTC: zips know no time zone."""
    return float(calendar.timegm((*entry.date_time, 0, 0, 0)))


def student_of(place: PurePosixPath) -> str:
    """The student that a file belongs to, by its place in the folder or zip."""
    parts = [part for part in place.parts if part not in ("/", "..", ".")] or ["unknown"]
    if parts[0] == "submitted" and len(parts) > 2:  # nbgrader: submitted/<student>/<assignment>/<file>
        return parts[1]
    for part in parts:
        if found := MOODLE.match(part):
            return found["student"]
    if found := CANVAS.fullmatch(parts[-1]):
        return found["student"]
    return parts[0] if len(parts) > 1 else parts[0].removesuffix(".ipynb")
