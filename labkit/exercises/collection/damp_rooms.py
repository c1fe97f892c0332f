"""A filter on humidity, with a derived field."""

import random

from labkit.exercises.behaviours import Correct, Present
from labkit.exercises.exercise import BASE, Exercise, Sent
from labkit.exercises.kinds import Pipeline

DEVICES = ("cellar", "kitchen", "bathroom")


def readings(luck: random.Random) -> list[Sent]:
    sent = []
    for second in range(16):
        for device in DEVICES:
            humidity = round(luck.uniform(35.0, 85.0), 1)
            part = "dry" if humidity <= 60 else "ordinary"
            sent.append(_reading(device, second, luck, humidity, part))
    limit = luck.sample(range(len(sent)), 4)
    for place in limit:
        old = sent[place]
        sent[place] = Sent(old.key, {**dict(old.value), "humidity": 60.0}, old.timestamp, "limit")
    return sent


def _reading(device: str, second: int, luck: random.Random, humidity: float, part: str) -> Sent:
    timestamp = BASE + 1000 * second
    temperature = round(luck.uniform(8.0, 26.0), 1)
    value = {"device": device, "temperature": temperature, "humidity": humidity, "timestamp": timestamp}
    return Sent(device, value, timestamp, part)


EXERCISE = Exercise(
    name="damp-rooms",
    title="Damp rooms, and their dew points",
    lesson="02_filter",
    number=1,
    kind=Pipeline(),
    readings=readings,
    identity=("device", "timestamp"),
    shows=("temperature", "humidity"),
    behaviours=(
        Present("Every reading above 60 % humidity is kept", part="ordinary"),
        Present("Readings below 60 % are left out", part="dry"),
        Present("A reading of exactly 60 % is left out: it is not above", part="limit"),
        Correct("dew_point is the temperature minus a fifth of what is missing to 100 %", columns=("dew_point",)),
        Correct("All other fields are as they were", columns=("device", "temperature", "humidity", "timestamp")),
        Correct("Key and event time are as they were", columns=("key", "time")),
    ),
    hints=(
        "A condition in square brackets keeps the records for which it is true, as in alert_filter.",
        "A new field is assigned like a column: readings[\"name\"] = ... It may use several columns.",
        "What is missing to 100 % is 100 - humidity. A column comes first in an expression: humidity * -1 + 100 is the "
        "same, and so is (humidity - 100) / 5 added to the temperature.",
    ),
    discussion="It is tempting to write >= because people say \"from 60 % on\". On real sensors, which report whole or "
    "half percents, readings of exactly the limit are frequent: whether they belong must be said, and tested.",
)
