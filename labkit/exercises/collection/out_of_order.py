"""A count that is right for readings that come out of order."""

import random
from dataclasses import replace

from labkit.exercises.answer_types import Pipeline
from labkit.exercises.behaviours import Correct, Once, Present
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import ORDINARY, Sent, degrees, in_window, percent, reading

LENGTH, GRACE = 10, 4  # seconds
DEVICES = {"lift": 0.0, "pömp": 17.0}  # how many seconds each is behind


def readings(luck: random.Random) -> list[Sent]:
    """After each of the first windows has ended, readings of that window arrive: soon, at the last moment, or too late.

    There is a reading every second, and one in the last millisecond of the grace.
    """
    arriving = []
    for device, behind in DEVICES.items():
        waits = _waits(luck)
        for number, each in enumerate(waits, 1):
            end = number * LENGTH
            times = (*range(end - LENGTH, end - 4), *range(end - 5, end), end + GRACE - 0.001)  # two at once
            arriving += [(second + behind, _measured(device, second, luck)) for second in times]
            for wait, part in each:
                delayed = _measured(device, end - luck.randrange(1, 999) / 1000, luck, part)
                arriving.append((end + wait + behind, delayed))
        first = len(waits) * LENGTH
        last = [*range(first, first + LENGTH), first + 2.5 * LENGTH, *range(first + 4 * LENGTH, first + 5 * LENGTH)]
        arriving += [(second + behind, _measured(device, second, luck)) for second in last]
    return [each for _, each in sorted(arriving, key=lambda each: each[0])]


def _waits(luck: random.Random) -> list[list[tuple[float, str]]]:
    """How many seconds after the end of its window each reading arrives, for one window after the other."""
    last, first = GRACE - 0.0005, GRACE + 0.0005  # before and after the reading that ends the grace
    kinds = [[(1.5, "within")], [(3.5, "within"), (3.6, "within")], [(last, "last moment")], [(first, "too late")]]
    kinds += [[(6.5, "too late"), (6.6, "too late")], []]
    luck.shuffle(kinds)
    return kinds


def _measured(device: str, second: float, luck: random.Random, part: str = ORDINARY) -> Sent:
    measured = luck.choice((0.0, *(degrees(luck, -10.0, 30.0, (1, 2)) for _ in range(4))))
    return replace(reading(device, second, measured, percent(luck), part), key=f"house/{device}")


EXERCISE = Exercise(
    name="out-of-order",
    title="A count that is right even if readings are late",
    lesson="03_windows",
    number=2,
    answer_type=Pipeline(),
    readings=readings,
    devices=tuple(DEVICES),
    sources=in_window(1000 * LENGTH),
    behaviours=(
        Present("There are 10 s windows, back to back"),
        Once("Each window comes out once"),
        Correct("If it has start and end, they are those of the window", columns=("start", "end"), optional=True),
        Correct("Without late readings, count is the number of readings", part=ORDINARY, columns=("count",)),
        Correct("A reading that comes soon after the end of its window is counted", part="within", columns=("count",)),
        Correct(
            "So is one that comes while the clock is less than 4 s past the end", part="last moment", columns=("count",)
        ),
        Correct("A reading that comes later than that is left out", part="too late", columns=("count",), points=2),
    ),
    hints=(
        "Windows that do not overlap are tumbling windows.",
        "How long a window waits after its end for late readings is its grace: grace_ms=...",
    ),
    discussion=(
        "It is tempting to choose a very long grace, so that nothing is ever left out. But every result then comes "
        "that much later, even on days when nothing is late, and the state of all open windows must be kept. "
        "Grace is a price that you choose."
    ),
)
