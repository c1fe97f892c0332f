"""An aggregate per device and window in Flink SQL."""

import random

from labkit.exercises.answer_types import Sql
from labkit.exercises.behaviours import Correct, Present
from labkit.exercises.exercise import Exercise
from labkit.exercises.flink_tables import reading, result, sources
from labkit.exercises.records import Sent

TABLES = result(
    "sensor_id STRING, window_start TIMESTAMP(3), lowest DOUBLE, highest DOUBLE, readings BIGINT",
)


def readings(luck: random.Random) -> list[Sent]:
    """Some seconds of a device are missing, and some temperatures come twice in a window."""
    sent = [
        reading(device, second, luck.randrange(-200, 600, 50) / 10, luck.randrange(200, 900) / 10)
        for second in range(50)
        for device in ("axle", "brake")
    ]
    return [each for each in sent if luck.random() < 0.6]


EXERCISE = Exercise(
    name="flink-extremes",
    title="Lowest and highest per device, in SQL",
    lesson="05_flink",
    number=1,
    answer_type=Sql(TABLES),
    readings=readings,
    identity={"out": ("sensor_id", "window_start")},
    sources=sources,
    behaviours=(
        Present("There is one row for each device and 10 s window", points=2),
        Correct("lowest and highest are right", columns=("lowest", "highest"), points=2),
        Correct("readings is the number of readings", columns=("readings",)),
    ),
    hints=(
        ("Lesson 05 has a query with HOP in section 3. Back-to-back windows are TUMBLE, which takes one interval."),
        (
            "Group by the device and both ends of the window. The columns must be in the table's order, whatever "
            "their names."
        ),
    ),
    discussion=(
        "It is tempting to leave window_end out of GROUP BY, since the start says it all. Flink needs both to see "
        "that this is a window, which closes: without it, the query keeps correcting its results."
    ),
)
