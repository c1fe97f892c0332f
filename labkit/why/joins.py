"""Why no record of a join, or hardly any, has found a partner; and which never will."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from quixstreams.core.stream import Stream

from labkit.runs.blame import Line
from labkit.stepping import Step
from labkit.stepping.outcomes import LEFT, RIGHT, side
from labkit.stepping.recording import Visit
from labkit.why.causes import Alone, Apart, Early, Pair, Unlike

Side = Mapping[str | None, Sequence[int]]  # the times of the records of each key
Partitions = Mapping[str | None, set[int]]  # those in which the records of each key were
Visits = Mapping[Stream, Sequence[tuple[Step, Visit]]]  # of the steps of a join


@dataclass
class Sides:
    """What came to the two sides of a join: the `visits` of its steps, the topics, which sides have keys that are text,
    the times of the records of each key, and the partitions of those that came to it from their topic at once.
    """

    visits: Visits
    names: Mapping[str, str]
    texts: set[str]
    times: Mapping[str, Side]
    partitions: Mapping[str, Partitions]
    is_as_of: bool

    @classmethod
    def of(cls, visits: Visits, reads: Sequence[str]) -> Sides:
        """A side to which nothing came has the name of what is left of `reads`."""
        topics: dict[str, set[str]] = {LEFT: set(), RIGHT: set()}
        times: dict[str, defaultdict[str | None, list[int]]] = {LEFT: defaultdict(list), RIGHT: defaultdict(list)}
        partitions: dict[str, defaultdict[str | None, set[int]]] = {LEFT: defaultdict(set), RIGHT: defaultdict(set)}
        texts, is_as_of = set[str](), False
        for each, found in visits.items():
            if (which := side(each)) in times:
                is_as_of |= not each.func.expand
                for step, visit in found:
                    topics[which].add(step.record.topic)
                    texts |= {which} if isinstance(visit.came.key, str) else set()
                    times[which][_key(visit)].append(visit.came.timestamp)
                    if _comes_at_once(step, visit):
                        partitions[which][_key(visit)].add(step.record.partition)
        names = {which: " and ".join(sorted(found)) for which, found in topics.items()}
        for which, other in ((LEFT, RIGHT), (RIGHT, LEFT)):
            names[which] = (
                names[which] or " or ".join(each for each in reads if each not in topics[other]) or "one side"
            )
        return cls(visits, names, texts, times, partitions, is_as_of)

    @property
    def both(self) -> list[str | None]:
        """The keys that both sides have."""
        return [each for each in self.times[LEFT] if each in self.times[RIGHT]]

    @property
    def unlike(self) -> tuple[str, str] | None:
        """The names of the side whose keys are text and of the other, if there is one of each."""
        if len(self.texts) != 1:
            return None
        (text,) = self.texts
        other = RIGHT if text == LEFT else LEFT
        return (self.names[text], self.names[other]) if {*self.times[other]} - {None} else None

    @property
    def apart(self) -> list[str | None]:
        """Those whose records are in different partitions, so that they never meet."""
        left, right = self.partitions[LEFT], self.partitions[RIGHT]
        known = [key for key in self.both if key in left and key in right]
        return [key for key in known if left[key].isdisjoint(right[key])]


def strangers(line: Line, sides: Sides) -> Iterator[Unlike | Apart]:
    """Yield why records of the two sides of the join of a line never meet, whatever their times: their keys are not of
    one kind, or are in different partitions.
    """
    if unlike := sides.unlike:
        yield Unlike(line, *unlike)
    elif found := sides.apart:
        key = found[0]
        left, right = (min(sides.partitions[which][key]) for which in (LEFT, RIGHT))
        names = sides.names[LEFT], sides.names[RIGHT]
        yield Apart(len(found), len(sides.both), line, *names, key, (left, right))


def alone(line: Line, sides: Sides) -> Iterator[Alone]:
    """Yield why no record came out of the join of a line, unless they are strangers."""
    if sides.unlike:
        return
    apart = {*sides.apart}
    left, right = (
        {key: times for key, times in sides.times[which].items() if key not in apart} for which in (LEFT, RIGHT)
    )
    names = sides.names[LEFT], sides.names[RIGHT]
    if missing := next((sides.names[which] for which, found in sides.times.items() if not found), ""):
        yield Alone(line, *names, missing)
    elif not apart or left.keys() & right.keys():
        yield Alone(line, *names, "", (tuple(left), tuple(right)), _nearest(left, right), sides.is_as_of)


def early(line: Line, sides: Sides, unpaired: Collection[int]) -> Iterator[Early]:
    """Yield that most records of the left side of an as-of join came before what the right side has for their key.

    `unpaired` are the numbers of the steps of which nothing came out of the join.
    """
    came = [pair for each, found in sides.visits.items() if side(each) == LEFT for pair in found]
    firsts = {key: min(times) for key, times in sides.times[RIGHT].items()}
    without = [visit for step, visit in came if step.number in unpaired]
    before = [each for each in without if each.came.timestamp < firsts.get(_key(each), 0)]
    if sides.is_as_of and len(before) > len(came) / 2:
        key, time = _key(before[-1]), before[-1].came.timestamp
        names = sides.names[LEFT], sides.names[RIGHT]
        yield Early(len(before), len(came), line, *names, key, time, firsts[key])


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
