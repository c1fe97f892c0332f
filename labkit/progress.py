"""What was achieved on this computer: exercises passed, predictions made; a JSON file among the user's data."""

import datetime
import os
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson
import platformdirs
from filelock import FileLock

from labkit.errors import LabError

PREDICTION = "predict:"  # begins the keys of predictions; no exercise has a colon in its name

Entries = dict[str, Any]


def path() -> Path:
    """Returns the file: the one that LAB_PROGRESS names, or else one in the user's data directory."""
    return Path(os.environ.get("LAB_PROGRESS") or platformdirs.user_data_path("labkit") / "progress.json")


class Damaged(Exception):
    """The file holds something else."""


def passed() -> dict[str, str]:
    """Returns when each exercise was first passed: its name and the time, in ISO format (UTC).

    Raises LabError if that cannot be read.
    """
    return {name: value for name, value in _found().items() if isinstance(value, str)}


def predicted() -> dict[str, Entries]:
    """Returns what is kept of each prediction, by the name of its question, in the order of their first times.

    Raises LabError if that cannot be read.
    """
    kept = {name: value for name, value in _found().items() if name.startswith(PREDICTION) and isinstance(value, dict)}
    return {name.removeprefix(PREDICTION): value for name, value in kept.items()}


def record(exercise: str) -> str:
    """Records that an exercise has been passed. Returns a remark on that, if there is one."""
    return _change(lambda before: before if exercise in before else before | {exercise: now()})


def keep(question: str, fields: Mapping[str, Any]) -> str:
    """Keeps these fields of a prediction beside those that are there. Returns a remark on that, if there is one."""
    key = PREDICTION + question

    def change(before: Entries) -> Entries:
        kept = before.get(key)
        return before | {key: {**(kept if isinstance(kept, dict) else {}), **fields}}

    return _change(change)


def now() -> str:
    return f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M:%S}"


def _change(change: Callable[[Entries], Entries]) -> str:
    """A disk that cannot be read or written must not spoil a verdict: then nothing is recorded."""
    file = path()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{file}.lock"):
            try:
                before, remark = _read(file), ""
            except Damaged:
                kept = file.replace(file.with_name(f"{file.name}.damaged-{uuid.uuid4().hex[:6]}"))
                before, remark = {}, f"The file with your progress was damaged, and begins anew. The old one is {kept}."
            _write(file, change(before))
            return remark
    except OSError:
        return ""


def _found() -> Entries:
    try:
        return _read(path())
    except OSError as error:
        raise LabError(f"{path()}, where your progress is kept, cannot be read: {error.strerror}.") from None
    except Damaged:
        raise LabError(f"{path()}, where your progress is kept, is damaged: move it away to begin anew.") from None


def _read(file: Path) -> Entries:
    """Raises Damaged, and OSError unless the reason is that nothing has been achieved yet."""
    try:
        found = orjson.loads(file.read_bytes())
    except FileNotFoundError:
        return {}
    except orjson.JSONDecodeError:
        raise Damaged from None
    if not isinstance(found, dict):
        raise Damaged
    return found


def _write(file: Path, found: Entries) -> None:
    new = file.with_suffix(".new")
    new.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))
    new.replace(file)
