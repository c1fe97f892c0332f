"""The CPUs of this computer: on each there is one sandbox at most, so that none takes processor time from another."""

import contextlib
import os
import queue
import random
import sys
import threading
from collections.abc import Iterator

ALL = sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else [*range(os.cpu_count() or 1)]

_free: queue.SimpleQueue[int] = queue.SimpleQueue()
for _each in random.sample(ALL, len(ALL)):  # another grader may be at work, and have begun with the first
    _free.put(_each)
_taking = threading.Lock()


@contextlib.contextmanager
def one(alone: bool) -> Iterator[int]:
    """Waits for a CPU, and yields its number. If it is to be `alone`, nobody else gets one meanwhile."""
    with _taking:  # two that wanted to be alone would wait for each other
        taken = [_free.get() for _ in (ALL if alone else ALL[:1])]
    try:
        yield taken[0]
    finally:
        for each in taken:
            _free.put(each)
