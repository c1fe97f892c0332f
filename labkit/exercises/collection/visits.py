"""Turning motions into visits: session windows."""

import random
from collections.abc import Iterator, Sequence

from labkit.exercises.answer_types import Pipeline
from labkit.exercises.behaviours import Correct, Once, Present
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import ORDINARY, Row, Sent, degrees, percent, reading

GAP, GRACE = 30, 20  # seconds
DEVICES = {"door": 0.0, "stair": 11.0}  # how many seconds each is behind
Motion = tuple[float, float]  # the second of a motion, and of its arrival


def readings(luck: random.Random) -> list[Sent]:
    """Visits of all kinds, one after the other: of ordinary motions, of a single one, and of some that come late."""
    arriving = [
        (arrival + behind, reading(device, second, degrees(luck, 5.0, 30.0), percent(luck), part))
        for device, behind in DEVICES.items()
        for second, arrival, part in _motions(luck)
    ]
    return [each for _, each in sorted(arriving, key=lambda each: each[0])]


def _motions(luck: random.Random) -> Iterator[tuple[float, float, str]]:
    kinds = _kinds(luck)
    luck.shuffle(kinds)
    begin = 0.0
    for part, motions in [(ORDINARY, [(0.0, 0.0)]), *kinds]:
        for second, arrival in motions:
            yield begin + second, begin + arrival, part
        begin = round(begin + max(second for second, _ in motions) + luck.choice((30.001, 41.5, 200.0)), 3)
    yield begin + 500, begin + 500, ORDINARY  # closes the last of them, and stays open


def _kinds(luck: random.Random) -> list[tuple[str, list[Motion]]]:
    """The motions of each visit, from second 0 of it on."""
    return [
        *((ORDINARY, _in_time(luck)) for _ in range(5)),
        ("exactly", [(0.0, 0.0), (30.0, 30.0), (41.0, 41.0)]),
        ("between", [(0.0, 0.0), (10.0, 10.0), (35.0, 71.5), (60.0, 60.0), (71.0, 71.0)]),
        ("late", [(0.0, 0.0), (5.0, 55.5), (27.0, 27.0), (55.0, 55.0)]),  # just in time
        ("too late", [(0.0, 0.0), (5.0, 55.5), (27.0, 27.0), (55.001, 55.001)]),
    ]


def _in_time(luck: random.Random) -> list[Motion]:
    seconds = [0.0]
    for _ in range(luck.randrange(1, 6)):
        seconds.append(round(seconds[-1] + luck.uniform(0.5, 29.5), luck.choice((1, 3))))
    return [(each, each) for each in seconds]


def sources(row: Row, sent: Sequence[Sent]) -> list[Sent]:
    """The motions of the visit that begins at the time of the row, those that came too late among them."""
    found: list[Sent] = []
    last = row["time"]
    later = [each for each in sent if each.key == row["key"] and each.timestamp >= last]
    for each in sorted(later, key=lambda each: each.timestamp):
        if each.timestamp > last + 1000 * GAP:
            break
        found.append(each)
        last = each.timestamp
    return found


EXERCISE = Exercise(
    name="visits",
    title="From motions to visits",
    lesson="08_tables_and_joins",
    number=2,
    answer_type=Pipeline(),
    readings=readings,
    devices=tuple(DEVICES),
    sources=sources,
    shows=("timestamp",),
    behaviours=(
        Present("There is one record for each visit", points=2),
        Correct("motions is the number of motions", columns=("motions",), part=ORDINARY, points=2),
        Correct("seconds is the time from the first motion to the last", columns=("seconds",)),
        Correct("Motions exactly 30 s apart belong to one visit", columns=("motions",), part="exactly"),
        Correct(
            "A motion that comes late makes one visit of the two between which it lies",
            columns=("motions",),
            part="between",
        ),
        Correct("A motion up to 50 s behind the newest one is counted", columns=("motions",), part="late"),
        Correct("One that is further behind is left out", columns=("motions",), part="too late"),
        Once("Each visit comes out once, when it is over"),
        Correct("If it has start and end, they are those of the session", columns=("start", "end"), optional=True),
    ),
    hints=(
        "A session window has a gap instead of a length: inactivity_gap_ms.",
        (
            "A session window takes a late record as long as it is not more than the gap and the grace behind the "
            "newest one: of the 50 s, the gap is 30."
        ),
        "The end of a session is one millisecond after its last record.",
    ),
    discussion=(
        "It is tempting to leave the grace out, because sessions take late records even without: up to one gap behind. "
        "So the first tests pass, with motions that are 10 s late. What decides is how late they can be, and what a "
        "result that is final may cost: a visit comes out two gaps and the grace after its last motion."
    ),
)
