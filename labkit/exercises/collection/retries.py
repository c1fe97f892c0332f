"""Removing the repetitions of a producer that retries."""

import random
from dataclasses import replace

from labkit.exercises.answer_types import Pipeline
from labkit.exercises.behaviours import Correct, Once, Present
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import Sent, reading, same_reading

DEVICES = ("crane", "drill")
WAITS = ((4, 10), (2, 4), (3,), (2,), (1,), (1,), (1,))  # after how many of its device's records a reading comes again


def readings(luck: random.Random) -> list[Sent]:
    """Some readings come again: at once, after other readings of the same device, or twice more. Some come late."""
    sent: list[Sent] = []
    for device in DEVICES:
        own: list[Sent] = []
        for second in range(16):
            degrees = 21.5 if second % 5 < 2 else round(luck.uniform(15.0, 30.0), 1)
            own.append(reading(device, second, degrees, part="same temperature" if degrees == 21.5 else "ordinary"))
        for index in (5, 11):
            own.insert(index + 3, replace(own.pop(index), part="late"))
        often = [each for each in own if each.part != "late"]
        for each, waits in zip(luck.sample(often, 7), WAITS, strict=True):
            index = own.index(each)
            own[index] = replace(each, part="at once" if waits == (1,) else "later")
            for wait in waits:
                own.insert(index + wait, own[index])
        sent += own
    order = [each.key for each in sent]
    luck.shuffle(order)
    queues = {device: iter([each for each in sent if each.key == device]) for device in DEVICES}
    return [next(queues[key]) for key in order if key]


EXERCISE = Exercise(
    name="retries",
    title="A producer that retries",
    lesson="04_live_charts",
    number=3,
    answer_type=Pipeline(restart=True),
    readings=readings,
    identity={"out": ("device", "timestamp")},
    sources=same_reading,
    behaviours=(
        Present("A reading that is sent once comes out", part="ordinary"),
        Present("A reading that comes late comes out too", part="late"),
        Once("One that is repeated at once comes out once", part="at once", points=2),
        Once("So does one that is repeated after other readings", part="later", points=2),
        Present("Two readings of the same temperature are two readings", part="same temperature"),
        Correct("Key, time and fields are unchanged", columns=("key", "time", "temperature", "humidity")),
    ),
    hints=(
        "What shows that two records are the same reading? The device and the time at which it was measured.",
        (
            'Remember the timestamps that have come out: state.get("seen", []) is a list, and state.set("seen", ...) '
            "keeps it."
        ),
        "A list that only grows would fill the disk one day: keep the last 20, as in (seen + [timestamp])[-20:].",
    ),
    discussion=(
        "It is tempting to compare each reading only with the one before it. That removes what is sent twice in a "
        "row, but a producer that retries in batches repeats readings after newer ones. An idempotent producer "
        "(lesson 01) avoids all this between producer and broker, but not when the device itself sends a reading "
        "twice."
    ),
)
