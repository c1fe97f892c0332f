"""An aggregate per device and window in Flink SQL."""

import random

from labkit.exercises.answer_types import Sql
from labkit.exercises.behaviours import Correct, Present
from labkit.exercises.exercise import Exercise
from labkit.exercises.flink_tables import reading, result, sources
from labkit.exercises.records import Sent, degrees, percent

TABLES = result(
    "sensor_id STRING, window_start TIMESTAMP(3), lowest DOUBLE, highest DOUBLE, readings BIGINT",
)


DEVICES = ("Axle", "brêmse")
EDGES = {9: 999, 20: 0}  # the milliseconds of some seconds


def readings(luck: random.Random) -> list[Sent]:
    """Some seconds of a device are missing, some temperatures come twice in a window, and some windows hold a single
    reading or have an extreme of 0. Some readings are in the first or the last millisecond of a window.
    """
    sent = []
    for second in range(50):
        for device in DEVICES:
            measured = luck.choice((luck.randrange(-200, 600, 50) / 10, degrees(luck, -20.0, 60.0, (4,))))
            if second // 10 == 1:
                measured = (0.0, -abs(measured) if device == DEVICES[0] else abs(measured))[second % 3 > 0]
            is_alone = second // 10 == 3 and device == DEVICES[1]
            at = second + EDGES.get(second, luck.randrange(1000)) / 1000
            if second == 35 if is_alone else second in EDGES or luck.random() < 0.6:
                sent.append(reading(device, at, measured, percent(luck)))
    return sent


EXERCISE = Exercise(
    name="flink-extremes",
    title="Lowest and highest per device, in SQL",
    lesson="05_flink",
    number=1,
    answer_type=Sql(TABLES),
    readings=readings,
    devices=DEVICES,
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
