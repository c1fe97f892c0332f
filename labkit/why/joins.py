"""Why no record of a join, or hardly any, has found a partner; and which never will."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from quixstreams.core.stream import Stream

from labkit.runs.blame import Line
from labkit.stepping import Step
from labkit.stepping.recording import Visit
from labkit.why.causes import Alone, Apart, Early, Pair

LEFT, RIGHT = "left_func", "right_func"  # what Quix Streams calls the functions of the two sides
Side = Mapping[str | None, Sequence[int]]  # the times of the records of each key
Partitions = Mapping[str | None, set[int]]  # those in which the records of each key were
Visits = Mapping[Stream, Sequence[tuple[Step, Visit]]]  # of the steps of a join


@dataclass
class Sides:
    """What came to the two sides of a join: their topics, and the times of the records of each key, and the partitions
    of those that came to it from their topic at once.
    """

    names: Mapping[str, str]
    times: Mapping[str, Side]
    partitions: Mapping[str, Partitions]
    is_as_of: bool

    @classmethod
    def of(cls, visits: Visits, reads: Sequence[str]) -> Sides:
        """A side to which nothing came has the name of what is left of `reads`."""
        topics: dict[str, set[str]] = {LEFT: set(), RIGHT: set()}
        times: dict[str, defaultdict[str | None, list[int]]] = {LEFT: defaultdict(list), RIGHT: defaultdict(list)}
        partitions: dict[str, defaultdict[str | None, set[int]]] = {LEFT: defaultdict(set), RIGHT: defaultdict(set)}
        is_as_of = False
        for each, found in visits.items():
            if (side := _side(each)) in times:
                is_as_of |= not each.func.expand
                for step, visit in found:
                    topics[side].add(step.record.topic)
                    times[side][_key(visit)].append(visit.came.timestamp)
                    if _comes_at_once(step, visit):
                        partitions[side][_key(visit)].add(step.record.partition)
        names = {side: " and ".join(sorted(found)) for side, found in topics.items()}
        for side, other in ((LEFT, RIGHT), (RIGHT, LEFT)):
            names[side] = names[side] or " or ".join(each for each in reads if each not in topics[other]) or "one side"
        return cls(names, times, partitions, is_as_of)

    @property
    def both(self) -> list[str | None]:
        """The keys that both sides have."""
        return [each for each in self.times[LEFT] if each in self.times[RIGHT]]

    @property
    def apart(self) -> list[str | None]:
        """Those whose records are in different partitions, so that they never meet."""
        left, right = self.partitions[LEFT], self.partitions[RIGHT]
        known = [key for key in self.both if key in left and key in right]
        return [key for key in known if left[key].isdisjoint(right[key])]


def apart(line: Line, visits: Visits, reads: Sequence[str]) -> Iterator[Apart]:
    """Yield that keys are in different partitions of the two sides of the join of a line."""
    sides = Sides.of(visits, reads)
    if found := sides.apart:
        key = found[0]
        left, right = (min(sides.partitions[side][key]) for side in (LEFT, RIGHT))
        names = sides.names[LEFT], sides.names[RIGHT]
        yield Apart(len(found), len(sides.both), line, *names, key, (left, right))


def alone(line: Line, visits: Visits, reads: Sequence[str]) -> Iterator[Alone]:
    """Yield why no record came out of the join of a line, if not because their keys are apart."""
    sides = Sides.of(visits, reads)
    apart = {*sides.apart}
    left, right = (
        {key: sides.times[side][key] for key in sides.times[side] if key not in apart} for side in (LEFT, RIGHT)
    )
    names = sides.names[LEFT], sides.names[RIGHT]
    if missing := next((sides.names[side] for side, found in sides.times.items() if not found), ""):
        yield Alone(line, *names, missing)
    elif not apart or left.keys() & right.keys():
        yield Alone(line, *names, "", (tuple(left), tuple(right)), _nearest(left, right), sides.is_as_of)


def early(line: Line, visits: Visits, reads: Sequence[str], unpaired: Collection[int]) -> Iterator[Early]:
    """Yield that most records of the left side of an as-of join came before what the right side has for their key.

    `unpaired` are the numbers of the steps of which nothing came out of the join.
    """
    sides = Sides.of(visits, reads)
    came = [pair for each, found in visits.items() if _side(each) == LEFT for pair in found]
    firsts = {key: min(times) for key, times in sides.times[RIGHT].items()}
    without = [visit for step, visit in came if step.number in unpaired]
    before = [each for each in without if each.came.timestamp < firsts.get(_key(each), 0)]
    if sides.is_as_of and len(before) > len(came) / 2:
        key, time = _key(before[-1]), before[-1].came.timestamp
        names = sides.names[LEFT], sides.names[RIGHT]
        yield Early(len(before), len(came), line, *names, key, time, firsts[key])


def _side(step: Stream) -> str:
    return str(getattr(step.func.func, "__name__", ""))


def _comes_at_once(step: Step, visit: Visit) -> bool:
    """Whether a record came from the topic that it was taken from, not through one that the pipeline has for itself."""
    while visit.before:
        visit = visit.before
    return visit is step.visits[0]


def _key(visit: Visit) -> str | None:
    key = visit.came.key
    return key.decode(errors="backslashreplace") if isinstance(key, bytes) else key if key is None else str(key)


def _nearest(left: Side, right: Side) -> Pair | None:
    pairs = (Pair(key, one, other) for key in left if key in right for one in left[key] for other in right[key])
    return min(pairs, key=lambda pair: abs(pair.right - pair.left), default=None)
