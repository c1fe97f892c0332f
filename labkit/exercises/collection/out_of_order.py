"""A count that is right for readings that come out of order."""

import random

from labkit.exercises.answer_types import Pipeline
from labkit.exercises.behaviours import Correct, Once, Present
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import Sent, in_window, reading

WINDOWS, LENGTH, GRACE = 5, 10, 4  # seconds


def readings(luck: random.Random) -> list[Sent]:
    """After each end of a window a reading of that window arrives: soon, at the last moment, or too late.

    There is a reading every second, and one in the last millisecond of the grace.
    """
    arriving = []
    for device, behind in (("lift", 0.0), ("pump", 17.0)):  # how many seconds it is behind the other one
        for number, (wait, part) in enumerate(_waits(luck), 1):
            end = number * LENGTH
            times = (*range(end - LENGTH, end), end + GRACE - 0.001)
            arriving += [(second + behind, reading(device, second, _degrees(luck))) for second in times]
            delayed = reading(device, end - luck.choice((0.25, 0.75)), _degrees(luck), part=part)
            arriving.append((end + wait + behind, delayed))
        last = range(WINDOWS * LENGTH, (WINDOWS + 1) * LENGTH)
        arriving += [(second + behind, reading(device, second, _degrees(luck))) for second in last]
    return [each for _, each in sorted(arriving, key=lambda each: each[0])]


def _waits(luck: random.Random) -> list[tuple[float, str]]:
    """How many seconds after the end of its window a reading arrives."""
    last, first = GRACE - 0.0005, GRACE + 0.0005  # before and after the reading that ends the grace
    kinds = [(1.5, "within"), (3.5, "within"), (last, "last moment"), (first, "too late"), (6.5, "too late")]
    luck.shuffle(kinds)
    return kinds


def _degrees(luck: random.Random) -> float:
    return round(luck.uniform(10.0, 30.0), 1)


EXERCISE = Exercise(
    name="out-of-order",
    title="A count that is right even if readings are late",
    lesson="03_windows",
    number=2,
    answer_type=Pipeline(),
    readings=readings,
    sources=in_window(1000 * LENGTH),
    behaviours=(
        Present("There are 10 s windows, back to back"),
        Once("Each window comes out once"),
        Correct("start and end are those of the window", columns=("start", "end")),
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
