"""Waiting for a condition, with a limit."""

import time
from collections.abc import Callable

PAUSE = 0.02  # seconds between two checks


def wait_until(condition: Callable[[], object], seconds: float, pause: float = PAUSE) -> bool:
    """Wait until a condition holds; False if it still does not after `seconds`. What it raises ends the wait."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True
