"""Which exercises have been passed on this computer: one JSON file among the user's data."""

import datetime
import os
import uuid
from pathlib import Path

import orjson
import platformdirs
from filelock import FileLock

from labkit.errors import LabError


def path() -> Path:
    """Returns the file: the one that LAB_PROGRESS names, or else one in the user's data directory."""
    return Path(os.environ.get("LAB_PROGRESS") or platformdirs.user_data_path("labkit") / "progress.json")


class Damaged(Exception):
    """The file holds something else."""


def passed() -> dict[str, str]:
    """Returns when each exercise was first passed: its name and the time, in ISO format (UTC).

    Raises LabError if that cannot be read.
    """
    try:
        return _read(path())
    except OSError as error:
        raise LabError(f"{path()}, where your progress is kept, cannot be read: {error.strerror}.") from None
    except Damaged:
        raise LabError(f"{path()}, where your progress is kept, is damaged: move it away to begin anew.") from None


def record(exercise: str) -> str:
    """Records that an exercise has been passed. Returns a remark on that, if there is one.

    A disk that cannot be read or written must not spoil a verdict: then nothing is recorded.
    """
    file, now = path(), f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M:%S}"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{file}.lock"):
            try:
                before, remark = _read(file), ""
            except Damaged:
                kept = file.replace(file.with_name(f"{file.name}.damaged-{uuid.uuid4().hex[:6]}"))
                before, remark = {}, f"The file with your progress was damaged, and begins anew. The old one is {kept}."
            _write(file, {exercise: now} | before)
            return remark
    except OSError:
        return ""


def _read(file: Path) -> dict[str, str]:
    """Raises Damaged, and OSError unless the reason is that nothing has been passed yet."""
    try:
        found = orjson.loads(file.read_bytes())
    except FileNotFoundError:
        return {}
    except orjson.JSONDecodeError:
        raise Damaged from None
    if not isinstance(found, dict):
        raise Damaged
    return found


def _write(file: Path, found: dict[str, str]) -> None:
    new = file.with_suffix(".new")
    new.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))
    new.replace(file)
