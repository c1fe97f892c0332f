"""Waiting for a condition, with a limit."""

import time
from collections.abc import Callable

PAUSE = 0.02  # seconds between two checks at first ...
LONGEST_PAUSE = 0.25  # ... and after some seconds


class Deadline:
    """The moment that comes after some seconds."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self, least: float = 0.0) -> float:
        """Returns the seconds that are left, but not less than `least`."""
        return max(self._end - time.monotonic(), least)

    def has_passed(self) -> bool:
        return time.monotonic() > self._end


def wait_until(condition: Callable[[], object], seconds: float, pause: float = PAUSE) -> bool:
    """Wait until a condition holds; False if it still does not after `seconds`. What it raises ends the wait.

    A check may cost a request to Kafka, so it checks less often the longer it waits.
    """
    deadline, began = Deadline(seconds), time.monotonic()
    while not condition():
        if deadline.has_passed():
            return False
        time.sleep(min(max(pause, (time.monotonic() - began) / 20), LONGEST_PAUSE))
    return True
