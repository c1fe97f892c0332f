"""Waiting for what happens elsewhere: in a JVM, in a kernel, in another thread."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

STEPS = 20


def eventually(condition: Callable[[], T], limit: float = 30.0) -> T:
    """What the condition returns once that is true; fails after `limit` seconds. It checks less often over time."""
    begun = time.monotonic()
    while not (result := condition()):
        waited = time.monotonic() - begun
        assert waited < limit, f"still {result!r} after {limit:g} s"
        time.sleep(min(max(0.02, waited / 20), 0.25))
    return result


def never(condition: Callable[[], object], step: Callable[[], object], steps: int = STEPS) -> None:
    """Fails if the condition is true after one of some steps, which the test controls: updates of a view, or seconds
    of a clock.
    """
    for number in range(1, steps + 1):
        step()
        assert not (result := condition()), f"{result!r} after {number} steps"
