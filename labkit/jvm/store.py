"""What is created once per user, under a file lock: verified jars, and caches with which a JVM starts faster.

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
        return jars.missing(self.lock.jars, self.jar_directory)

    def is_whole(self) -> bool:
        """Whether everything but the ahead-of-time cache, which is optional, is present and undamaged."""
        return not self.missing()

    def finish(self) -> None:
        """Create what is needed besides the jars; called under the lock, with the jars in place."""


AnyInstallation = TypeVar("AnyInstallation", bound=Installation)


def root() -> Path:
    return platformdirs.user_cache_path("labkit")


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
    except OSError as error:
        raise LabError(
            f"Cannot write to the cache {installation.directory} ({error.strerror}): make room, or make it writable."
        ) from error
    with FileLock(f"{installation.directory}.lock"):
        if missing := installation.missing():
            total = sum(jar.size for jar in missing)
            with scratch(installation.directory / "download") as fresh, _progress(installation.what, total) as done:
                jars.download(missing, installation.jar_directory, fresh, done)
        installation.finish()
    return installation


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
    seal = _seal(target)
    seal.unlink(missing_ok=True)
    if target.is_dir():
        shutil.rmtree(target)
    os.replace(fresh, target)
    temporary = seal.with_suffix(".new")
    temporary.write_text(_content(target))
    os.replace(temporary, seal)


def is_sealed(target: Path) -> bool:
    """Whether the file or directory is as it was when it was sealed."""
    try:
        return _seal(target).read_text() == _content(target)
    except OSError:
        return False


def _seal(target: Path) -> Path:
    return target.with_name(f"{target.name}.sha256")


def _content(target: Path) -> str:
    if target.is_file():
        return jars.digest(target)
    files = sorted(path for path in target.rglob("*") if path.is_file())
    return "\n".join(f"{jars.digest(path)} {path.relative_to(target)}" for path in files)


@contextlib.contextmanager
def _progress(what: str, total: int) -> Iterator[Callable[[int], object]]:
    from tqdm.auto import tqdm

    tqdm.monitor_interval = 0  # otherwise tqdm leaves a thread running
    with tqdm(total=total, unit="B", unit_scale=True, desc=f"Downloading {what} (once)", leave=False) as bar:
        yield bar.update
