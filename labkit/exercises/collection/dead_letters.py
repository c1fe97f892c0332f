"""Dead letters by hand."""

import json
import random

from labkit.exercises.answer_types import Pipeline
from labkit.exercises.behaviours import Correct, Given, Present
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import BASE, Sent, reading

DEVICES = ("north", "south")


def readings(luck: random.Random) -> list[Sent]:
    sent = [reading(luck.choice(DEVICES), second, _degrees(luck, second)) for second in range(24)]
    for second, (value, part) in zip(luck.sample(range(24), 10), bad(luck), strict=True):
        sent[second] = Sent(sent[second].key, value, sent[second].timestamp, part)
    return sent


def _degrees(luck: random.Random, second: int) -> float:
    """Whole degrees are integers in JSON, now and then."""
    return luck.randrange(-10, 35) if second % 3 == 0 else round(luck.uniform(-10.0, 35.0), 1)


def bad(luck: random.Random) -> list[tuple[bytes, str]]:
    """Values that cannot be read, and the part that each belongs to."""
    half = json.dumps(reading("north", 99, 20.0).fields).encode()
    values = [
        (half[: luck.randrange(5, len(half) - 1)], "no JSON"),
        (b"about %d degrees, I think" % luck.randrange(10, 30), "no JSON"),
        (b"\xff\xfe\x00%d" % luck.randrange(10, 99), "no JSON"),
        (b"", "no JSON"),
        (b"%d" % luck.randrange(10, 30), "no object"),
        (b'["north", %d]' % luck.randrange(10, 30), "no object"),
        (b'"%d"' % luck.randrange(10, 30), "no object"),
        (b'{"device": "north", "timestamp": %d}' % BASE, "no number"),
        (b'{"device": "north", "temperature": "%d"}' % luck.randrange(10, 30), "no number"),
        (b'{"device": "north", "temperature": null}', "no number"),
    ]
    luck.shuffle(values)
    return values


EXERCISE = Exercise(
    name="dead-letters",
    title="Dead letters by hand",
    lesson="02_filter",
    number=2,
    answer_type=Pipeline(raw=True),
    readings=readings,
    outputs=("out", "unreadable"),
    raw=("unreadable",),
    shows=(),
    behaviours=(
        Present("Every readable record comes out, and nothing else", points=2),
        Correct("It comes out with all its fields", columns=("device", "temperature", "humidity", "timestamp")),
        Present("What is not JSON becomes a dead letter", part="no JSON", output="unreadable"),
        Present("JSON that is not an object becomes a dead letter", part="no object", output="unreadable"),
        Present("An object without a numeric temperature becomes a dead letter", part="no number", output="unreadable"),
        Present("Nothing readable becomes a dead letter", part="ordinary", output="unreadable"),
        Correct("A dead letter has its bytes unchanged", columns=("value",), output="unreadable"),
        Given("Each has a reason in the header `reason`", columns=("header.reason",), output="unreadable"),
    ),
    hints=(
        (
            "First turn every record into an object that says whether it could be read: .apply(examine), where "
            'examine returns {"reading": ...} or {"raw": ..., "reason": ...}.'
        ),
        (
            "json.loads raises ValueError for what is not JSON; bytes that are not UTF-8 raise UnicodeDecodeError, "
            "which is a ValueError too. isinstance(found, dict) recognizes an object; a string is not a number."
        ),
        (
            "Two branches: .filter(...) on the same stream, once for each kind. The bad one sets the header with "
            '.set_headers(lambda value, key, timestamp, headers: [("reason", value["reason"].encode())]), goes back '
            "to the raw bytes with .apply, and ends with .to_topic(unreadable); the good one is returned."
        ),
    ),
    discussion=(
        "It is tempting to catch the exception and drop the record. Then nobody can say later how many there were, "
        "which device sent them, or repair and read them again. A dead letter keeps the evidence: bytes, key and time "
        "as they came, and why."
    ),
)
