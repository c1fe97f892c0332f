"""The folder of a Flink job: what it has committed, and what it needs to go on after an end of whatever kind."""

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from labkit.errors import LabError

KINDS = ("readings", "alerts", "windows", "unreadable")  # folders: two of JSON lines, two of CSV
LATE = b'"late":true'


@dataclass
class Tally:
    """What the committed files of a folder hold."""

    files: int = 0
    rows: int = 0
    late: int = 0


@dataclass
class Results:
    """Files whose name begins with a dot are half-written and no results: no reader takes them for any.

    A committed file never changes, so each is read once only.
    """

    folder: Path
    _seen: dict[Path, Tally] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder = self.folder.absolute()
        self._lock = FileLock(self.internal / "lock", thread_local=False)

    @property
    def internal(self) -> Path:
        """Where checkpoints and the description of the job are kept."""
        return self.folder / ".job"

    @property
    def checkpoints(self) -> Path:
        return self.internal / "checkpoints"

    def claim(self) -> None:
        """Make the folder, and keep other jobs out of it until `release`. Raises LabError."""
        try:
            self.internal.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
        except Timeout:
            raise LabError(f"Another job is writing to {self.folder}: stop it, or name another folder.") from None
        except OSError as error:
            raise LabError(f"Cannot write to {self.folder} ({error.strerror}): name another folder.") from error
        if not os.access(self.folder, os.W_OK):
            self.release()
            raise LabError(f"Cannot write to {self.folder} (Permission denied): name another folder.")

    def release(self) -> None:
        self._lock.release()

    def describe(self, job: dict[str, Any]) -> None:
        (self.internal / "job.json").write_text(json.dumps(job, indent=1))

    def description(self) -> dict[str, Any]:
        """What `describe` was told; empty if no job has used the folder."""
        try:
            found: dict[str, Any] = json.loads((self.internal / "job.json").read_text())
        except (OSError, ValueError):
            return {}
        return found

    def clear(self) -> None:
        """Remove the results, and all that an earlier job would need to go on."""
        for name in KINDS:
            shutil.rmtree(self.folder / name, ignore_errors=True)
        shutil.rmtree(self.checkpoints, ignore_errors=True)
        (self.internal / "job.json").unlink(missing_ok=True)
        self._seen.clear()

    def newest_checkpoint(self) -> Path | None:
        """The newest whole checkpoint or savepoint of any run; None if there is none."""
        whole = [each.parent for each in self.checkpoints.glob("*/*/_metadata")]
        return max(whole, key=lambda each: (each / "_metadata").stat().st_mtime_ns, default=None)

    def files(self, kind: str) -> list[Path]:
        """The committed files of a kind, the oldest first."""
        return sorted((file for file in self._listed(kind) if file.name[0] != "."), key=_age)

    def half_written(self) -> int:
        """How many files wait for a checkpoint."""
        return sum(file.name[0] == "." for kind in KINDS for file in self._listed(kind))

    def sweep(self, before: float) -> None:
        """Remove what jobs left `before` a time (seconds since 1970) and the present one, with a checkpoint of its
        own, needs no more: old checkpoints, and half-written files of killed jobs.
        """
        half_written = [file for kind in KINDS for file in self._listed(kind) if file.name[0] == "."]
        for old in [*half_written, *self.checkpoints.glob("*/*/_metadata")]:
            with contextlib.suppress(FileNotFoundError):  # it has just been committed
                if old.stat().st_mtime < before:
                    shutil.rmtree(old.parent) if old.name == "_metadata" else old.unlink()

    def tally(self, kind: str) -> Tally:
        """What the committed files of a kind hold, all together."""
        each = [self._tally_of(file) for file in self.files(kind)]
        return Tally(len(each), sum(one.rows for one in each), sum(one.late for one in each))

    def rows(self, file: Path) -> int:
        """How many rows a committed file holds."""
        return self._tally_of(file).rows

    def _tally_of(self, file: Path) -> Tally:
        return self._seen.get(file) or self._seen.setdefault(file, _count(file))

    def _listed(self, kind: str) -> Iterator[Path]:
        try:
            yield from (self.folder / kind).iterdir()
        except FileNotFoundError:
            return


def _count(file: Path) -> Tally:
    content = file.read_bytes()
    return Tally(1, content.count(b"\n"), content.count(LATE))


def _age(file: Path) -> tuple[int, str]:
    try:
        return file.stat().st_mtime_ns, file.name
    except FileNotFoundError:
        return 0, file.name
