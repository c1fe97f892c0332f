"""The hottest reading of each window, in Flink SQL."""

import random

from labkit.exercises.answer_types import Sql
from labkit.exercises.behaviours import Correct, Once, Present
from labkit.exercises.exercise import Exercise
from labkit.exercises.flink_tables import reading, result, sources
from labkit.exercises.records import UNUSUAL, Sent, percent

TABLES = result("window_start TIMESTAMP(3), sensor_id STRING, temperature DOUBLE")


DEVICES = ("axle", "brêmse", "clutch")


def readings(luck: random.Random) -> list[Sent]:
    """In a window no two temperatures are the same, so that it has one hottest reading: once in the last millisecond.
    In one window all are below 0, and in one the hottest is what no room has.
    """
    sent, unusual, last = [], (luck.randrange(20, 30), luck.choice(DEVICES)), (9, luck.choice(DEVICES))
    for second in range(30):
        if second % 10 == 0:
            temperatures = iter(luck.sample(range(1, 40), 30))
        for device in DEVICES:
            degrees = next(temperatures) / 8 * (-1 if second // 10 == 1 else luck.choice((1, -1)))
            measured = UNUSUAL[1] if (second, device) == unusual else 5.5 if (second, device) == last else degrees
            at = second + (999 if (second, device) == last else luck.randrange(1000)) / 1000
            sent.append(reading(device, at, measured, percent(luck)))
    return sent


EXERCISE = Exercise(
    name="flink-hottest",
    title="The hottest reading of each window, in SQL",
    lesson="05_flink",
    number=2,
    answer_type=Sql(TABLES),
    readings=readings,
    devices=DEVICES,
    identity={"out": ("window_start",)},
    sources=sources,
    behaviours=(
        Present("There is a row for each 10 s window"),
        Once("There is only one row for each window", points=2),
        Correct("It is the hottest reading, with its device", columns=("sensor_id", "temperature"), points=2),
    ),
    hints=(
        (
            "In Flink SQL this is called a Window Top-N: number the rows of each window, the hottest first, and keep "
            "the first."
        ),
        (
            "Two queries: the inner one selects from the windows and adds the number with ROW_NUMBER(), the outer one "
            "has WHERE. A partition of the numbering is one window: its start and its end."
        ),
    ),
    discussion=(
        "It is tempting to take MAX(temperature) per window. That gives the temperature, but not which device had it: "
        "the other columns of the row with the maximum are not part of the aggregate."
    ),
)
