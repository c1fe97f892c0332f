"""A filter on humidity, with a derived field."""

import random

from labkit.exercises.answer_types import Pipeline
from labkit.exercises.behaviours import Correct, Present, Unchanged
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import Sent, degrees, reading, same_reading, through_gateways

DEVICES = ("cellar", "café", "bathroom")
NEARLY = (59.9, 59.9996, 59.99999, 60.00001, 60.0004, 60.1)


def readings(luck: random.Random) -> list[Sent]:
    """Now and then one device measures exactly the limit, and another nearly; once the third has more than 100 %. Some
    readings have 0 °C, or that as their dew point.
    """
    near = dict(zip(luck.sample(range(16), len(NEARLY)), NEARLY, strict=True))
    over = luck.randrange(16)
    sent = []
    for second in range(16):
        at = second + luck.randrange(1000) / 1000  # of all devices: a time does not say whose reading it is
        for device in DEVICES:
            usual = round(luck.uniform(35.0, 101.5), luck.choice((0, 1, 2, 5)))
            humidity = 100.0 if luck.random() < 0.2 else usual
            if second in near and device in DEVICES[:2]:
                humidity = 60.0 if device == DEVICES[0] else near[second]
            if second == over and device == DEVICES[2]:
                humidity = round(luck.uniform(100.5, 104.0), 1)  # a sensor drifts, and the rule goes on
            sent.append(_measured(device, at, humidity, luck))
    return through_gateways(sent, luck)


def _measured(device: str, second: float, humidity: float, luck: random.Random) -> Sent:
    part = "limit" if humidity == 60 else "dry" if humidity < 60 else "ordinary"
    measured = luck.choice((0.0, (100 - humidity) / 5, *(degrees(luck, -25.0, 45.0, (4,)) for _ in range(8))))
    return reading(device, second, measured, humidity, part)


EXERCISE = Exercise(
    name="damp-rooms",
    title="Damp rooms, and their dew points",
    lesson="02_filter",
    number=1,
    answer_type=Pipeline(),
    readings=readings,
    devices=DEVICES,
    identity={"out": ("device", "timestamp")},
    sources=same_reading,
    shows=("temperature", "humidity"),
    behaviours=(
        Present("Every reading above 60 % humidity is kept", part="ordinary", points=2),
        Present("Readings below 60 % are left out", part="dry", points=2),
        Present("A reading of exactly 60 % is left out: it is not above", part="limit"),
        Correct("dew_point is the temperature minus a fifth of (100 - humidity)", columns=("dew_point",), points=3),
        Unchanged("Key, time and the other fields are unchanged", but=("dew_point",)),
    ),
    hints=(
        "A condition in square brackets keeps the records for which it is true, as in alert_filter.",
        'A new field is assigned like a column: readings["name"] = ... It may use several columns.',
        (
            "A column must come first in an expression: instead of 100 - humidity write humidity * -1 + 100, or add "
            "(humidity - 100) / 5 to the temperature."
        ),
    ),
    discussion=(
        'It is tempting to write >= because people say "60 % and up". Real sensors report whole or half percents, so '
        "readings exactly at the limit are common: whether they count must be stated, and tested."
    ),
)
