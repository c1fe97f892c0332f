"""Putting together the windows of a device whose readings were spread over several keys."""

import random
from collections.abc import Iterator, Sequence

from labkit.exercises.answer_types import REMEMBERED, Pipeline
from labkit.exercises.behaviours import AtMost, Correct, Present, Unchanged
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import BASE, ORDINARY, Sent, degrees, percent, same_reading

DEVICES = ("turbine", "press")
KEYS = 4
LENGTH = 10_000  # ms
Kind = tuple[str, int]  # what is special about a window, and in how many parts it comes
COMMON: tuple[Kind, ...] = (
    *((ORDINARY, parts) for parts in (2, 3, 4) * 4),
    *(("repeated", parts) for parts in (2, 3, 4) * 2),
    *(("late", parts) for parts in (3, 4) * 2),
)
# The last but one of each half: as little waits as possible, or a state that grows by a few bytes would not stand out.
AT_THE_RESTART, AT_THE_END = ("restart", 2), ("open", 2)
RESTART = len(COMMON) + 1  # the first window of the second half
Arriving = tuple[float, Sent]  # when a record arrives, counted in windows


def readings(luck: random.Random) -> list[Sent]:
    """At the restart a window of each device is waiting for a part; in the end, too, and the other part came twice."""
    arriving = [each for device in DEVICES for each in _of(device, luck)]
    return [each for _, each in sorted(arriving, key=lambda each: each[0])]


def _of(device: str, luck: random.Random) -> Iterator[Arriving]:
    for begin, waiting in ((0, AT_THE_RESTART), (RESTART, AT_THE_END)):
        *common, last = luck.sample(COMMON, len(COMMON))
        for number, (kind, parts) in enumerate((*common, waiting, last), begin):
            yield from _arriving(kind, number, _parts(device, kind, number, parts, luck), luck)


def _arriving(kind: str, number: int, parts: Sequence[Sent], luck: random.Random) -> list[Arriving]:
    times = sorted(number + luck.random() for _ in parts)
    if kind == "late":
        times[-1] += luck.uniform(1.0, 2.0)
    if kind == "restart":
        times[-1] = RESTART + luck.random()
    arriving = [*zip(times, parts, strict=True)]
    if kind in ("repeated", "open"):
        which = luck.randrange(len(parts) - 1)
        again = (luck.uniform(times[which], times[-1]), parts[which])
        return [*arriving[:-1], again, *arriving[-1:] * (kind == "repeated")]
    return arriving


def _parts(device: str, kind: str, number: int, parts: int, luck: random.Random) -> list[Sent]:
    """The first two of four are alike, but for their numbers."""
    time = BASE + number * LENGTH
    window = {"device": device, "parts": parts, "timestamp": time}
    values = [_value(count, luck) for count in luck.sample(range(1, 40), parts)]
    values[:2] = values[:1] * 2 if parts == KEYS else values[:2]
    return [
        Sent(f"{device}-{part}", {"part": part, **window, **value}, time, ORDINARY if kind == "late" else kind)
        for part, value in zip(luck.sample(range(KEYS), parts), values, strict=True)
    ]


def _value(count: int, luck: random.Random) -> dict[str, float]:
    temperature = degrees(luck, -20.0, 90.0) if luck.random() < 0.8 else 0.0
    return {"temperature": temperature, "humidity": percent(luck), "count": count}


EXERCISE = Exercise(
    name="one-turbine-again",
    title="One turbine again",
    lesson="07_scale_out",
    number=4,
    answer_type=Pipeline(restart=True),
    readings=readings,
    outputs=("out", REMEMBERED),
    identity={"out": ("device", "timestamp")},
    sources=same_reading,
    shows=("part", "temperature", "count"),
    behaviours=(
        Present("A window comes out once, when its last part has come", part=ORDINARY),
        Present("So does a window of which a part comes twice", part="repeated"),
        Present("What came before a restart is not forgotten", part="restart"),
        Present("A window that is still waiting for a part does not come out", part="open"),
        Correct("temperature is the mean of all readings in the window", columns=("temperature",), points=2),
        Correct("A part that comes twice counts once", columns=("temperature",), part="repeated"),
        Unchanged("Device, timestamp, key and time are right, and there is no other field", but=("temperature",)),
        AtMost("What the pipeline remembers does not grow", columns=("growth",), output=REMEMBERED),
    ),
    hints=(
        (
            "State belongs to one key, and each part has a key of its own: what was remembered for turbine-0 is not "
            'there for turbine-2. After .group_by("device") the key is the device.'
        ),
        (
            "Remember the parts of each window in a dict, by their numbers: a part that comes again then replaces "
            "itself. State is kept as JSON, in which the keys of a dict are strings: str(number)."
        ),
        (
            "A mean of 20 °C over 30 readings counts three times as much as one over 10: a mean times its count is the "
            "sum of its readings. state.delete(key) forgets a window that is complete."
        ),
    ),
    discussion=(
        "It is tempting to average the averages. That is right only if all parts hold equally many readings, which "
        "is nearly true when readings are spread in turn: a quick test passes. Sums and counts can be added up, and "
        "minima compared; a median, or the number of distinct values, cannot be put together from such results. Two "
        "things are easier here than in a plant. A part that comes again after its window is complete would begin a "
        "new one, and a window of which a part is lost would stay in the state for ever. Against both a pipeline "
        "needs a limit in time: a window with a grace, or state that expires."
    ),
)
