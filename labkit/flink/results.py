"""The folder of a Flink job: what the job has committed, and what it needs to resume, however it ended."""

import contextlib
import dataclasses
import json
import os
import shutil
import threading
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock, Timeout

from labkit.errors import LabError

KINDS = ("readings", "alerts", "windows", "unreadable")  # folders: two of JSON lines, two of CSV
LATE = b'"late":true'


@dataclass
class Tally:
    """Totals over committed files."""

    files: int = 0
    rows: int = 0
    late: int = 0


class File(NamedTuple):
    """A committed file: its path within the folder, and its size."""

    name: str
    rows: int
    size: int


@dataclass
class Results:
    """The committed files of a job; files whose names begin with a dot are incomplete and do not count.

    A committed file never changes, so each is read only once. `newest` are the files that `tally` saw last.
    """

    folder: Path
    newest: deque[File] = field(default_factory=lambda: deque(maxlen=5))
    _seen: set[Path] = field(default_factory=set)
    _tallies: dict[str, Tally] = field(default_factory=lambda: {kind: Tally() for kind in KINDS})
    _counting: threading.Lock = field(default_factory=threading.Lock)

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
        """Create the folder and lock it until `release`. Raises LabError if it is in use or not writable."""
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
        """Returns what `describe` stored; empty if no job has used the folder."""
        try:
            found: dict[str, Any] = json.loads((self.internal / "job.json").read_text())
        except (OSError, ValueError):
            return {}
        return found

    def is_empty(self) -> bool:
        """Whether the folder holds no results or checkpoints that could be lost."""
        return not self.newest_checkpoint() and not any(self._committed(kind) for kind in KINDS)

    def newest_checkpoint(self) -> Path | None:
        """The newest complete checkpoint or savepoint of any run; None if there is none."""
        whole = [each.parent for each in self.checkpoints.glob("*/*/_metadata")]
        return max(whole, key=lambda each: (each / "_metadata").stat().st_mtime_ns, default=None)

    def half_written(self) -> int:
        """Count the files that are not committed yet: they wait for a checkpoint."""
        return sum(file.name[0] == "." for kind in KINDS for file in self._listed(kind))

    def sweep(self, before: float) -> None:
        """Remove what earlier jobs left `before` a time (seconds since 1970): old checkpoints, and half-written files
        of killed jobs. The present job, with a checkpoint of its own, no longer needs them.
        """
        half_written = [file for kind in KINDS for file in self._listed(kind) if file.name[0] == "."]
        for old in [*half_written, *self.checkpoints.glob("*/*/_metadata")]:
            with contextlib.suppress(FileNotFoundError):  # it has just been committed
                if old.stat().st_mtime < before:
                    shutil.rmtree(old.parent) if old.name == "_metadata" else old.unlink()

    def tally(self, kind: str) -> Tally:
        """Returns the totals over all committed files of a kind."""
        with self._counting:
            self._count_new(kind)
            return dataclasses.replace(self._tallies[kind])

    def _count_new(self, kind: str) -> None:
        tally = self._tallies[kind]
        new = [file for file in self._committed(kind) if file not in self._seen]
        for file in sorted(new, key=lambda file: file.stat().st_mtime_ns):
            content = file.read_bytes()
            rows = content.count(b"\n")
            tally.files, tally.rows, tally.late = tally.files + 1, tally.rows + rows, tally.late + content.count(LATE)
            self._seen.add(file)
            self.newest.append(File(f"{kind}/{file.name}", rows, len(content)))

    def _committed(self, kind: str) -> list[Path]:
        return [file for file in self._listed(kind) if file.name[0] != "."]

    def _listed(self, kind: str) -> list[Path]:
        try:
            return list((self.folder / kind).iterdir())
        except FileNotFoundError:
            return []
