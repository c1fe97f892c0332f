"""Noticing that a pipeline stays at one record: a loop that never ends, a call that takes long."""

import time
from collections.abc import Callable

from labkit.runs.blame import Line

PATIENCE = 5.0  # seconds that one record may take before that is said


class Stall:
    """Looked at every now and then, it says how long one line of the student's has kept a pipeline at one record."""

    def __init__(self) -> None:
        self._position: object = None
        self._since = 0.0
        self._first_lag: int | None = None

    def look(self, position: object, line: Line | None, lag: Callable[[], int]) -> str:
        """Empty if all is well. `position` is the pipeline's, `line` the one that the student's code is at.

        The lag is asked for only if something is wrong.
        """
        now = time.monotonic()
        if not line or position != self._position:
            self._position, self._since, self._first_lag = (position if line else None), now, None
        if not line or now - self._since < PATIENCE:
            return ""
        behind = lag()
        self._first_lag = behind if self._first_lag is None else self._first_lag
        rises = " and rises" if behind > self._first_lag else ""
        return f"has been at one record for {now - self._since:.0f} s, at {line}; the lag is {behind}{rises}"
