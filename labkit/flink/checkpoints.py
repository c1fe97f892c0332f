"""How many checkpoints a job has completed."""

import re
from typing import NamedTuple

# A line that Flink's CheckpointCoordinator logs.
DONE = re.compile(r"Completed checkpoint \d+ for job \S+ \((\d+) bytes, checkpointDuration=(\d+) ms")


class Checkpoints(NamedTuple):
    """How many checkpoints are complete; duration (milliseconds) and size (bytes) of the newest."""

    done: int = 0
    duration: int = 0
    size: int = 0


def logged(log: str) -> Checkpoints:
    """Returns the checkpoints of an ended job from its log: the REST API ended before the last could be read there."""
    found = DONE.findall(log)
    size, duration = map(int, found[-1]) if found else (0, 0)
    return Checkpoints(len(found), duration, size)
