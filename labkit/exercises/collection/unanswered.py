"""Alerts that nobody has acknowledged in time: what does not happen, in two topics."""

import random
from collections.abc import Iterator, Sequence

from labkit.exercises.answer_types import Pipeline
from labkit.exercises.behaviours import Once, Present, Unchanged
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import BASE, INPUT, Row, Sent, degrees, extra, percent, reading, same_reading

ACKS = "acks"
DEVICES = ("boiler", "press", "mixer")
LIMIT, STEP = 60.0, 0.001  # seconds
Happening = tuple[float, str]  # the second of an alert, and its part; of an acknowledgement with the part ACKS


def readings(luck: random.Random) -> list[Sent]:
    """For each device situations of all kinds, one after the other; then two alerts that are still open in the end."""
    sent = [_record(device, *each, luck) for device in DEVICES for each in _happenings(luck)]
    return sorted(sent, key=lambda each: (each.topic, each.timestamp))


def _record(device: str, second: float, part: str, luck: random.Random) -> Sent:
    if part != ACKS:
        return reading(device, second, degrees(luck, 30.0, 90.0), percent(luck), part, **extra(luck))
    time = BASE + round(1000 * second)
    value = {"device": device, "by": luck.choice(("Zoë", "Ben")), "timestamp": time}
    return Sent(device, value, time, topic=ACKS)


def _happenings(luck: random.Random) -> Iterator[Happening]:
    situations = _situations(luck)
    luck.shuffle(situations)
    begin = round(luck.uniform(0.0, 5.0), 3)
    for each in situations:
        for second, part in each:
            yield round(begin + second, 3), part
        begin = round(begin + max(second for second, _ in each) + LIMIT + luck.uniform(1.0, 200.0), 3)
    yield begin, "unanswered"
    yield round(begin + STEP, 3), "open"  # in the end exactly 60 s old
    yield round(begin + STEP + LIMIT, 3), "open"


def _situations(luck: random.Random) -> list[list[Happening]]:
    """What happens to some alerts of a device, from second 0 on."""
    soon, later = round(luck.uniform(1.0, 50.0), 3), round(luck.uniform(61.0, 300.0), 3)
    return [
        [(0.0, "unanswered")],
        [(0.0, "unanswered"), (round(luck.uniform(5.0, 55.0), 3), "unanswered")],
        [(0.0, "in time"), (soon, ACKS)],
        [(0.0, "in time"), (soon, ACKS), (soon + 3.0, ACKS)],
        [(0.0, "in time"), (STEP, ACKS)],
        [(0.0, "exactly"), (LIMIT, ACKS)],
        [(0.0, "too late"), (LIMIT + STEP, ACKS)],
        [(0.0, "too late"), (later, ACKS)],
        [(0.0, "several"), (17.0, "several"), (31.5, "several"), (58.0, ACKS)],
        [(0.0, "too late"), (20.0, "several"), (33.0, "several"), (75.0, ACKS)],
        [(0.0, ACKS), (STEP, "after")],
        [(0.0, ACKS), (soon, "after")],
        [(0.0, "in time"), (soon, ACKS), (soon + 2.0, "after")],
    ]


def sources(row: Row, sent: Sequence[Sent]) -> list[Sent]:
    """The acknowledgements in time, and the alert."""
    alerts = [each for each in same_reading(row, sent) if each.topic == INPUT]
    acks = [each for each in sent if each.topic == ACKS and each.key == row["key"]]
    in_time = [ack for ack in acks for alert in alerts if 0 < ack.timestamp - alert.timestamp <= 1000 * LIMIT]
    return in_time + alerts


EXERCISE = Exercise(
    name="unanswered",
    title="Alerts that nobody acknowledges",
    lesson="08_tables_and_joins",
    number=3,
    answer_type=Pipeline(),
    readings=readings,
    devices=DEVICES,
    inputs=(INPUT, ACKS),
    identity={"out": ("device", "timestamp")},
    sources=sources,
    shows=("temperature", "by"),
    behaviours=(
        Present("An alert that nobody acknowledges comes out", part="unanswered", points=2),
        Present("One that is acknowledged in time does not", part="in time", points=2),
        Present("An acknowledgement after exactly 60 s is in time", part="exactly"),
        Present("One that comes later is not: the alert comes out", part="too late", points=2),
        Present("One acknowledgement answers all alerts of the 60 s before it", part="several"),
        Present("It does not answer an alert that comes after it", part="after"),
        Present("An alert that may still be acknowledged does not come out", part="open"),
        Once("No alert comes out twice"),
        Unchanged("Key and value are unchanged", but=("time",)),
    ),
    hints=(
        (
            "A join says what has come, not what has not. That needs a memory for each device: the alerts that wait "
            "for an answer. alerts.concat(acks) is one stream with the records of both."
        ),
        (
            "Each record, of either kind, says how late it is for its device: waiting alerts that are more than 60 s "
            "older come out."
        ),
        (
            ".apply(function, stateful=True, expand=True) calls function(record, state), which returns a list: each "
            "element of it becomes a record."
        ),
    ),
    discussion=(
        "It is tempting to take a left join, and to keep what has no acknowledgement. But a left join does not wait: "
        "each alert comes out at once, because its acknowledgement, if any, comes later. And here, too, time moves "
        "only when records come: if a device falls silent after its alert, nobody is told. So alarms that matter need "
        "a heartbeat, or a clock of their own."
    ),
)
