"""The secret of a course, from which the readings of its students are made."""

import os
import secrets
from pathlib import Path

from labkit.errors import LabError
from labkit.grading import files

SHORTEST = 16  # bytes


def key(file: Path) -> tuple[bytes, bool]:
    """Returns the course's secret, and whether it was created just now, readable only by its owner and not for git.

    Raises LabError if it is too short, or cannot be read or written.
    """
    fresh = not file.exists()
    try:
        if fresh:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as written:
                written.write(secrets.token_hex(32))
            files.keep_out_of_git(file)
        content = file.read_bytes().strip()
    except OSError as error:
        raise LabError(f"The secret {file} cannot be used: {error.strerror}.") from None
    if len(content) < SHORTEST:
        raise LabError(f"The secret in {file} is too short: delete it, and a new one is created.")
    return content, fresh
