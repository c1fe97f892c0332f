"""The minimum per device over a hopping window."""

import random
from dataclasses import replace

from labkit.exercises.answer_types import Pipeline
from labkit.exercises.behaviours import Correct, Once, Present
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import ORDINARY, UNUSUAL, Sent, in_window, percent, reading

SILENT_FROM = 11  # second
DEVICES = ("freezer", "pørch", "tent")
GAP = range(9, 19)  # seconds in which the second device measures only once, so that windows hold one reading or none


def readings(luck: random.Random) -> list[Sent]:
    """Some of the second device's windows have a minimum of 0. The first device has the lowest temperature of a window
    in its last millisecond, and a still lower one when another window has just ended.
    """
    sent = []
    once = luck.choice(GAP[4:6])
    last = luck.choice((8, 10))
    for second in range(24):
        coldest = second == last + 9
        sent.append(_measured(DEVICES[0], second, luck, -55.0 if coldest else luck.uniform(-25.0, -15.0)))
        if second == last:
            sent.append(_measured(DEVICES[0], second + 0.999, luck, -40.0))
        if second not in GAP or second == once:
            degrees = 0.0 if second > 19 and second % 2 else luck.uniform(0.5, 9.0)
            degrees = luck.choice(UNUSUAL) if second == once else degrees
            sent.append(_measured(DEVICES[1], second + 0.5, luck, degrees))
        if second < SILENT_FROM:
            part = "silent" if second >= SILENT_FROM - 4 else "ordinary"
            at = second + luck.choice((0.001, 0.25, 0.999))
            sent.append(_measured(DEVICES[2], at, luck, luck.uniform(5.0, 250.0), part))
    return sent


def _measured(device: str, second: float, luck: random.Random, degrees: float, part: str = ORDINARY) -> Sent:
    made = reading(device, second, round(degrees, luck.choice((1, 2, 5))), percent(luck), part)
    return replace(made, key=f"hut/{device}")


EXERCISE = Exercise(
    name="coldest",
    title="The coldest reading of the last 7 seconds",
    lesson="03_windows",
    number=1,
    answer_type=Pipeline(),
    readings=readings,
    devices=DEVICES,
    partitions=3,
    sources=in_window(7000),
    behaviours=(
        Present("Every 2 s there is one window per device", part="ordinary", points=2),
        Correct("If it has start and end, they are those of the window", columns=("start", "end"), optional=True),
        Correct("minimum is the lowest temperature in the window", columns=("minimum",), points=2),
        Once("Each window comes out once, when it closes"),
        Present("The last windows of a device that has fallen silent stay open", part="silent"),
    ),
    hints=(
        (
            "A window that overlaps the next one is a hopping window. Lesson 03 has one in section 2; times are in "
            "milliseconds."
        ),
        (
            "There is a Min beside Mean and Count in quixstreams.dataframe.windows. The name of the field is what you "
            "write before the = in .agg(...)."
        ),
    ),
    discussion=(
        "It is tempting to end with .current(): results come at once, and none is missing at the end. But each window "
        "then comes out again with every reading, and most of these minima are not the window's: they are the "
        "lowest so far. Readers of the topic cannot tell which one is the last."
    ),
)
