"""One record for each gap in the numbers of a device."""

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from labkit.exercises.answer_types import REMEMBERED, Pipeline
from labkit.exercises.behaviours import AtMost, Present, Unchanged
from labkit.exercises.exercise import Exercise
from labkit.exercises.harness import restart_after
from labkit.exercises.records import BASE, ORDINARY, Sent, degrees, extra, percent, same_reading

GATEWAYS = {"Brücke": "gateway-1", "quay": "gateway-2", "tower": "gateway-3", "yard": "gateway-3"}
Step = tuple[str, int]  # a part, and by how much a number is above the highest one; what came before is sent again

# Each part of gaps also has readings that show none, so that no answer earns it by letting everything through.
PAUSE = [(ORDINARY, 1), (ORDINARY, 1), (ORDINARY, 1)]
GAP, WIDE, IN_A_ROW = ([*(("gap", n) for n in each), ("gap", 1)] for each in ([9], [60_000], [5, 3]))
SINGLE, TWO_SINGLE = [("single", 2), ("single", 1)], [("single", 2), ("single", 2), ("single", 1)]
TWICE = [("again", 1), ("again", 0), ("again", 0)]
BATCH = [("again", 1), ("again", 1), ("again", 1), ("again", -2), ("again", -1), ("again", 0)]
LATE = [("after", 6), ("again", -3), ("after", 1), ("again", -4), ("after", 5), ("after", 1)]
VERY_LATE = [*WIDE, ("again", -50_000), ("after", 1), ("after", 3), ("after", 1)]
GAP_AGAIN = [("after", 1), ("after", 7), ("after", -7), ("after", 0), ("after", 1)]
SCENES = (PAUSE, GAP, WIDE, IN_A_ROW, SINGLE, TWO_SINGLE, TWICE, BATCH, LATE, VERY_LATE, GAP_AGAIN, PAUSE)
LATER_SCENES = (GAP, WIDE, IN_A_ROW, SINGLE, TWO_SINGLE, LATE, VERY_LATE, GAP_AGAIN)


def readings(luck: random.Random) -> list[Sent]:
    """After the restart each device has its steps, and then as many ordinary ones as place the restart there: a place
    that can always be found, because there are more steps before it.
    """
    quay = luck.randrange(60, 90)  # its first number
    first = {
        "Brücke": [("first", 0), ("gap", 4), ("gap", 1), *_shuffled(SCENES, luck), *GAP],
        "quay": [("first", quay), ("again", -quay), ("after", 1), ("after", 3), *_shuffled(SCENES, luck), *GAP],
        "tower": [("shared", each) for each in (0, 1, 300, 1, 1)],
        "yard": [("shared", each) for each in (0, 1, 1, 4, 1)],
    }
    second = {
        "Brücke": [("restart", 5), ("restart", 1), *_shuffled(LATER_SCENES, luck)],
        "quay": [("restart", 3), ("restart", 1), *_shuffled(LATER_SCENES, luck)],
        "tower": [("shared", each) for each in (1, 3, 1)],
        "yard": [("shared", each) for each in (1, 6, 1)],
    }
    done = _total(first)
    total = next(n for n in itertools.count(done + _total(second)) if restart_after(n) == done)
    more = {"quay": [(ORDINARY, 1)] * (total - done - _total(second))}
    own = {device: _of(device, [*first[device], *second[device], *more.get(device, ())], luck) for device in GATEWAYS}
    return [next(own[device]) for part in (first, second, more) for device in _in_turn(part, luck)]


def _shuffled(scenes: Sequence[Sequence[Step]], luck: random.Random) -> list[Step]:
    return [step for scene in luck.sample(scenes, len(scenes)) for step in scene]


def _total(steps: Mapping[str, Sequence[Step]]) -> int:
    return sum(map(len, steps.values()))


def _in_turn(steps: Mapping[str, Sequence[Step]], luck: random.Random) -> list[str]:
    """Returns the devices, each as often as it has steps, in a random order."""
    order = [device for device, each in steps.items() for _ in each]
    luck.shuffle(order)
    return order


def _of(device: str, steps: Sequence[Step], luck: random.Random) -> Iterator[Sent]:
    """Yields readings. Times tell nothing: whole days pass without a gap, and a clock may be set back."""
    sent: dict[int, Sent] = {}
    for place, (part, step) in enumerate(steps):
        n = max(sent, default=0) + step
        if n not in sent:
            behind = 40_000 if step < 0 or place % 5 == 3 else 0
            sent[n] = _measured(device, n, 3 * place + place // 10 * 86_400 - behind, luck)
        yield replace(sent[n], part=part)


def _measured(device: str, n: int, second: int, luck: random.Random) -> Sent:
    measured = {"temperature": degrees(luck, -5.0, 25.0), "humidity": percent(luck)}
    if luck.random() < 0.2:
        del measured[luck.choice([*measured])]
    timestamp = BASE + 1000 * second + luck.randrange(1000)
    value = {"device": device, "n": n, **measured, "timestamp": timestamp, **extra(luck)}
    return Sent(GATEWAYS[device], value, timestamp + luck.randrange(1, 1000))


EXERCISE = Exercise(
    name="lost-numbers",
    title="Which readings are missing",
    lesson="06_when_things_break",
    number=4,
    answer_type=Pipeline(restart=True),
    readings=readings,
    devices=tuple(GATEWAYS),
    outputs=("out", REMEMBERED),
    identity={"out": ("device", "timestamp")},
    sources=same_reading,
    shows=("n",),
    behaviours=(
        Present("Each gap gives a record, however long it is", part="gap"),
        Present("So does a single missing number", part="single"),
        Present("A reading with the next number gives none", part=ORDINARY),
        Present("Nor does a device's first reading, whatever its number", part="first"),
        Present("Nor does a number that is not above the highest one", part="again"),
        Present("Such a number changes nothing: the highest one counts", part="after", points=2),
        Present("Devices behind the same gateway are told apart", part="shared"),
        Present("The highest number is still known after a restart", part="restart"),
        Unchanged("The four fields are right, and so are key and time", points=2),
        AtMost("What the pipeline remembers does not grow", columns=("growth",), output=REMEMBERED),
    ),
    hints=(
        "Remember one number for each device: the highest so far. state.get(device, n) returns n for a new device.",
        (
            "State belongs to a key, here a gateway. It can hold several values, each under a name of its own: one for "
            "each device behind the gateway."
        ),
        (
            "There is a gap if a number is more than 1 above the highest one. Remember the new number only if it is "
            "higher: max(highest, n)."
        ),
    ),
    discussion=(
        "It is tempting to remember the number of the last reading. After a repetition, which at-least-once allows, or "
        "a late reading, that number is too low, and the next reading seems to show a gap. Counters are how a receiver "
        "notices what never arrived: TCP numbers its bytes, and Kafka the batches of an idempotent producer. What a "
        "counter cannot tell is whether anything is missing after the newest number, and whether a missing reading is "
        "lost or only late."
    ),
)
