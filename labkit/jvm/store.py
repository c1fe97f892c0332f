"""What is created once, under a file lock: verified jars, and caches with which a JVM starts faster.

Each user has one of their own, or all use the one that LAB_CACHE names, in which they need not be able to write.

Everything is sealed, so that an incomplete or damaged item is noticed and created again.
"""

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import platformdirs
from filelock import FileLock

from labkit.errors import LabError
from labkit.jvm import jars

SHARED = "LAB_CACHE"


@dataclass(frozen=True)
class Installation:
    """A directory with the locked jars of `what`; `aot` is None until an ahead-of-time cache is trained."""

    what: str
    lock: jars.Lock
    directory: Path

    @property
    def jar_directory(self) -> Path:
        return self.directory / "jars"

    @property
    def aot_file(self) -> Path:
        return self.directory / "jvm.aot"

    @property
    def aot(self) -> Path | None:
        return self.aot_file if is_sealed(self.aot_file) else None

    def aot_options(self) -> list[str]:
        """Returns the JVM options for the ahead-of-time cache; none until it has been trained."""
        return [f"-XX:AOTCache={self.aot_file}"] if self.aot else []

    def missing(self) -> list[jars.Jar]:
        """Returns the jars that are missing or have different content."""
        known = {path.name: digest for path, digest in _sealed(self.jar_directory).items()}
        unsure = [jar for jar in self.lock.jars if known.get(jar.filename) != jar.sha256]
        return jars.missing(unsure, self.jar_directory) if unsure else []

    def is_whole(self) -> bool:
        """Whether everything but the ahead-of-time cache, which is optional, is present and undamaged."""
        return is_sealed(self.jar_directory) and not self.missing()

    def finish(self) -> None:
        """Create what is needed besides the jars; called under the lock, with the jars in place."""


AnyInstallation = TypeVar("AnyInstallation", bound=Installation)


def root() -> Path:
    """Returns the folder that LAB_CACHE names, or the user's own. Raises LabError if there is neither."""
    if shared := os.environ.get(SHARED, "").strip():
        return Path(shared).expanduser().absolute()
    try:
        return platformdirs.user_cache_path("labkit")
    except RuntimeError:  # no HOME, and no entry in the password file
        raise LabError("This user has no home directory: set HOME or XDG_CACHE_HOME to a folder for the lab.") from None


def key(*parts: object) -> str:
    """Returns a key that distinguishes installations made from different parts."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def prepare(installation: AnyInstallation) -> AnyInstallation:
    """Create what is missing or damaged, showing a progress bar, and return the installation.

    Safe to call from many processes at once: the first does the work, the others wait.
    """
    if installation.is_whole():
        return installation
    try:
        installation.directory.mkdir(parents=True, exist_ok=True)
        locked = FileLock(f"{installation.directory}.lock").acquire()
    except OSError as error:
        raise LabError(_unwritable(installation, error)) from error
    with locked:
        if missing := installation.missing():
            total = sum(jar.size for jar in missing)
            with scratch(installation.directory / "download") as fresh, _progress(installation.what, total) as done:
                jars.download(missing, installation.jar_directory, fresh, done)
        seal(installation.jar_directory)
        installation.finish()
    return installation


def _unwritable(installation: Installation, error: OSError) -> str:
    where, why = installation.directory, error.strerror
    if SHARED in os.environ:
        return (
            f"{installation.what} is not whole in the shared cache {where}, which cannot be written ({why}): whoever "
            f"looks after it runs `{SHARED}={where.parent} lab fetch`. Without {SHARED} you get a cache of your own."
        )
    return f"Cannot write to the cache {where} ({why}): make room, or make it writable."


@contextlib.contextmanager
def scratch(directory: Path) -> Iterator[Path]:
    """Returns an empty directory for incomplete files, without what a killed process left. Call only under the lock."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def replace_sealed(fresh: Path, target: Path) -> None:
    """Move a file or directory to its target and seal it, so that an incomplete one can be recognised."""
    _seal_of(target).unlink(missing_ok=True)
    if target.is_dir():
        shutil.rmtree(target)
    os.replace(fresh, target)
    seal(target)


def seal(target: Path) -> None:
    """Record the digest, size and time of change of a file, or of each file in a directory."""
    marks = [[jars.digest(path), *_mark(path), str(path.relative_to(target))] for path in _files(target)]
    temporary = _seal_of(target).with_suffix(".new")
    temporary.write_text(json.dumps(marks, indent=0))
    os.replace(temporary, _seal_of(target))


def is_sealed(target: Path) -> bool:
    """Whether the file or directory is as it was when it was sealed."""
    found = _sealed(target)
    return bool(found) and all(found.values()) and {*found} == {*_files(target)}


def _sealed(target: Path) -> dict[Path, str]:
    """Returns the digest of each file that was sealed; empty for one that has changed since.

    A file with the same size and time of change is not read again: that would take a fifth of a start.
    """
    try:
        marks = json.loads(_seal_of(target).read_text())
        return {target / name: _unchanged(target / name, digest, (size, time)) for digest, size, time, name in marks}
    except (OSError, ValueError, TypeError):
        return {}


def _unchanged(path: Path, digest: str, mark: tuple[int, int]) -> str:
    """Returns the digest if it is still that of the file, else an empty string."""
    return digest if path.is_file() and (_mark(path) == mark or jars.digest(path) == digest) else ""


def _seal_of(target: Path) -> Path:
    return target.with_name(f"{target.name}.sha256")


def _files(target: Path) -> list[Path]:
    return [target] if target.is_file() else sorted(path for path in target.rglob("*") if path.is_file())


def _mark(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


@contextlib.contextmanager
def _progress(what: str, total: int) -> Iterator[Callable[[int], object]]:
    from tqdm.auto import tqdm

    tqdm.monitor_interval = 0  # otherwise tqdm leaves a thread running
    with tqdm(total=total, unit="B", unit_scale=True, desc=f"Downloading {what} (once)", leave=False) as bar:
        yield bar.update
