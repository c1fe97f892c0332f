"""How many checkpoints of a job are done."""

import re
from typing import NamedTuple

# A line that Flink's CheckpointCoordinator logs.
DONE = re.compile(r"Completed checkpoint \d+ for job \S+ \((\d+) bytes, checkpointDuration=(\d+) ms")


class Checkpoints(NamedTuple):
    """How many checkpoints are done; of the newest the duration in milliseconds and the size in bytes."""

    done: int = 0
    duration: int = 0
    size: int = 0


def logged(log: str) -> Checkpoints:
    """The checkpoints of a job that has ended, from its log: its REST interface ended before the last could be read."""
    found = DONE.findall(log)
    size, duration = map(int, found[-1]) if found else (0, 0)
    return Checkpoints(len(found), duration, size)
