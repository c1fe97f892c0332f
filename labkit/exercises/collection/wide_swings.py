"""The hours in which a level swung, from a table that is somebody else's: windows of other fields, with gaps."""

import random
from collections.abc import Iterator

from labkit.exercises.answer_types import Pipeline
from labkit.exercises.behaviours import Correct, Once, Present
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import BASE, ORDINARY, Sent, in_window

HOUR, MINUTE = 3_600_000, 60_000  # ms
GAUGES = {"mølle": 0, "quay 7": 90_000}  # how many ms each is behind
ALL = ("low", "high", "swing")
Level = tuple[int, float | None]  # the millisecond of the hour in which it was measured


def readings(luck: random.Random) -> list[Sent]:
    """Hours of all kinds, one after the other, and three more that close the last of them."""
    arriving = []
    for gauge, behind in GAUGES.items():
        for hour, kind in enumerate(_kinds(luck)):
            for arrival, sent in _of_an_hour(gauge, hour * HOUR, kind, luck):
                arriving.append((arrival + behind, sent))
    return [each for _, each in sorted(arriving, key=lambda each: each[0])]


def _kinds(luck: random.Random) -> list[str]:
    """The kinds of the hours. One without gaps follows an hour of which a level comes late: it moves event time."""
    alone = ("wide", "narrow", "just wide", "just narrow", "from end to end", "exactly", "gaps", "nothing", "single")
    kinds = [[each] for each in alone]
    kinds += [["in time", "wide"], ["too late", "narrow"]]
    luck.shuffle(kinds)
    return [*(each for some in kinds for each in some), "narrow", "narrow", "narrow"]


def _of_an_hour(gauge: str, begin: int, kind: str, luck: random.Random) -> Iterator[tuple[float, Sent]]:
    """Yields the levels of an hour, each with the time of its arrival, both in ms since `BASE`."""
    part = kind if kind in ("exactly", "gaps", "in time", "too late") else ORDINARY
    low = round(luck.uniform(0.5 if kind == "gaps" else -1.5, 2.0), 2)  # a gap is not 0, which would be lower
    low = round(low + luck.choice((0.003, 0.004, 0.006, 0.007)), 3)  # millimetres count
    usual = luck.choice((luck.uniform(1.2, 4.0), luck.uniform(1.2, 4.0), 950.0))  # no harbour's: a fault, but measured
    swings = {"narrow": 0.4, "in time": 0.4, "single": 0.0, "just narrow": 0.999, "just wide": 1.001}
    high = round(low + swings.get(kind, round(usual, 1) + 0.07), 3)
    if kind == "exactly":
        low, high = -0.25, 0.75
    for time, level in _measured(kind, low, high, luck):
        yield begin + time, _sent(gauge, begin + time, level, part, luck)
    if kind in ("in time", "too late"):  # the highest of the hour comes when another has begun
        arrival = begin + HOUR + 10 * MINUTE + (-0.5 if kind == "in time" else 0.5)
        yield arrival, _sent(gauge, begin + 31 * MINUTE, round(high + luck.uniform(2.0, 5.0), 3), part, luck)


def _measured(kind: str, low: float, high: float, luck: random.Random) -> list[Level]:
    """The levels that arrive in time. One is measured in the last millisecond for those that are late, and one right
    after it; others in the first and in the last millisecond of the hour.
    """
    times = [0, 10 * MINUTE - 1, 10 * MINUTE, *luck.sample(range(11 * MINUTE, HOUR - 1), 2), HOUR - 1]
    levels: list[float | None] = [low, high, *(round(luck.uniform(low, high), 3) for _ in range(4))]
    known = {"gaps": 3, "nothing": 0, "single": 1}.get(kind, len(levels))
    levels[known:] = [None] * (len(levels) - known)
    if kind == "from end to end":
        levels = [low, *levels[2:], high]
    else:
        luck.shuffle(levels)
    return [*zip(sorted(times), levels, strict=True)]


def _sent(gauge: str, time: int, level: float | None, part: str, luck: random.Random) -> Sent:
    more = luck.choice(({}, {"by": "Zoë"}, {"note": None}))
    return Sent(gauge, {"level": level, **more}, BASE + time, part)


EXERCISE = Exercise(
    name="wide-swings",
    title="The hours of a wide swing",
    lesson="10_your_project",
    number=1,
    answer_type=Pipeline(),
    readings=readings,
    devices=tuple(GAUGES),
    sources=in_window(HOUR),
    shows=("level",),
    behaviours=(
        Present("Each hour with a swing of 1 m or more comes out, and no other", points=2),
        Once("Each hour comes out once"),
        Correct("low and high are the lowest and the highest level", columns=("low", "high"), part=ORDINARY),
        Correct("swing is the difference between them", columns=("swing",), part=ORDINARY),
        Correct("If it has start and end, they are those of the hour", columns=("start", "end"), optional=True),
        Correct("A swing of exactly 1 m is enough", columns=ALL, part="exactly"),
        Correct("A gap counts for nothing", columns=ALL, part="gaps"),
        Correct("A level counts that comes up to 10 minutes late", columns=ALL, part="in time"),
        Correct("One that comes later is left out", columns=ALL, part="too late"),
    ),
    hints=(
        "A level that was not measured is null: .notnull() is in section 4 of the lesson.",
        "An hour has 3,600,000 ms, and 10 minutes are a grace.",
        "What comes out of a window is a stream, too: it can get another field, and be filtered.",
    ),
    discussion=(
        "It is tempting to test the pipeline on a day without gaps and late levels, for that is what the first file "
        "holds. Look for the rows that are not as the others, and make a test of each: an hour without any level, one "
        "with a single level, one that swings by exactly the limit."
    ),
)
