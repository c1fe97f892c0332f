"""One record for each silence of a device."""

import random

from labkit.exercises.answer_types import Pipeline
from labkit.exercises.behaviours import Correct, Once, Present
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import Sent, reading

LIMIT = 5  # seconds


def readings(luck: random.Random) -> list[Sent]:
    """Each device is silent now and then: for less than the limit, exactly so long, or longer. A few come late."""
    sent = []
    for device in ("tower", "valve"):
        second = luck.uniform(0.0, 1.0)
        for gap, part in _gaps(luck):
            second = round(second + gap, 3)
            sent.append((second, reading(device, second, round(luck.uniform(10.0, 30.0), 1), part=part)))
            if part == "long" and luck.random() < 0.7:
                behind = round(second - LIMIT - luck.uniform(0.5, 0.9), 3)
                late = reading(device, behind, round(luck.uniform(10.0, 30.0), 1), part="late")
                sent.append((second + 0.01, late))
                second = round(second + 1.0, 3)
                sent.append((second, reading(device, second, 20.0, part="after late")))
    return [each for _, each in sorted(sent, key=lambda each: each[0])]


def _gaps(luck: random.Random) -> list[tuple[float, str]]:
    gaps = [(1.0, "ordinary")] * 8 + [(float(LIMIT), "exactly")] * 2 + [(4.5, "ordinary")] * 2
    gaps += [(round(luck.uniform(7.0, 20.0), 1), "long") for _ in range(4)] + [(LIMIT + 0.001, "long")]
    luck.shuffle(gaps)
    return [(1.0, "ordinary"), *gaps, (8.0, "long")]


EXERCISE = Exercise(
    name="outages",
    title="One record for each silence",
    lesson="04_live_charts",
    number=2,
    answer_type=Pipeline(restart=True),
    readings=readings,
    behaviours=(
        Present(
            "Each silence of more than 5 s gives a record, when the device is heard from again", part="long", points=2
        ),
        Present("Shorter silences, and the first reading of a device, give none", part="ordinary"),
        Present("A silence of exactly 5 s gives none", part="exactly"),
        Present("A reading that comes late gives none", part="late"),
        Present("Nor does the reading after a late one: time does not run backwards", part="after late"),
        Correct(
            "device, from and until say which device was silent, and between which times",
            columns=("device", "from", "until"),
        ),
        Correct("seconds is how long it was", columns=("seconds",)),
        Once("Each silence gives one record"),
    ),
    hints=(
        "What must be remembered from one reading to the next is the time at which the device was last heard from.",
        (
            "A reading that comes late is older than the last one: it must not move the remembered time back. "
            'max(last, reading["timestamp"]) never does.'
        ),
        "The function returns a record or None; .filter(lambda each: each is not None) drops what is None.",
    ),
    discussion=(
        "It is tempting to remember the timestamp of every reading as it comes. One late reading then moves the "
        "remembered time back, and the next ordinary reading seems to end an outage that never was. Event time only "
        "moves forward: the same rule as for a watermark."
    ),
)
