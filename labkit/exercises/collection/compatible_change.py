"""Version 2 of a schema, which consumers of both versions can live with."""

import random
from typing import Any

from labkit.exercises.behaviours import Correct, Present, Unchanged
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import Sent, degrees, percent, reading, same_reading
from labkit.exercises.schemas import OLD, REGISTRY, NextSchema

DEVICES = ("mast", "Böe")
VERSION_1 = {
    "type": "record",
    "name": "Reading",
    "fields": [
        {"name": "device", "type": "string"},
        {"name": "temperature", "type": "double"},
        {"name": "humidity", "type": "double"},
        {"name": "timestamp", "type": "long"},
    ],
}


def readings(luck: random.Random) -> list[Sent]:
    """Of every three readings two are of new devices, one of which does not know its battery."""
    sent = []
    for second in range(16):
        sent.append(_measured(luck, second, "version 1"))
        battery = luck.choice((0.0, 100.0, round(luck.uniform(1, 99), 2)))
        place = luck.choice(("roof", "cellar", "Bäckerei", "unknown", ""))
        sent.append(_measured(luck, second + 0.5, "version 2", battery=battery, place=place))
        sent.append(_measured(luck, second + 0.7, "version 2", battery=None, place=place))
    return sent


def _measured(luck: random.Random, second: float, part: str, **more: Any) -> Sent:
    return reading(luck.choice(DEVICES), second, degrees(luck, -30.0, 45.0), percent(luck, 2), part, **more)


EXERCISE = Exercise(
    name="compatible-change",
    title="A compatible change",
    lesson="09_contracts",
    number=1,
    answer_type=NextSchema(VERSION_1, "battery"),
    readings=readings,
    devices=DEVICES,
    outputs=("out", OLD, REGISTRY),
    identity={"out": ("device", "timestamp"), OLD: ("device", "timestamp")},
    sources=same_reading,
    shows=("temperature", "battery", "place"),
    behaviours=(
        Present("Consumers with version 1 read every new record", output=OLD, points=2),
        Unchanged("They find in it what they know", output=OLD),
        Present("Consumers with version 2 read every old record", part="version 1", points=2),
        Correct("In an old record `battery` is null", columns=("battery",), part="version 1"),
        Correct('In an old record `place` is the text "unknown"', columns=("place",), part="version 1"),
        Present("Consumers with version 2 read every new record", part="version 2"),
        Correct("In a new record both are what they were", columns=("battery", "place"), part="version 2"),
        Unchanged("All other fields are as before", but=("battery", "place")),
        Correct("A registry with the level FULL takes it", columns=("taken",), output=REGISTRY, points=2),
    ),
    hints=(
        "Old records lack both fields. A reader fills in what a record lacks, if its schema has a default for it.",
        'A field that may be null has a union for its type, such as ["null", "string"].',
        "In a union the default belongs to the first of the types.",
    ),
    discussion=(
        "It is tempting to tidy up while one is at it: a better name for `temperature`, `humidity` no longer required. "
        "Each of these is a change that somebody who reads must make at the same moment as whoever writes, and in a "
        "company nobody does. What is new gets a default; what is old stays, until nobody reads it any more. A "
        "registry with the level FULL takes just such changes."
    ),
)
