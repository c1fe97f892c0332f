"""A pipeline that holds records to a contract, and sets aside what does not keep it."""

import json
import random
from dataclasses import replace
from typing import Any

from labkit.exercises.answer_types import Pipeline
from labkit.exercises.behaviours import Correct, Given, Present, Unchanged
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import BASE, Sent, reading

DEVICES = ("harbour", "Säntis")
DOZEN = 12


def readings(luck: random.Random) -> list[Sent]:
    """Most keep the contract, many just so; after the first dozen comes what breaks it in one way or another."""
    sent = [_kept(luck, number) for number in range(60)]
    broken = _broken(luck)
    places = sorted(luck.sample(range(DOZEN, len(sent)), len(broken)))
    for place, (value, part) in zip(places, broken, strict=True):
        sent[place] = replace(sent[place], value=value, part=part)
    return sent


def _kept(luck: random.Random, number: int) -> Sent:
    """At the limits, with a whole number, without humidity, or by way of a gateway."""
    usual = round(luck.uniform(-40.0, 45.0), 2)
    degrees = {0: -90, 1: 60, 2: -90.0, 3: 60.0, 4: 0, 5: 21}.get(number % DOZEN, usual)
    any_humidity = luck.choice((0, 100, 0.0, 100.0, round(luck.uniform(5.0, 95.0), 1)))
    humidity = {6: 0, 7: 100, 8: 0.0, 9: 100.0}.get(number, any_humidity)
    made = reading(luck.choice(DEVICES), number + luck.random(), degrees, humidity)
    is_known = number in range(6, 10) or luck.random() < 0.7
    fields = {name: each for name, each in made.fields.items() if name != "humidity" or is_known}
    value = fields if luck.random() < 0.7 else b" " + json.dumps(fields, indent=1).encode()
    return replace(made, key=luck.choice((made.key, "gateway-1", None)), value=value)


def _broken(luck: random.Random) -> list[tuple[bytes, str]]:
    """Values that break the contract, and the part that each belongs to."""
    whole = {"device": "harbour", "temperature": luck.randrange(10, 30), "humidity": 50, "timestamp": BASE}

    def but(**changes: Any) -> bytes:
        return json.dumps({**whole, **changes}).encode()

    def without(name: str) -> bytes:
        return json.dumps({field: each for field, each in whole.items() if field != name}).encode()

    values = [
        *((each, "no object") for each in (b"", b"calm", but()[:-9], b"[%s]" % but(), b"21.5", b'"21"', b"null")),
        *((each, "no object") for each in (but(device="Z\x00") + b"}", b'{"device": "s\xfcd"}')),
        (but(humidity=float("nan")), "no object"),
        (but(temperature=float("nan")), "no object"),
        *((without(name), "missing") for name in ("device", "temperature", "timestamp")),
        (b"{}", "missing"),
        *((but(temperature=each), "type") for each in ("21.5", None, True, [21.5])),
        *((but(humidity=each), "type") for each in ("50", None, False)),
        *((but(timestamp=each), "type") for each in (str(BASE), BASE + 0.5, True, None)),
        *((but(device=each), "type") for each in (7, None)),
        *((but(temperature=each), "range") for each in (-90.01, 60.01, 999, -1000)),
        *((but(humidity=each), "range") for each in (-0.01, 100.01, -1, 100.5)),
        (but(device=""), "range"),
        *((but(**{name: each}), "further") for name, each in (("unit", "F"), ("Temperature", 20), ("note", None))),
    ]
    luck.shuffle(values)
    return values


EXERCISE = Exercise(
    name="contract-or-dead-letter",
    title="Contract or dead letter?",
    lesson="09_contracts",
    number=2,
    answer_type=Pipeline(raw=True),
    readings=readings,
    devices=DEVICES,
    outputs=("out", "refused"),
    raw=("refused",),
    shows=(),
    behaviours=(
        Present("Every record that keeps the contract comes out, and no other", points=2),
        Unchanged("It comes out with all its fields, key and time"),
        Present("What is no JSON object is refused", part="no object", output="refused"),
        Present("A record without a field that must be there is refused", part="missing", output="refused"),
        Present("A field of another type is refused", part="type", output="refused"),
        Present("A number outside its range, or an empty device, is refused", part="range", output="refused"),
        Present("A field that the contract does not have is refused", part="further", output="refused"),
        Present("Nothing that keeps the contract is refused", part="ordinary", output="refused"),
        Correct("A refused record has its bytes unchanged", columns=("value",), output="refused"),
        Given("It has a reason in the header `reason`", columns=("header.reason",), output="refused"),
    ),
    hints=(
        (
            "Build on dead-letters of lesson 02: one .apply(examine) says of each record whether it keeps the "
            "contract, and two .filter branches follow."
        ),
        (
            'In a JSON Schema a field under "properties" may be missing unless it is in "required", and further fields '
            'are welcome unless "additionalProperties" is False. Limits are "minimum", "maximum" and "minLength".'
        ),
        (
            "JSONSerializer(schema=...) comes from quixstreams.models. Called with a value and None it raises a "
            "SerializationError, which comes from there too, if the value does not fit; json.loads raises a ValueError "
            "for what is not JSON."
        ),
        (
            "NaN is neither below a minimum nor above a maximum, so the schema lets it pass. json.loads calls the "
            "function parse_constant=... for it, which may raise a ValueError."
        ),
    ),
    discussion=(
        "It is tempting to check what one has seen go wrong: a missing field, a text for a number. A schema says what "
        "is right, so that nobody has to think of everything that is wrong; the same schema is what a producer's "
        "serializer would have held the record to, before it was in the topic. A dead-letter topic is for what came "
        "all the same: from a producer without a serializer, or from before there was a contract."
    ),
)
