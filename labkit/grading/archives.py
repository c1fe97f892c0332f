"""The files in a folder or zip. A file that cannot be read says why, and stops nothing else."""

import contextlib
import os
import stat
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NoReturn

from labkit.errors import LabError
from labkit.grading import times
from labkit.grading.notebooks import Unreadable
from labkit.grading.times import Zone

UTF8 = 0x800  # the flag of a zip entry whose name is in UTF-8


@dataclass(frozen=True)
class File:
    """A file of a class. `read` returns its content, up to a number of bytes, or raises Unreadable; also later.

    `modified` is in epoch seconds, and `clock` says whose time that is: the file's or the zip's. No more than
    `size` bytes can be read.
    """

    path: PurePosixPath
    modified: float
    clock: str
    read: Callable[[int], bytes]
    size: int = 0


@contextlib.contextmanager
def opened(path: Path, zone: Zone) -> Iterator[list[File]]:
    """Yields the files in a folder or zip, in which times are of that zone. Raises LabError if it can be neither."""
    if path.is_dir():
        yield [*_in_folder(path)]
        return
    if not zipfile.is_zipfile(path):
        own = " For a notebook of your own: lab grade --try." if path.suffix == ".ipynb" else ""
        raise LabError(f"There is no folder or zip of submissions at {path}.{own}")
    try:
        archive = zipfile.ZipFile(path)
    except Exception as error:  # of which a damaged directory can raise almost any
        raise LabError(f"{path} is a damaged zip ({error}): download it once more.") from None
    with archive:
        yield _in_zip(archive, zone)


def _in_folder(folder: Path) -> Iterator[File]:
    closed: list[OSError] = []
    for directory, folders, names in os.walk(folder, onerror=closed.append):  # which follows no symlinks
        folders.sort()
        yield from (single(Path(directory, name), folder) for name in sorted(names))
    for error in closed:
        path = PurePosixPath(Path(error.filename).relative_to(folder).as_posix(), "*")
        yield File(path, times.EARLIEST, "file", partial(_refuse, f"the folder cannot be read: {error.strerror}"))


def single(file: Path, folder: Path) -> File:
    """Returns a file that is in a folder."""
    path = PurePosixPath(file.relative_to(folder).as_posix())
    try:
        status = file.lstat()
    except OSError as error:
        return File(path, times.EARLIEST, "file", partial(_refuse, str(error.strerror)))
    if not stat.S_ISREG(status.st_mode):
        return File(path, times.EARLIEST, "file", partial(_refuse, "it is no regular file, but a link"))
    return File(path, times.believed(status.st_mtime), "file", partial(_content, file), status.st_size)


def _refuse(reason: str, _: int) -> NoReturn:
    raise Unreadable(reason)


def _content(file: Path, limit: int) -> bytes:
    try:
        with file.open("rb") as opened:
            return _within(opened.read(limit + 1), limit)
    except OSError as error:
        raise Unreadable(str(error.strerror)) from None


def _in_zip(archive: zipfile.ZipFile, zone: Zone) -> list[File]:
    # Of entries of the same name the last one counts, as for everything that unpacks zips.
    entries = {_path(each): each for each in archive.infolist() if not each.is_dir()}
    return [
        File(
            path,
            times.of(each.date_time, zone) or times.EARLIEST,
            "zip",
            partial(_unpacked, archive, each),
            each.file_size,
        )
        for path, each in entries.items()
    ]


def _path(entry: zipfile.ZipInfo) -> PurePosixPath:
    """Returns the path of an entry. Many programs write names in UTF-8 without saying so, some with backslashes."""
    name = entry.filename
    if not entry.flag_bits & UTF8:
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode()
    return PurePosixPath(name.replace("\\", "/"))


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int) -> bytes:
    path = _path(entry)
    if path.is_absolute() or ".." in path.parts:
        raise Unreadable("its name leads out of the zip")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise Unreadable("it is no regular file, but a link")
    try:
        with _again(archive) as opened, opened.open(entry) as stream:
            content = stream.read(limit + 1)  # whatever size the zip claims
    except Exception as error:  # of which a damaged entry can raise almost any
        raise Unreadable(f"it cannot be unpacked: {error}") from None
    return _within(content, limit)


def _again(archive: zipfile.ZipFile) -> contextlib.AbstractContextManager[zipfile.ZipFile]:
    """Returns the archive if it is open, and otherwise opens it once more."""
    return contextlib.nullcontext(archive) if archive.fp else zipfile.ZipFile(str(archive.filename))


def _within(content: bytes, limit: int) -> bytes:
    if len(content) > limit:
        raise Unreadable(f"it is larger than {limit / 2**20:.3g} MB: hand it in without outputs")
    return content
