"""Readings of a clock that jumps ahead are left out."""

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence

from labkit.exercises.answer_types import REMEMBERED, Pipeline
from labkit.exercises.behaviours import AtMost, Present, Unchanged
from labkit.exercises.exercise import Exercise
from labkit.exercises.harness import restart_after
from labkit.exercises.records import ORDINARY, Sent, degrees, percent, reading, same_reading, through_gateways

BEGINS = {"bridge": 0, "pier": 3_600, "ferry": 7_200}  # seconds: what the devices send was measured hours apart
ROW = ("far ahead", *("again",) * 10)  # however many agree, they are ahead
FIRST_HALF = (ORDINARY, ORDINARY, "ahead", ORDINARY, ORDINARY, "late", ORDINARY, *ROW, *(ORDINARY,) * 3)
AFTER_RESTART = ("restart", ORDINARY, "far ahead", "again", "again", ORDINARY)
ENDS = {
    "bridge": (*("late",) * 4, "very late", "after late"),
    "pier": (ORDINARY, "limit"),
    "ferry": ("late", "after late"),
}
# Seconds from the newest reading. They grow, so that an answer that accepts a jump as its new clock still sees the next
# one as a jump, except the second in a row.
LEAPS = {"ahead": 60.001, "restart": 300.0, "far ahead": 700_000.0, "again": 700_000.5, "limit": 60.0}
LEAPS |= {"late": -25.003, "very late": -40_000_000.5, "after late": 50.0}
STEPS = {"late": -0.5, "again": 0.5}  # from one to the next: no two readings of a device have the same time
DELAYS = {"limit": 1000, "ahead": 0}  # ms at the gateway: its time must not decide


def readings(luck: random.Random) -> list[Sent]:
    """After the restart each device has its steps, and then as many ordinary readings as place the restart there: a
    place that can always be found, because there are more steps before it.
    """
    first = {device: (*FIRST_HALF, *(ORDINARY,) * luck.randrange(4)) for device in BEGINS}
    second = {device: (*AFTER_RESTART, *ENDS[device]) for device in BEGINS}
    done = _total(first)
    total = next(n for n in itertools.count(done + _total(second)) if restart_after(n) == done)
    more = {device: (ORDINARY,) * (total - done - _total(second)) for device in BEGINS}
    own = {device: _of(device, (*first[device], *second[device], *more[device]), luck) for device in BEGINS}
    sent = [next(own[device]) for part in (first, second, more) for device in _in_turn(part, luck)]
    return through_gateways(sent[:total], luck, DELAYS)


def _total(steps: Mapping[str, Sequence[str]]) -> int:
    return sum(map(len, steps.values()))


def _in_turn(steps: Mapping[str, Sequence[str]], luck: random.Random) -> list[str]:
    """Returns the devices, each as often as it has steps, in a random order. The one whose clock is hours behind is
    the first.
    """
    order = [device for device, each in steps.items() for _ in each]
    luck.shuffle(order)
    return ["bridge", *order[: order.index("bridge")], *order[order.index("bridge") + 1 :]] if order else []


def _of(device: str, steps: Sequence[str], luck: random.Random) -> Iterator[Sent]:
    newest = float(BEGINS[device])
    for number, step in enumerate(steps):
        later = LEAPS.get(step, luck.uniform(1.0, 5.0))
        later += number * STEPS.get(step, 0.0)
        part = step.removeprefix("far ").removeprefix("very ")
        yield reading(device, newest + later, degrees(luck, -5.0, 25.0), percent(luck), part)
        if part not in ("ahead", "again", "restart"):
            newest += max(later, 0.0)


EXERCISE = Exercise(
    name="wrong-clock",
    title="A clock that runs ahead",
    lesson="06_when_things_break",
    number=3,
    answer_type=Pipeline(restart=True),
    readings=readings,
    devices=tuple(BEGINS),
    outputs=("out", REMEMBERED),
    identity={"out": ("device", "timestamp")},
    sources=same_reading,
    shows=("timestamp",),
    behaviours=(
        Present("An ordinary reading comes out", part=ORDINARY),
        Present("One that is more than 60 s ahead is left out", part="ahead", points=2),
        Present("So is a second one in a row", part="again"),
        Present("One that is exactly 60 s ahead comes out", part="limit"),
        Present("A late reading comes out", part="late"),
        Present("After a late reading, the newest one still counts, not the late one", part="after late"),
        Present("The newest one is still known after a restart", part="restart"),
        Unchanged("Key, time and fields are unchanged"),
        AtMost("What the pipeline remembers does not grow", columns=("growth",), output=REMEMBERED),
    ),
    hints=(
        "Whether a reading is ahead depends on what its own device has sent before: the pipeline needs state.",
        (
            "readings.filter(function, stateful=True) calls function(reading, state), and keeps the readings for which "
            "it returns True."
        ),
        "Remember the newest timestamp that came out. One that was left out, or that is older, must not change it.",
    ),
    discussion=(
        "It is tempting to compare with the previous reading. After one that was late this leaves out good ones, and "
        "after one that was ahead it lets the next one of the same kind through. The rule has a price: a device that "
        "was off for more than a minute is never believed again. A real pipeline would believe it after some readings "
        "that agree with one another, or compare with the time at which Kafka got them."
    ),
)
