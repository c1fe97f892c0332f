"""Why no record of a join has found a partner."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from quixstreams.core.stream import Stream

from labkit.runs.blame import Line
from labkit.stepping import Step
from labkit.stepping.recording import Visit
from labkit.why.causes import Alone, Pair

LEFT, RIGHT = "left_func", "right_func"  # what Quix Streams calls the functions of the two sides
Side = Mapping[str | None, Sequence[int]]  # the times of the records of each key


def alone(line: Line, visits: Mapping[Stream, Sequence[tuple[Step, Visit]]], reads: Sequence[str]) -> Iterator[Alone]:
    """Yield why no record came out of the join of a line."""
    topics: dict[str, set[str]] = {LEFT: set(), RIGHT: set()}
    sides: dict[str, defaultdict[str | None, list[int]]] = {LEFT: defaultdict(list), RIGHT: defaultdict(list)}
    is_as_of = False
    for each, found in visits.items():
        side = getattr(each.func.func, "__name__", "")
        if side in sides:
            is_as_of |= not each.func.expand
            for step, visit in found:
                topics[side].add(step.record.topic)
                sides[side][_key(visit)].append(visit.came.timestamp)
    names = {side: " and ".join(sorted(found)) for side, found in topics.items()}
    for side, other in ((LEFT, RIGHT), (RIGHT, LEFT)):
        names[side] = names[side] or " or ".join(each for each in reads if each not in topics[other]) or "one side"
    if missing := next((names[side] for side, found in sides.items() if not found), ""):
        yield Alone(line, names[LEFT], names[RIGHT], missing)
    else:
        left, right = sides[LEFT], sides[RIGHT]
        pair = _nearest(left, right)
        yield Alone(line, names[LEFT], names[RIGHT], "", (tuple(left), tuple(right)), pair, is_as_of)


def _key(visit: Visit) -> str | None:
    key = visit.came.key
    return key.decode(errors="backslashreplace") if isinstance(key, bytes) else key if key is None else str(key)


def _nearest(left: Side, right: Side) -> Pair | None:
    pairs = (Pair(key, one, other) for key in left if key in right for one in left[key] for other in right[key])
    return min(pairs, key=lambda pair: abs(pair.right - pair.left), default=None)
