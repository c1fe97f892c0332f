"""The windows of a silent device, closed by heartbeats that are not counted."""

import random

from labkit.exercises.behaviours import Correct, Present
from labkit.exercises.exercise import BASE, Exercise, Sent, in_window, reading
from labkit.exercises.kinds import Pipeline

LENGTH = 5  # seconds


def readings(luck: random.Random) -> list[Sent]:
    """`mill` has one reading in its first window, falls silent in its third, and later sends heartbeats only; `lock`
    measures all the time, with heartbeats in between.
    """
    silent = luck.randrange(11, 15)
    sent = []
    for second in range(30):
        sent.append(reading("lock", second, round(luck.uniform(-5.0, 5.0), 1)))
        if LENGTH - 1 <= second < silent:
            part = "silent" if second >= 10 else "ordinary"
            sent.append(reading("mill", second + 0.25, round(luck.uniform(15.0, 35.0), 1), part=part))
        elif second >= 20 and second % 3 == 0:
            sent.append(_beat("mill", second, "only heartbeats"))
        if second % 4 == 3:
            sent.append(_beat("lock", second + 0.5, "ordinary"))
    return sent


def _beat(device: str, second: float, part: str) -> Sent:
    timestamp = BASE + round(1000 * second)
    return Sent(device, {"device": device, "timestamp": timestamp}, timestamp, part)


EXERCISE = Exercise(
    name="heartbeat",
    title="A silent device's last window",
    lesson="03_windows",
    number=4,
    kind=Pipeline(),
    readings=readings,
    sources=in_window(1000 * LENGTH),
    behaviours=(
        Present("The windows of a device that measures come out", part="ordinary"),
        Present("The last window of the silent device is closed by a heartbeat", part="silent", points=2),
        Present("A window that holds heartbeats only is left out", part="only heartbeats", points=2),
        Correct("n is the number of readings, without heartbeats", columns=("n",)),
        Correct("mean is their mean temperature", columns=("mean",)),
    ),
    hints=(
        "A heartbeat that has been filtered out cannot close a window: it must get as far as the window.",
        (
            'Count() counts records, Count("temperature") those that have a temperature; Mean ignores the others by '
            "itself."
        ),
        "What comes out of a window is a stream again: it can be filtered.",
    ),
    discussion=(
        "It is tempting to remove the heartbeats at the very beginning, since they are no measurements. Then "
        "event time stands still for the silent device, and its last window never comes: exactly what they are "
        "sent against."
    ),
)
