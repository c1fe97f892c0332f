"""The sessions of each device that its motions close, in plain Python.

- A motion is late, and left out, if it is more than the gap and the grace behind the newest of its device.
- It belongs to each open session that it is at most one gap away from, and makes one session of two.
- A session closes when the newest motion is two gaps and the grace behind its end, a millisecond after its last motion.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from labkit.exercises.records import Row, Sent

GAP, GRACE = 30_000, 20_000


class Session(NamedTuple):
    first: int
    last: int
    motions: int


def expected(sent: Sequence[Sent]) -> Iterator[Row]:
    newest: dict[str, int] = defaultdict(int)
    opened: dict[str, list[Session]] = defaultdict(list)
    for each in sent:
        key, time = str(each.key), each.timestamp
        newest[key] = max(newest[key], time)
        if time >= newest[key] - GAP - GRACE:
            opened[key] = _with(opened[key], time)
        due = [session for session in opened[key] if session.last + 1 <= newest[key] - 2 * GAP - GRACE]
        opened[key] = [session for session in opened[key] if session not in due]
        yield from (_row(key, session) for session in sorted(due))


def _with(sessions: Sequence[Session], time: int) -> list[Session]:
    near = [each for each in sessions if each.first - GAP <= time <= each.last + GAP]
    first, last = min([time, *(each.first for each in near)]), max([time, *(each.last for each in near)])
    joined = Session(first, last, 1 + sum(each.motions for each in near))
    return [*(each for each in sessions if each not in near), joined]


def _row(key: str, session: Session) -> Row:
    first, last, motions = session
    times = {"start": first, "end": last + 1}
    return {"key": key, "time": first, **times, "motions": motions, "seconds": (last - first) / 1000}
