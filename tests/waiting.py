"""Waiting for what happens elsewhere: in a JVM, in a kernel, in another thread."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(condition: Callable[[], T], limit: float = 30.0) -> T:
    """What the condition returns once that is true; fails after `limit` seconds."""
    deadline = time.monotonic() + limit
    while not (result := condition()):
        assert time.monotonic() < deadline, f"still {result!r} after {limit:g} s"
        time.sleep(0.02)
    return result
