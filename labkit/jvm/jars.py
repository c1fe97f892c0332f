"""Locked jars: downloaded by Maven coordinates, and used only if their digests match the lock."""

import contextlib
import errno
import hashlib
import os
import tomllib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from labkit.errors import LabError

LOOK = 0.2  # seconds between two looks at how much has come


@dataclass(frozen=True)
class Jar:
    """One locked jar: `group:artifact:version`, the SHA-256 of its content in hex, its size in bytes. Of an archive
    that is no jar the coordinates end with its packaging and its classifier, as in `...:tar.gz:all`.
    """

    coordinates: str
    sha256: str
    size: int

    @property
    def parts(self) -> list[str]:
        """Group, artifact, version, packaging and classifier."""
        return [*self.coordinates.split(":"), "jar", ""][:5]

    @property
    def filename(self) -> str:
        _, artifact, version, packaging, classifier = self.parts
        return "-".join(filter(None, (artifact, version, classifier))) + f".{packaging}"

    def is_at(self, directory: Path) -> bool:
        """Whether the directory holds this jar, byte for byte."""
        path = directory / self.filename
        return path.is_file() and digest(path) == self.sha256


@dataclass(frozen=True)
class Lock:
    """The jars of a lock file, the version of the software that they belong to, and the SHA-256 of the file."""

    version: str
    jars: tuple[Jar, ...]
    sha256: str

    @classmethod
    def read(cls, path: Path) -> "Lock":
        content = path.read_bytes()
        table = tomllib.loads(content.decode())
        jars = tuple(Jar(**jar) for jar in table["jar"])
        return cls(table["version"], jars, hashlib.sha256(content).hexdigest())


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def missing(jars: Iterable[Jar], directory: Path) -> list[Jar]:
    """Returns the jars that are missing from the directory or have different content there."""
    jars = list(jars)
    with ThreadPoolExecutor(2) as pool:  # hashing releases the GIL
        found = pool.map(lambda jar: jar.is_at(directory), jars)
        return [jar for jar, there in zip(jars, found, strict=True) if not there]


def download(jars: Iterable[Jar], directory: Path, scratch: Path, done: Callable[[int], object]) -> None:
    """Download jars via `scratch` to the directory; `done` is called now and then with the bytes that came since.

    Raises LabError if a jar cannot be downloaded or does not match the lock; the others stay for the next attempt.
    """
    directory.mkdir(parents=True, exist_ok=True)
    jars, came = [*jars], 0
    with ThreadPoolExecutor(8) as pool:
        fetching = [pool.submit(_fetch, jar, directory, scratch) for jar in jars]
        left = {*fetching}
        try:
            while left:
                ended, left = wait(left, LOOK, FIRST_EXCEPTION)
                for each in ended:
                    each.result()
                now = _bytes_of(jars, directory, scratch)
                done(max(now - came, 0))
                came = max(now, came)
        finally:
            for each in fetching:
                each.cancel()


def _bytes_of(jars: Sequence[Jar], directory: Path, scratch: Path) -> int:
    """Returns how many bytes of these jars have come: a big one is no step of its own."""
    found = 0
    for path in [*(directory / jar.filename for jar in jars), *scratch.rglob("*")]:
        with contextlib.suppress(OSError):  # it has just been moved, or has not come yet
            found += path.stat().st_size if path.is_file() else 0
    return found


def _fetch(jar: Jar, directory: Path, scratch: Path) -> Jar:
    from jgo.maven import MavenContext  # 0.2 s to import, and only a first start needs it

    group, artifact, version, packaging, classifier = jar.parts
    # No machine-wide Maven repository: anything may be in it.
    maven = MavenContext(repo_cache=scratch, local_repos=[], timeout=60)
    try:
        path = maven.project(group, artifact).at_version(version).artifact(classifier, packaging).resolve()
    except Exception as error:  # jgo raises whatever its HTTP client, Maven or the disk raised
        if getattr(error, "errno", None) == errno.ENOSPC:
            raise LabError(f"No room for {jar.filename} in {directory}: make room, and try again.") from error
        raise LabError(
            f"Could not download {jar.coordinates} from Maven Central ({_first_line(error)}): "
            "check the network and try again, or run `lab fetch` where there is one."
        ) from error
    found = digest(path)
    if found != jar.sha256:
        raise LabError(
            f"{jar.filename} is not the locked {packaging} (SHA-256 {found[:12]}… instead of {jar.sha256[:12]}…) "
            "and will not be run: it was changed on its way here; try another network."
        )
    os.replace(path, directory / jar.filename)
    return jar


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
