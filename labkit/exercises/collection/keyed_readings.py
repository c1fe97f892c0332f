"""Writing readings with the right key and event time."""

import random

from labkit.exercises.answer_types import Producing
from labkit.exercises.behaviours import Correct, Once, Present
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import Sent, reading, same_reading

DEVICES = ("boiler", "hall", "roof")


def readings(luck: random.Random) -> list[Sent]:
    sent = [
        reading(device, second, round(luck.uniform(-5.0, 40.0), 1), round(luck.uniform(20.0, 90.0), 1))
        for second in range(8)
        for device in DEVICES
    ]
    luck.shuffle(sent)
    return sent


EXERCISE = Exercise(
    name="keyed-readings",
    title="Readings with the right key and event time",
    lesson="01_producer",
    number=1,
    answer_type=Producing(),
    readings=readings,
    identity={"out": ("device", "timestamp")},
    sources=same_reading,
    behaviours=(
        Present("Every reading is in the topic, as a JSON object"),
        Once("No reading appears twice"),
        Correct("The value is the whole reading, unchanged", columns=("temperature", "humidity")),
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
