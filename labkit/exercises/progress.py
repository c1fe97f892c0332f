"""Which exercises have been passed on this computer: one JSON file among the user's data."""

import datetime
import os
from pathlib import Path

import orjson
import platformdirs
from filelock import FileLock


def path() -> Path:
    """Returns the file: the one that LAB_PROGRESS names, or else one in the user's data directory."""
    return Path(os.environ.get("LAB_PROGRESS") or platformdirs.user_data_path("labkit") / "progress.json")


def passed() -> dict[str, str]:
    """Returns when each exercise was first passed: its name and the time, in ISO format (UTC)."""
    try:
        found: dict[str, str] = orjson.loads(path().read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return {}
    return found


def record(exercise: str) -> None:
    """Records that an exercise has been passed. An unwritable disk must not spoil a verdict, so errors are ignored."""
    file = path()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{file}.lock"):
            now = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M:%S}"
            new = file.with_suffix(".new")
            new.write_bytes(orjson.dumps({exercise: now} | passed(), option=orjson.OPT_INDENT_2))
            new.replace(file)
    except OSError:
        return
