"""Reading on where a consumer group stopped."""

import random

from labkit.exercises.answer_types import Consuming
from labkit.exercises.behaviours import Correct, Once, Present
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import Sent, reading, same_reading

DEVICES = ("attic", "barn", "cabin", "dock", "engine")
VISITS = (5, 8, 7)


def readings(luck: random.Random) -> list[Sent]:
    return [
        _measured(luck, second, "ordinary" if second < sum(VISITS) else "not asked for")
        for second in range(sum(VISITS) + len(VISITS))
    ]


def _measured(luck: random.Random, second: int, part: str) -> Sent:
    temperature, humidity = round(luck.uniform(0.0, 35.0), 1), round(luck.uniform(20.0, 90.0), 1)
    return reading(luck.choice(DEVICES), second, temperature, humidity, part)


EXERCISE = Exercise(
    name="read-on",
    title="Read on where the group stopped",
    lesson="01_producer",
    number=3,
    answer_type=Consuming(VISITS),
    readings=readings,
    identity={"out": ("device", "timestamp")},
    sources=same_reading,
    behaviours=(
        Present("Every record that was asked for reaches the target", part="ordinary", points=2),
        Present("No more than these are read", part="not asked for"),
        Once("No record reaches it twice", points=2),
        Correct("Its value is unchanged", columns=("temperature", "humidity")),
        Correct("Its key is unchanged", columns=("key",)),
        Correct("Its time is unchanged", columns=("time",)),
    ),
    hints=(
        (
            "The function read in lesson 01, section 5, is nearly what you need: it returns records instead of "
            "writing them."
        ),
        (
            "A group continues after the last stored offset: reader.store_offsets(message=message), once for "
            "each record that has been written."
        ),
        "message.key(), message.value() and message.timestamp()[1] are what you write to the target.",
    ),
    discussion=(
        "It is tempting to store the offset as soon as a record has been read. If the program dies before the record "
        "is written, it is lost: the group continues after it. The other way round, a record may be written twice, but "
        "never lost: that is at-least-once. Exactly-once needs a transaction for both, which notebook 05 shows in "
        "Flink."
    ),
)
