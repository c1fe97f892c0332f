"""The windows of a silent device, closed by heartbeats that are not counted."""

import random
from collections.abc import Sequence

from labkit.exercises.answer_types import Pipeline
from labkit.exercises.behaviours import Correct, Present
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import BASE, ORDINARY, Sent, degrees, in_window, percent

LENGTH, BEHIND = 5, 8  # seconds
DEVICES = ("lock", "mühle")
Has = Sequence[str] | None  # the further fields; any if it is None


def readings(luck: random.Random) -> list[Sent]:
    """The second device has one reading in its first window, falls silent in its third, and later sends heartbeats
    only. The first measures all the time but for a minute, with heartbeats in between, and is ahead of it. Two windows
    have a mean of exactly 0, and one has a mean of many decimals. All but the temperature may be in both a reading and
    a heartbeat, or in neither: the second device has them the other way round than one would expect.
    """
    lock, mill = DEVICES
    silent = luck.randrange(11, 15)
    arriving: list[tuple[float, Sent]] = [(0, _beat(lock, 0, luck))]
    for second in range(30):
        cold = 0.0 if second // LENGTH in (1, 3) else degrees(luck, -5.0, 5.0, (0, 1, 2))
        cold = 1.23457 if second == 4 * LENGTH else cold
        arriving.append((second, _measured(lock, second + 0.001 * luck.randrange(1000), luck, cold)))
        if second % 4 == 3:
            arriving.append((second, _beat(lock, second + 0.9995, luck)))
        if LENGTH - 1 <= second < silent:
            part = "silent" if second >= 10 else "ordinary"
            measured = degrees(luck, -15.0, 35.0, (0, 1, 2))
            arriving.append((second + BEHIND, _measured(mill, second + 0.25, luck, measured, part, ("battery",))))
        elif second >= 20 and second % 3 == 0:
            arriving.append((second + BEHIND, _beat(mill, second, luck, "only heartbeats", ("humidity",))))
    arriving += [(second, _measured(lock, second, luck, luck.uniform(-5.0, 5.0))) for second in (90, 94.999, 95)]
    return [each for _, each in sorted(arriving, key=lambda each: each[0])]


def _measured(
    device: str, second: float, luck: random.Random, measured: float, part: str = ORDINARY, has: Has = None
) -> Sent:
    return _sent(device, second, luck, part, has, temperature=measured)


def _beat(device: str, second: float, luck: random.Random, part: str = ORDINARY, has: Has = None) -> Sent:
    return _sent(device, second, luck, part, has)


def _sent(device: str, second: float, luck: random.Random, part: str, has: Has, **fields: float) -> Sent:
    timestamp = BASE + round(1000 * second)
    more = {"humidity": percent(luck), "battery": 3.7, "firmware": 12}
    some = [name for name in more if luck.random() < 0.5] if has is None else has
    fields |= {name: more[name] for name in some}
    return Sent(f"river/{device}", {"device": device, "timestamp": timestamp, **fields}, timestamp, part)


EXERCISE = Exercise(
    name="heartbeat",
    title="A silent device's last window",
    lesson="03_windows",
    number=4,
    answer_type=Pipeline(),
    readings=readings,
    devices=DEVICES,
    sources=in_window(1000 * LENGTH),
    behaviours=(
        Present("The windows of a device that is measuring come out", part="ordinary"),
        Present("The last window of the silent device is closed by a heartbeat", part="silent", points=2),
        Present("A window that holds only heartbeats is left out", part="only heartbeats", points=2),
        Correct("If it has start and end, they are those of the window", columns=("start", "end"), optional=True),
        Correct("n is the number of readings, without heartbeats", columns=("n",)),
        Correct("mean is their mean temperature", columns=("mean",)),
    ),
    hints=(
        "A heartbeat that has been filtered out cannot close a window: it must reach the window.",
        (
            'Count() counts records, Count("temperature") those that have a temperature; Mean ignores the others by '
            "anyway."
        ),
        "What comes out of a window is a stream again: it can be filtered.",
    ),
    discussion=(
        "It is tempting to remove the heartbeats at the very beginning, since they are no measurements. Then event "
        "time stands still for the silent device, and its last window never comes: exactly what heartbeats "
        "are sent to prevent."
    ),
)
