"""The change since the last reading of the same device."""

import random

from labkit.exercises.answer_types import Pipeline
from labkit.exercises.behaviours import Correct, Present
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import Sent, reading, same_reading

DEVICES = ("oven", "pond", "quay")


def readings(luck: random.Random) -> list[Sent]:
    sent: list[Sent] = []
    last: dict[str, float] = {}
    for second in range(36):
        device = luck.choice(DEVICES)
        temperature = 0.0 if second % 7 == 5 else round(luck.uniform(-20.0, 20.0), 1)
        if second % 5 == 4:
            temperature = last.get(device, temperature)  # no change
        part = "first" if device not in last else "after zero" if last[device] == 0 else "ordinary"
        sent.append(reading(device, second, temperature, part=part))
        last[device] = temperature
    return sent


EXERCISE = Exercise(
    name="changes",
    title="The change since the last reading",
    lesson="04_live_charts",
    number=1,
    answer_type=Pipeline(restart=True),
    readings=readings,
    identity={"out": ("device", "timestamp")},
    sources=same_reading,
    behaviours=(
        Present("Every reading but the first of a device comes out", part="ordinary"),
        Present("The first reading of a device is left out: there is nothing to compare it with", part="first"),
        Correct("change is the temperature minus the previous one of the same device", columns=("change",), points=3),
        Present("A reading that follows one of 0 °C comes out too", part="after zero"),
        Correct("Its other fields, key and time are unchanged", columns=("temperature", "humidity", "key", "time")),
    ),
    hints=(
        (
            'State belongs to one key: state.get("last") in the function for a reading of the oven never returns what '
            "was set for the pond."
        ),
        (".apply(function, stateful=True) calls function(reading, state). What it returns takes the reading's place."),
        "Return None for a first reading, and drop these afterwards: .filter(lambda each: each is not None).",
    ),
    discussion=(
        "It is tempting to write `if last:`. A temperature of 0 °C counts as false too, so the reading after it is "
        "taken for a first one. `if last is None` says what is meant."
    ),
)
