"""What is made once per user, under a file lock: verified jars, and what a JVM starts faster with.

Whatever is made is sealed, so that a half-made or damaged one is noticed and made again.
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


@dataclass(frozen=True)
class Installation:
    """A place in the cache with the locked jars of `what`; `aot` is None until an ahead-of-time cache is trained."""

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
        """What makes the JVM start faster, once the cache has been trained."""
        return [f"-XX:AOTCache={self.aot_file}"] if self.aot else []

    def missing(self) -> list[jars.Jar]:
        return jars.missing(self.lock.jars, self.jar_directory)

    def is_whole(self) -> bool:
        """Whether all but the ahead-of-time cache, which is optional, is there and undamaged."""
        return not self.missing()

    def finish(self) -> None:
        """Make what is needed besides the jars; called with the jars in place, under the lock."""


Place = TypeVar("Place", bound=Installation)


def root() -> Path:
    return platformdirs.user_cache_path("labkit")


def key(*parts: object) -> str:
    """What tells apart the places of an installation that was made of these parts."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def prepare(place: Place) -> Place:
    """Make what is missing or damaged, showing a progress bar, and return the place.

    Safe to call from many processes at once: the first one makes it, the others wait.
    """
    if place.is_whole():
        return place
    try:
        place.directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LabError(f"Cannot write to the cache {place.directory} ({error.strerror}): free or allow it.") from error
    with FileLock(f"{place.directory}.lock"):
        if missing := place.missing():
            total = sum(jar.size for jar in missing)
            with scratch(place.directory / "download") as fresh, _progress(place.what, total) as done:
                jars.download(missing, place.jar_directory, fresh, done)
        place.finish()
    return place


@contextlib.contextmanager
def scratch(directory: Path) -> Iterator[Path]:
    """A directory for half-made things, empty at first: what a killed process left in it goes. Only under a lock."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def replace_sealed(fresh: Path, place: Path) -> None:
    """Move a file or directory to its place and seal it, so that a half-made one can be told from a whole one."""
    seal = _seal(place)
    seal.unlink(missing_ok=True)
    if place.is_dir():
        shutil.rmtree(place)
    os.replace(fresh, place)
    temporary = seal.with_suffix(".new")
    temporary.write_text(_content(place))
    os.replace(temporary, seal)


def is_sealed(place: Path) -> bool:
    """Whether the file or directory is as it was when it was sealed."""
    try:
        return _seal(place).read_text() == _content(place)
    except OSError:
        return False


def _seal(place: Path) -> Path:
    return place.with_name(f"{place.name}.sha256")


def _content(place: Path) -> str:
    if place.is_file():
        return jars.digest(place)
    files = sorted(path for path in place.rglob("*") if path.is_file())
    return "\n".join(f"{jars.digest(path)} {path.relative_to(place)}" for path in files)


@contextlib.contextmanager
def _progress(what: str, total: int) -> Iterator[Callable[[int], object]]:
    from tqdm.auto import tqdm

    tqdm.monitor_interval = 0  # else tqdm leaves a thread behind
    with tqdm(total=total, unit="B", unit_scale=True, desc=f"Downloading {what} (once)", leave=False) as bar:
        yield bar.update
