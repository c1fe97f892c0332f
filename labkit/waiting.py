"""Waiting for a condition, with a limit."""

import time
from collections.abc import Callable

PAUSE = 0.02  # seconds between two questions


def wait_until(condition: Callable[[], object], seconds: float, pause: float = PAUSE) -> bool:
    """Ask until the condition holds; whether it did within so many seconds. What it raises ends the wait."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True
