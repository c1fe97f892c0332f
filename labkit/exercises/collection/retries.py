"""Removing the repetitions of a producer that retries."""

import random
from collections.abc import Sequence
from dataclasses import replace

from labkit.exercises.answer_types import REMEMBERED, Pipeline
from labkit.exercises.behaviours import AtMost, ExactlyOnce, Present, Unchanged
from labkit.exercises.exercise import Exercise
from labkit.exercises.harness import restart_after
from labkit.exercises.records import Sent, degrees, percent, reading, same_reading, through_gateways

DEVICES = ("crane", "drill")
BLOCK = 13  # readings of a device in which at most one is repeated
ONCE = ("ordinary", "same temperature")  # the parts of readings that do not come again
FAR = ((1,), (1,), (1, 3), (2, 4), (9,), (10,), (4, 10))  # after how many readings of its device a reading comes again
NEAR = ((2,), (3,), (4,))  # the same, around the restart


def readings(luck: random.Random) -> list[Sent]:
    """Some readings come again: at once, after other readings of the same device, twice more, or after the restart.
    Some come late, and one of these comes again.
    """
    count = 11 * BLOCK + luck.randrange(7)
    measured = through_gateways((_measured(device, n, luck) for device in DEVICES for n in range(count)), luck)
    own = {device: _of([each for each in measured if each.fields["device"] == device], luck) for device in DEVICES}
    length = len(own[DEVICES[0]])
    sent = [own[device].pop(0) for _ in range(length) for device in luck.sample(DEVICES, len(DEVICES))]
    restart = restart_after(len(sent) + len(DEVICES))
    for device in DEVICES:
        last = max(n for n in range(restart) if sent[n].fields["device"] == device and sent[n].part in ONCE)
        sent[last] = replace(sent[last], part="later")
        sent.insert(restart, _again(sent[last]))
    return sent


def _of(sent: list[Sent], luck: random.Random) -> list[Sent]:
    """Returns the readings of a device as they come: some late, some again."""
    delayed = [3 * BLOCK - 2, 3 * BLOCK - 1, 5 * BLOCK + 6]
    for index in delayed:
        sent.insert(index + 4, replace(sent.pop(index), part="late"))
    far, near = luck.sample(FAR, len(FAR)), luck.sample(NEAR, len(NEAR))
    waits = [*far[:3], (10,), *near, *far[3:]]
    for block, each in reversed([*enumerate(waits)]):  # so that none moves those that are still to come
        _repeat(sent, delayed[0] + 3 if block == 3 else BLOCK * block + luck.randrange(3), each)
    return sent


def _measured(device: str, number: int, luck: random.Random) -> Sent:
    """Readings come two or three a second, and after nine of them a day later, at the same time. Of some the first
    attempt has been lost.
    """
    second = round(number % 9 * 0.4 + number // 9 * 86_400, 3)
    measured = 21.5 if number % 5 < 2 else degrees(luck, -15.0, 30.0)
    part = "same temperature" if measured == 21.5 else "ordinary"
    more = {"attempt": 2} if luck.random() < 0.2 else {}
    return reading(device, second, measured, percent(luck), part, **more)


def _again(record: Sent, **changes: float) -> Sent:
    """Returns the same reading, sent once more: somewhat later, and with a count of the attempts."""
    return replace(record, value={**record.fields, "attempt": 3, **changes}, timestamp=record.timestamp + 700)


def _repeat(sent: list[Sent], index: int, waits: Sequence[int]) -> None:
    """Lets a reading come again, so many readings after it has come first. If it does so twice, it has been measured
    anew.
    """
    if sent[index].part != "late":
        sent[index] = replace(sent[index], part="at once" if waits == (1,) else "later")
    changes = {"temperature": -5.25, "humidity": 45.5} if len(waits) > 1 else {}
    for wait in waits:
        sent.insert(index + wait, _again(sent[index], **changes))


EXERCISE = Exercise(
    name="retries",
    title="A producer that retries",
    lesson="04_live_charts",
    number=3,
    answer_type=Pipeline(restart=True),
    readings=readings,
    devices=DEVICES,
    outputs=("out", REMEMBERED),
    identity={"out": ("device", "timestamp")},
    sources=same_reading,
    behaviours=(
        Present("A reading that is sent once comes out", part="ordinary"),
        ExactlyOnce("One that comes late comes out too, and once", part="late"),
        ExactlyOnce("One that is repeated at once comes out once", part="at once", points=2),
        ExactlyOnce("So does one that is repeated after other readings", part="later", points=2),
        Present("Two readings of the same temperature are two readings", part="same temperature"),
        Unchanged("Key, time and fields are unchanged"),
        AtMost("What the pipeline remembers does not grow", columns=("growth",), output=REMEMBERED),
    ),
    hints=(
        "What shows that two records are the same reading? The device and the time at which it was measured.",
        (
            'Remember the timestamps that have come out: state.get("seen", []) is a list, and state.set("seen", ...) '
            "keeps it."
        ),
        "A list that only grows would fill the disk one day: keep the last 20, as in (seen + [timestamp])[-20:].",
    ),
    discussion=(
        "It is tempting to compare each reading only with the one before it. That removes what is sent twice in a "
        "row, but a producer that retries in batches repeats readings after newer ones. An idempotent producer "
        "(lesson 01) avoids all this between producer and broker, but not when the device itself sends a reading "
        "twice."
    ),
)
