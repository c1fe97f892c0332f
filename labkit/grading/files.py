"""Files that the grader writes: for their owner only, whole or not at all, with names that any disk takes."""

import hashlib
import os
import re
import secrets
import stat
from pathlib import Path

from labkit.errors import LabError

GITIGNORE = ".gitignore"
KEPT = "kept"  # the folder of reports, by which a folder of grades is known
OF_COURSE = "course"  # in it, the name of the course file


def write(file: Path, content: str | bytes) -> Path:
    """Writes a file atomically, text in UTF-8, and returns it. Only its owner may read it, whatever the umask."""
    make(file.parent)
    fresh = file.with_name(f"{secrets.token_hex(8)}.new")  # another thread may be writing the same file
    with open(fresh, "xb", opener=private) as opened:
        opened.write(content if isinstance(content, bytes) else content.encode())
    return fresh.replace(file)


def make(folder: Path) -> None:
    """Makes a folder, and those above that are missing, for its owner only."""
    if not folder.is_dir():
        make(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def close(folder: Path) -> None:
    """Makes the folder of the grades for its owner only, and not for git; takes one that is there already away from
    everybody else.

    A folder with other things in it stays as it is, at first: then only what is written there is closed. Raises
    LabError if somebody else owns it.
    """
    make(folder)
    names, mode = {each.name for each in folder.iterdir()} - {GITIGNORE}, folder.stat().st_mode
    if (names and KEPT not in names) or mode & stat.S_ISVTX:  # such as /tmp
        return
    try:
        folder.chmod(stat.S_IMODE(mode) & 0o700)
    except PermissionError:
        raise LabError(f"{folder} belongs to another user: name another folder with --out.") from None
    write(folder / GITIGNORE, "*\n")


def claim(folder: Path, course: str) -> None:
    """Makes a folder the one for the grades of a course, by the name of its file. Raises LabError if it has those of
    another one, which would be replaced.
    """
    claimed = folder / KEPT / OF_COURSE
    if claimed.exists() and (other := claimed.read_text(encoding="utf-8")) != course:
        raise LabError(f"{folder} has the marks of {other}: for those of {course} name another folder with --out.")
    close(folder)
    write(claimed, course)


def keep_out_of_git(file: Path) -> None:
    """Names a file in the .gitignore beside it, unless it is named there."""
    ignored, line = file.with_name(GITIGNORE), f"/{file.name}"
    lines = ignored.read_text(encoding="utf-8").splitlines() if ignored.exists() else []
    if not {line, file.name} & {*lines}:
        ignored.write_text("\n".join([*lines, line, ""]), encoding="utf-8")


def private(file: str, flags: int) -> int:
    """Opens a file that nobody but its owner may read: the `opener` of `open`."""
    return os.open(file, flags, 0o600)


def slug(name: str) -> str:
    """Returns a file name that is valid on any disk and unique to the student."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", name)[:40].strip("-") or "student"
    return f"{plain}-{hashlib.sha256(name.encode(errors='surrogatepass')).hexdigest()[:6]}"
