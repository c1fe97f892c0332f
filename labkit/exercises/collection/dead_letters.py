"""Dead letters by hand."""

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from labkit.exercises.answer_types import Pipeline
from labkit.exercises.behaviours import Correct, Given, Present, Unchanged
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import BASE, Sent, reading

DEVICES = ("north", "süd")
CERTAIN = {3: 0, 4: 0.0, 23: 0, 24: 0.0, 30: 1e6, 31: -999}  # temperatures, by their places


def readings(luck: random.Random) -> list[Sent]:
    sent = [_measured(luck, second) for second in range(40)]
    places = sorted(luck.sample([each for each in range(38) if each not in CERTAIN], len(bad(luck))))
    for place, (value, part) in zip(places, bad(luck), strict=True):
        sent[place] = Sent(sent[place].key, value, sent[place].timestamp, part)
    sent[38:] = [replace(each, key=DEVICES[0], value=b"once more", part="no JSON") for each in sent[38:]]
    return sent


def _measured(luck: random.Random, second: int) -> Sent:
    """Some have a further field, no key, no device, spaces before them, or a temperature that no room has."""
    degrees = luck.choice((luck.randrange(-10, 35), 1e6, -999, *(luck.uniform(-10.0, 35.0) for _ in range(7))))
    degrees = CERTAIN.get(second, degrees)
    notes = (None, "NaN", "Grüße", [1, 2], "long " * 30)
    note: dict[str, Any] = {"note": luck.choice(notes)} if luck.random() < 0.4 else {}
    made = reading(luck.choice(DEVICES), second + luck.random(), degrees, round(luck.uniform(20.0, 90.0), 1), **note)
    value: Mapping[str, Any] | bytes = made.fields if luck.random() < 0.8 else {"temperature": degrees, **note}
    if luck.random() < 0.2:
        value = b" \n" + json.dumps(value).encode()
    return replace(made, key=luck.choice((made.key, "gateway-1", None)), value=value)


def bad(luck: random.Random) -> list[tuple[bytes, str]]:
    """Values that cannot be read, and the part that each belongs to."""
    half = json.dumps(reading("north", 99, 20.0).fields).encode()
    values = [
        (half[: luck.randrange(5, len(half) - 1)], "no JSON"),
        (b"about %d degrees, I think" % luck.randrange(10, 30), "no JSON"),
        (b"\xff\xfe\x00%d" % luck.randrange(10, 99), "no JSON"),
        (b'{"device": "s\xfcd", "temperature": %d}' % luck.randrange(10, 30), "no JSON"),
        (b'{"device": "north", "temperature": NaN}', "no JSON"),
        (b'{"device": "north", "temperature": %d, "humidity": -Infinity}' % luck.randrange(10, 30), "no JSON"),
        (b"no reading \n", "no JSON"),
        (b"no reading \n", "no JSON"),
        (b'\xef\xbb\xbf{"device": "north", "temperature": %d}' % luck.randrange(10, 30), "no JSON"),
        (b'{"device": "north", "temperature": %d}}' % luck.randrange(10, 30), "no JSON"),
        (b"", "no JSON"),
        (b"%d" % luck.randrange(10, 30), "no object"),
        (b'["north", %d]' % luck.randrange(10, 30), "no object"),
        (b'[{"device": "north", "temperature": %d}]' % luck.randrange(10, 30), "no object"),
        (b'["temperature", 21.5]', "no object"),
        (b'"%d"' % luck.randrange(10, 30), "no object"),
        (b"null", "no object"),
        (b'{"device": "north", "timestamp": %d}' % BASE, "no number"),
        (b'{"device": "north", "temperature": "%d"}' % luck.randrange(10, 30), "no number"),
        (b'{"device": "north", "temperature": [%d]}' % luck.randrange(10, 30), "no number"),
        (b'{"device": "north", "temperature": true}', "no number"),
        (b'{"device": "north", "temperature": false}', "no number"),
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
    devices=DEVICES,
    outputs=("out", "unreadable"),
    raw=("unreadable",),
    shows=(),
    behaviours=(
        Present("Every readable record comes out, and nothing else", points=2),
        Unchanged("It comes out with all its fields, key and time"),
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
            "which is a ValueError too. isinstance(found, dict) recognizes an object. Neither a string nor true is a "
            "number, but for Python True is an int: isinstance(True, int) is true."
        ),
        (
            "JSON has no NaN, but json.loads accepts it. It calls the function parse_constant=... for it, which may "
            "raise a ValueError. A byte order mark it accepts before bytes, but not before a text: raw.decode() makes "
            "one."
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
