"""Windows in plain Python, for the oracles.

- A tumbling or hopping window starts at each multiple of its step since 1970, and holds its start but not its end.
- Each key has a clock of its own, the latest timestamp of its records. A window is closed once that clock has reached
  its end and the grace (`start <= latest - grace - duration` in quixstreams/dataframe/windows/time_based.py).
- A record is late for the windows that are closed when it arrives; it counts for the others.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from labkit.exercises.records import Sent


class Window(NamedTuple):
    key: str
    start: int
    end: int
    records: list[Sent]


def closed(sent: Sequence[Sent], duration: int, step: int, grace: int = 0) -> list[Window]:
    """The windows that these records close, in the order in which they close. All times are in ms."""
    return [each for each in walk(sent, duration, step, grace) if isinstance(each, Window)]


def late(sent: Sequence[Sent], duration: int, step: int, grace: int = 0) -> list[Sent]:
    """The records that came too late for at least one of their windows."""
    return [each for each in walk(sent, duration, step, grace) if isinstance(each, Sent)]


def walk(sent: Sequence[Sent], duration: int, step: int, grace: int) -> Iterator[Window | Sent]:
    """Each window when it closes, and each late record when it comes."""
    clocks: dict[str, int] = defaultdict(int)
    opened: dict[str, dict[int, list[Sent]]] = defaultdict(dict)
    for record in sent:
        key = str(record.key)
        clocks[key] = max(clocks[key], record.timestamp)
        newest = clocks[key] - grace - duration  # the start of the newest window that is closed
        starts = range((record.timestamp - duration) // step * step + step, record.timestamp + 1, step)
        for start in starts:
            if start > newest:
                opened[key].setdefault(start, []).append(record)
        if any(start <= newest for start in starts):
            yield record
        for start in sorted(each for each in opened[key] if each <= newest):
            yield Window(key, start, start + duration, opened[key].pop(start))
