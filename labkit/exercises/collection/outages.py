"""One record for each silence of a device."""

import random
from collections.abc import Iterator

from labkit.exercises.answer_types import REMEMBERED, Pipeline
from labkit.exercises.behaviours import AtMost, Correct, Once, Present
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import Sent, degrees, percent, reading, through_gateways

LIMIT = 5  # seconds
DELAYS = {"exactly": 1000}  # ms at the gateway: its time must not decide
DEVICES = ("tower", "valve")


def readings(luck: random.Random) -> list[Sent]:
    """Each device is silent now and then: for less than the limit, exactly so long, or longer, up to 36 days. A few
    readings come late, some of them two in a row, or by more than the limit.
    """
    sent = [each for device in DEVICES for each in _of(device, luck)]
    return through_gateways([each for _, each in sorted(sent, key=lambda each: each[0])], luck, DELAYS)


def _of(device: str, luck: random.Random) -> Iterator[tuple[float, Sent]]:
    """Yields readings, and when they arrive."""
    second = luck.uniform(0.0, 1.0)
    for number, (gap, part) in enumerate(_gaps(luck)):
        second = round(second + gap, 3)
        yield second, _measured(device, second, luck, part)
        if part == "long" and number % 4:
            for behind in luck.sample((0.3, 4.2, LIMIT + 0.7, LIMIT + 4_000.0), luck.choice((1, 2))):
                yield second + 0.01, _measured(device, second - behind, luck, "late")
            second = round(second + 1.0, 3)
            yield second, _measured(device, second, luck, "after late")


def _measured(device: str, second: float, luck: random.Random, part: str) -> Sent:
    return reading(device, second, degrees(luck, -10.0, 30.0), percent(luck), part)


def _gaps(luck: random.Random) -> list[tuple[float, str]]:
    gaps = [(1.0, "ordinary")] * 8 + [(float(LIMIT), "exactly")] * 3 + [(LIMIT - 0.001, "ordinary")] * 2
    gaps += [(round(luck.uniform(5.1, 20.0), luck.choice((1, 3))), "long") for _ in range(9)]
    gaps += [(LIMIT + 0.001, "long"), (3_100_000.5, "long")]
    luck.shuffle(gaps)
    return [(1.0, "ordinary"), *gaps, (8.0, "long")]


EXERCISE = Exercise(
    name="outages",
    title="One record for each silence",
    lesson="04_live_charts",
    number=2,
    answer_type=Pipeline(restart=True),
    readings=readings,
    devices=DEVICES,
    outputs=("out", REMEMBERED),
    shows=("timestamp",),
    behaviours=(
        Present(
            "Each silence of more than 5 s gives a record, when the device is heard from again", part="long", points=2
        ),
        Present("Shorter silences, and the first reading of a device, give none", part="ordinary"),
        Present("A silence of exactly 5 s gives none", part="exactly"),
        Present("A reading that comes late gives none", part="late"),
        Present("Nor does the reading after a late one: time does not run backwards", part="after late"),
        Correct(
            "device, from and until say which device was silent, and between which times",
            columns=("device", "from", "until"),
        ),
        Correct("seconds is how long it was", columns=("seconds",)),
        Once("Each silence gives one record"),
        AtMost("What the pipeline remembers does not grow", columns=("growth",), output=REMEMBERED),
    ),
    hints=(
        "What must be remembered from one reading to the next is the time at which the device was last heard from.",
        (
            "A reading that comes late is older than the last one: it must not move the remembered time back. "
            'max(last, reading["timestamp"]) never does.'
        ),
        "The function returns a record or None; .filter(lambda each: each is not None) drops what is None.",
    ),
    discussion=(
        "It is tempting to remember the timestamp of every reading as it comes. One late reading then moves the "
        "remembered time back, and the next ordinary reading seems to end an outage that never was. Event time only "
        "moves forward: the same rule as for a watermark."
    ),
)
