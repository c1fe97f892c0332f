"""The change since the last reading of the same device."""

import random

from labkit.exercises.answer_types import REMEMBERED, Pipeline
from labkit.exercises.behaviours import AtMost, Correct, Present, Unchanged
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import Sent, degrees, percent, reading, same_reading, through_gateways

DEVICES = ("oven", "pond", "quay")


def readings(luck: random.Random) -> list[Sent]:
    sent: list[Sent] = []
    last: dict[str, float] = {}
    seconds = 240 + luck.randrange(20)
    for second in range(seconds):
        device = DEVICES[2] if second == 20 else luck.choice(DEVICES[:2] if second < 20 else DEVICES)
        temperature = 0.0 if second % 7 == 5 else degrees(luck, -40.0, 60.0)
        if second % 5 == 4:
            temperature = last.get(device, temperature)  # no change
        if second == seconds - 1:
            temperature = round(luck.uniform(-40.0, 60.0), 5)  # in the end the state differs from that at the restart
        part = "first" if device not in last else "after zero" if last[device] == 0 else "ordinary"
        late = 6.5 if second % 25 == 11 else 0
        at = second - late + second // 25 * 86_400  # in between nothing is measured for a day
        sent.append(reading(device, at + luck.random() / 2, temperature, percent(luck), part=part))
        last[device] = temperature
    return through_gateways(sent, luck)


EXERCISE = Exercise(
    name="changes",
    title="The change since the last reading",
    lesson="04_live_charts",
    number=1,
    answer_type=Pipeline(restart=True),
    readings=readings,
    devices=DEVICES,
    outputs=("out", REMEMBERED),
    identity={"out": ("device", "timestamp")},
    sources=same_reading,
    behaviours=(
        Present("Every reading but the first of a device comes out", part="ordinary"),
        Present("The first reading of a device is left out: there is nothing to compare it with", part="first"),
        Correct("change is the temperature minus the previous one of the same device", columns=("change",), points=3),
        Present("A reading that follows one of 0 °C comes out too", part="after zero"),
        Unchanged("Its other fields, key and time are unchanged", but=("change",)),
        AtMost("What the pipeline remembers does not grow", columns=("growth",), output=REMEMBERED),
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
