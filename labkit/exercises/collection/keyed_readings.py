"""Writing readings with the right key and event time."""

import random
from dataclasses import replace

from labkit.exercises.answer_types import Producing
from labkit.exercises.behaviours import Correct, Once, Present, Unchanged
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import UNUSUAL, Sent, degrees, extra, percent, reading, same_reading

DEVICES = ("boiler", "Hall", "dépôt 3'")
CAPITAL = "Loft 2B"  # has this name for everybody


def readings(luck: random.Random) -> list[Sent]:
    """All devices measure at the same time, and now and then the same, even twice. One has a note that is null."""
    sent, same = [], {0: 21.25, 4: 21.25, 7: luck.choice(UNUSUAL)}
    for second in range(8):
        at = second + luck.randrange(1000) / 1000
        sent += [_measured(device, at, luck, same.get(second)) for device in (*DEVICES, CAPITAL)]
    sent[-1] = replace(sent[-1], value={**sent[-1].fields, "note": None})
    luck.shuffle(sent)
    return sent


def _measured(device: str, second: float, luck: random.Random, same: float | None) -> Sent:
    measured = degrees(luck, -25.0, 40.0, (0, 1, 5)) if same is None else same
    return reading(device, second, measured, percent(luck, 3), **extra(luck))


EXERCISE = Exercise(
    name="keyed-readings",
    title="Readings with the right key and event time",
    lesson="01_producer",
    number=1,
    answer_type=Producing(),
    readings=readings,
    devices=DEVICES,
    identity={"out": ("device", "timestamp")},
    sources=same_reading,
    behaviours=(
        Present("Every reading is in the topic, as a JSON object"),
        Once("No reading appears twice"),
        Unchanged("The value is the whole reading, unchanged", but=("key", "time")),
        Correct("The key is the name of the device", columns=("key",)),
        Correct("The record's time is when the reading was measured", columns=("time",)),
    ),
    hints=(
        "Lesson 01 does this in section 2: a loop over the readings with one producer.produce(...) in it.",
        ("produce takes topic=, key=, value= and timestamp=. Without timestamp= the record gets the time of writing."),
        "The value must be text or bytes: json.dumps(reading) turns a dict into text.",
    ),
    discussion=(
        "It is tempting to leave the timestamp out: everything seems to work, since simulated readings are written as "
        "soon as they are measured. It goes wrong on the first day that a device sends its backlog: every window "
        "then counts when the readings arrived, not when they were measured."
    ),
)
