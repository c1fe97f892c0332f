"""Spreading the readings of a hot device over several keys."""

import random

from labkit.exercises.answer_types import Producing
from labkit.exercises.behaviours import Correct, Once, Present, Unchanged
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import ORDINARY, Sent, degrees, extra, percent, reading, same_reading

OTHERS = ("turbine hall", "Turbine", "roof")


def readings(luck: random.Random) -> list[Sent]:
    """Others measure at the same times as the turbine."""
    sent = []
    for second in range(5):
        others = [_measured(each, second + luck.randrange(5) / 8, luck) for each in OTHERS]
        hot = [_measured("turbine", second + part / 8, luck, "hot") for part in range(luck.choice((5, 6, 7)))]
        both = [*others, *hot]
        luck.shuffle(both)
        sent += both
    return sent


def _measured(device: str, second: float, luck: random.Random, part: str = ORDINARY) -> Sent:
    return reading(device, second, degrees(luck, -5.0, 90.0, (0, 1, 5)), percent(luck, 3), part, **extra(luck))


EXERCISE = Exercise(
    name="hot-device",
    title="A hot device",
    lesson="07_scale_out",
    number=1,
    answer_type=Producing(),
    readings=readings,
    devices=OTHERS[2:],
    identity={"out": ("device", "timestamp")},
    sources=same_reading,
    behaviours=(
        Present("Every reading is in the topic, as a JSON object"),
        Once("No reading appears twice"),
        Correct("The turbine's readings take its four keys in turn", columns=("key",), part="hot", points=2),
        Correct("Every other device keeps its name as the key", columns=("key",), part="ordinary"),
        Unchanged("The value is the whole reading, unchanged", but=("key", "time")),
        Correct("The record's time is when the reading was measured", columns=("time",)),
    ),
    hints=(
        "Count the turbine's readings as you write them: the number in the key is that count modulo 4.",
        "Only the key changes: the value still has the device turbine, or nobody knows whose reading it is.",
        "The position in the list will not do: it counts the readings of the other devices too.",
    ),
    discussion=(
        "It is tempting to choose the key at random. That spreads the load just as well, but a producer that sends a "
        "reading again after an error may then choose another key, and nobody can say afterwards where a reading "
        "belongs. To count per device, you must now add up four counts: the keys made the work smaller, and added a "
        "second step."
    ),
)
