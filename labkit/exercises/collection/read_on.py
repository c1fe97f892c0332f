"""Reading on where a consumer group stopped."""

import random
from dataclasses import replace
from typing import Any

from labkit.exercises.answer_types import Consuming
from labkit.exercises.behaviours import Correct, Once, Present, Unchanged
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import ORDINARY, Sent, degrees, percent, reading, same_reading, through_gateways

PARTITIONS = 3
TICK = 1700  # ms
KEYS = ("gateway-1", "gateway-4", "gateway-5", "gateway-7")  # each belongs to another partition than 0
DEVICES = ("attic", "barn", "cabin", "dock", "móvil")
VISITS = (5, 8, 7, 6, 6)
FAILS = 4  # the number of the call whose producer takes no large record
LARGE = sum(VISITS[: FAILS - 1])  # the first record of that call, so that it copies none
LAST = LARGE + VISITS[-1] - 1
AGAIN = VISITS[0] + VISITS[1] - 2  # the number of a record that comes once more, in the same call


def readings(luck: random.Random) -> list[Sent]:
    """One more record may be read if the large one has been lost. With one key for all, their order is fixed. Some
    have the same time: their gateway's clock ticks every 1.7 s. One of them comes twice, and is two records.
    """
    parts = {LARGE: "failed", LAST + 1: "perhaps"}
    parts |= dict.fromkeys(range(LAST + 2, LAST + 20), "not asked for")
    measured = [_measured(number, luck, parts.get(number, ORDINARY)) for number in range(LAST + 20)]
    key = luck.choice(KEYS)
    passed_on = through_gateways(measured, luck)
    passed_on[AGAIN + 1] = passed_on[AGAIN]
    return [replace(each, key=key, timestamp=each.timestamp // TICK * TICK) for each in passed_on]


def _measured(second: int, luck: random.Random, part: str) -> Sent:
    more: dict[str, Any] = {"log": luck.choice("abcdef") * 1500} if part == "failed" else {}
    at, measured = second + luck.randrange(1000) / 1000, degrees(luck, -5.0, 35.0, (0, 1, 2))
    return reading(luck.choice(DEVICES), at, measured, percent(luck), part, **more)


EXERCISE = Exercise(
    name="read-on",
    title="Read on where the group stopped",
    lesson="01_producer",
    number=3,
    answer_type=Consuming(VISITS, FAILS),
    readings=readings,
    devices=DEVICES,
    partitions=PARTITIONS,
    identity={"out": ("device", "timestamp")},
    sources=same_reading,
    behaviours=(
        Present("Every record that was asked for reaches the target", part="ordinary", points=2),
        Present("No more than these are read", part="not asked for"),
        Once("No record reaches it twice", points=2),
        Present("The record that one call cannot write is copied by the next", part="failed", points=2),
        Unchanged("Its value is unchanged", but=("key", "time")),
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
