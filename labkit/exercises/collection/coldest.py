"""The minimum per device over a hopping window."""

import random

from labkit.exercises.answer_types import Pipeline
from labkit.exercises.behaviours import Correct, Once, Present
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import Sent, in_window, reading

SILENT_FROM = 11  # second


def readings(luck: random.Random) -> list[Sent]:
    sent = []
    for second in range(24):
        sent.append(reading("freezer", second, round(luck.uniform(-25.0, -15.0), 1)))
        sent.append(reading("porch", second + 0.5, round(luck.uniform(-5.0, 5.0), 1)))
        if second < SILENT_FROM:
            part = "silent" if second >= SILENT_FROM - 4 else "ordinary"
            sent.append(reading("tent", second + 0.25, round(luck.uniform(5.0, 25.0), 1), part=part))
    return sent


EXERCISE = Exercise(
    name="coldest",
    title="The coldest reading of the last 7 seconds",
    lesson="03_windows",
    number=1,
    answer_type=Pipeline(),
    readings=readings,
    sources=in_window(7000),
    behaviours=(
        Present("Every 2 s there is one window per device", part="ordinary", points=2),
        Correct("Each window is 7 s long", columns=("start", "end")),
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
