"""Late readings collected instead of lost."""

import random
from collections.abc import Sequence
from dataclasses import replace

from labkit.exercises.answer_types import Pipeline
from labkit.exercises.behaviours import Correct, Once, Present, Unchanged
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import ORDINARY, Row, Sent, degrees, extra, in_window, percent, reading, same_reading

LENGTH, GRACE = 5, 2  # seconds
WAITS = ((GRACE - 0.0005, "in time"), (GRACE + 0.0005, "late"), (9.0, "late"), (905.0, "late"))
DEVICES = {"gate": 0, "wéll": 7}  # how many seconds each is behind


def readings(luck: random.Random) -> list[Sent]:
    """Some readings arrive after their window has been closed, some while it is still open, some two at once."""
    arriving = []
    for device, behind in DEVICES.items():
        waits = luck.sample([*WAITS, *luck.choices(WAITS, k=2)], 6)
        for second in range(30):
            end = second - second % LENGTH + LENGTH
            if second % LENGTH == 2:  # just before and just after the reading that ends the grace, or long after it
                wait, part = waits.pop()
                for fraction in luck.sample((0.5, 0.501, 0.75), luck.choice((1, 2))):
                    arriving.append((end + behind + wait, _measured(device, second + fraction, luck, part)))
                arriving.append((end + behind + GRACE - 0.001, _measured(device, end + GRACE - 0.001, luck)))
            arriving.append((second + behind, _measured(device, second, luck)))
    arriving += [(when, _measured(device, when, luck)) for when in (51, 57, 74, 150, 800) for device in DEVICES]
    return [each for _, each in sorted(arriving, key=lambda each: each[0])]


def _measured(device: str, second: float, luck: random.Random, part: str = ORDINARY) -> Sent:
    """The record comes from a gateway, whose clock is a little ahead of the device's."""
    measured = 21.53125 if part == "late" else degrees(luck, -10.0, 30.0, (0, 1, 5))
    made = reading(device, second, measured, percent(luck, 3), part, **extra(luck))
    value = {**made.fields, "timestamp": made.timestamp - 3}
    return replace(made, key=f"garden/{device}", value=value)


def sources(row: Row, sent: Sequence[Sent]) -> list[Sent]:
    """For a window its readings, for a collected late reading the reading itself."""
    return in_window(1000 * LENGTH)(row, sent) if "start" in row else same_reading(row, sent)


EXERCISE = Exercise(
    name="late-readings",
    title="Late readings collected instead of lost",
    lesson="03_windows",
    number=3,
    answer_type=Pipeline(producer=True),
    readings=readings,
    devices=tuple(DEVICES),
    sources=sources,
    outputs=("out", "late"),
    identity={"late": ("device", "timestamp")},
    behaviours=(
        Present("There are 5 s windows, back to back"),
        Correct("If it has start and end, they are those of the window", columns=("start", "end"), optional=True),
        Correct("count is the number of readings that arrived in time", columns=("count",)),
        Present("Every late reading is collected, and no other", output="late", points=2),
        Once("None is collected twice", output="late"),
        Unchanged("Its value is unchanged", but=("key", "time"), output="late"),
        Correct("Its key and time are unchanged", columns=("key", "time"), output="late"),
    ),
    hints=(
        "on_late is called for each reading that arrives too late, with value, key, timestamp and more: section 4.",
        (
            "Inside it, write the reading as in lesson 01: producer.produce(topic=late.name, key=..., value=..., "
            "timestamp=...)."
        ),
        "A function inside your function can use producer and late. It returns False, so that nothing is logged.",
    ),
    discussion=(
        "It is tempting to collect the late readings in a Python list. That is gone when the program ends, nobody "
        "else can read it, and it grows without end. In a topic they are safe: another pipeline can count them, or "
        "correct the windows that they belong to."
    ),
)
