"""Notices when a pipeline is stuck at one record, in an endless loop or a slow call."""

import time

from labkit.runs.blame import Line

STUCK = 5.0  # seconds that one record may take before it is reported


class Stall:
    """Called regularly, it says how long a line of the student's code has held a pipeline at one record."""

    def __init__(self) -> None:
        self._position: object = None
        self._since = 0.0
        self._first_lag: int | None = None

    def observe(self, position: object, line: Line | None, lag: int | None) -> str:
        """Say what is wrong, if anything. `position` is the pipeline's, `line` the line of code being executed, `lag`
        the number of waiting records, None if unknown.
        """
        now = time.monotonic()
        if not line or position != self._position:
            self._position, self._since, self._first_lag = (position if line else None), now, None
        if not line or now - self._since < STUCK:
            return ""
        said = f"has been stuck at one record for {now - self._since:.0f} s, at {line}"
        if lag is None:
            return said
        self._first_lag = lag if self._first_lag is None else self._first_lag
        return f"{said}; the lag is {lag}{' and rising' if lag > self._first_lag else ''}"
