"""Readings of a clock that jumps ahead are left out."""

import random
from collections.abc import Iterator

from labkit.exercises.answer_types import Pipeline
from labkit.exercises.behaviours import Correct, Present
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import ORDINARY, Sent, reading, same_reading

BEGINS = {"bridge": 0, "pier": 3_600, "ferry": 7_200}  # seconds: what the devices send was measured hours apart
FIRST_HALF = (ORDINARY, ORDINARY, "ahead", ORDINARY, ORDINARY, ORDINARY, ORDINARY)
AFTER_RESTART = ("restart", ORDINARY, "far ahead", "again", ORDINARY)
ENDS = {"bridge": (ORDINARY, ORDINARY), "pier": (ORDINARY, "limit"), "ferry": ("late", "after late")}
# Seconds from the newest reading. They grow, so that an answer that accepts a jump as its new clock still sees the next
# one as a jump, except the second in a row.
LEAPS = {"ahead": 60.001, "restart": 300.0, "far ahead": 3_000.0, "again": 3_001.0, "limit": 60.0, "after late": 50.0}


def readings(luck: random.Random) -> list[Sent]:
    own = {device: list(_of(device, luck)) for device in BEGINS}
    order = [device for device in own for _ in FIRST_HALF]
    sent = []
    for _ in range(2):
        luck.shuffle(order)
        order.insert(0, order.pop(order.index("bridge")))  # the rest is hours ahead of it, but from other devices
        sent += [own[device].pop(0) for device in order]
    return sent


def _of(device: str, luck: random.Random) -> Iterator[Sent]:
    newest = float(BEGINS[device])
    for step in (*FIRST_HALF, *AFTER_RESTART, *ENDS[device]):
        later = -luck.uniform(20.0, 30.0) if step == "late" else LEAPS.get(step, luck.uniform(1.0, 5.0))
        part = step.removeprefix("far ")
        yield reading(device, newest + later, round(luck.uniform(5.0, 25.0), 1), part=part)
        if part not in ("ahead", "again", "restart"):
            newest += max(later, 0.0)


EXERCISE = Exercise(
    name="wrong-clock",
    title="A clock that runs ahead",
    lesson="06_when_things_break",
    number=1,
    answer_type=Pipeline(restart=True),
    readings=readings,
    identity={"out": ("device", "timestamp")},
    sources=same_reading,
    shows=("timestamp",),
    behaviours=(
        Present("An ordinary reading comes out", part=ORDINARY),
        Present("One that is more than 60 s ahead is left out", part="ahead", points=2),
        Present("So is a second one in a row", part="again"),
        Present("One that is exactly 60 s ahead comes out", part="limit"),
        Present("After a late reading, the newest one still counts, not the late one", part="after late"),
        Present("The newest one is still known after a restart", part="restart"),
        Correct("Key, time and fields are unchanged", columns=("key", "time", "temperature", "humidity")),
    ),
    hints=(
        "Whether a reading is ahead depends on what its own device has sent before: the pipeline needs state.",
        (
            "readings.filter(function, stateful=True) calls function(reading, state), and keeps the readings for which "
            "it returns True."
        ),
        "Remember the newest timestamp that came out. One that was left out, or that is older, must not change it.",
    ),
    discussion=(
        "It is tempting to compare with the previous reading. After one that was late this leaves out good ones, and "
        "after one that was ahead it lets the next one of the same kind through. The rule has a price: a device that "
        "was off for more than a minute is never believed again. A real pipeline would believe it after some readings "
        "that agree with one another, or compare with the time at which Kafka got them."
    ),
)
