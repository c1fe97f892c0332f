"""An archive that loses nothing: a humidity of 0, a decimal comma, and what nobody can read."""

import json
import random
import re
from collections.abc import Iterator
from typing import Any

from labkit.exercises.answer_types import Pipeline
from labkit.exercises.behaviours import Correct, Present, Unchanged
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import BASE, ORDINARY, Sent, degrees, percent

DEVICES = ("kiln", "høyloft")
NOTES = ("2,5 bar", "1,5", "at 7,25:3,5", '"temperature":21,5', "filters 1,2")
POINT = re.compile(r'("(?:temperature|humidity)":-?\d+)\.')
Made = tuple[bytes, str]  # a value, and its part


def readings(luck: random.Random) -> list[Sent]:
    """All kinds of values, in any order."""
    values = [*_readable(luck), *_elsewhere(luck), *((each, "unreadable") for each in _unreadable(luck))]
    luck.shuffle(values)
    keys = (*DEVICES, "gateway-1", None)
    return [
        Sent(luck.choice(keys), value, BASE + 1000 * second + luck.randrange(1000), part)
        for second, (value, part) in enumerate(values)
    ]


def _readable(luck: random.Random) -> Iterator[Made]:
    """Values that are JSON, dry ones among them, and such as have a decimal comma, in one number or in both."""
    for humidity in (0.1, 1, 48, *(percent(luck) or 12.5 for _ in range(13))):
        yield _json(luck, degrees(luck, -10.0, 35.0), humidity).encode(), ORDINARY
    for humidity in (0, 0.0, 0, 0.0):
        yield _json(luck, luck.choice((0, 21, -3.5, 30.25)), humidity).encode(), "dry"
    usual = round(luck.uniform(10.0, 30.0), 2)
    for pair in ((21.5, 48), (21, 48.2), (usual, 7.5), (-3.5, 60.1), (-0.25, 100), (20.5, 0.0), (19, 0.0), (0.0, 40.5)):
        yield _with_comma(_json(luck, *pair)), "comma"


def _elsewhere(luck: random.Random) -> Iterator[Made]:
    """Values with a comma in a text, or in a list, that are JSON or have decimal commas, too."""
    for note in NOTES:
        yield _json(luck, 21.5, 48, note=note).encode(), "elsewhere"
        yield _with_comma(_json(luck, 22.5, 50.5, note=note)), "elsewhere"
    for steps in ([1, 5], [2, 25, 3]):
        yield _json(luck, 21, 48.5, steps=steps).encode(), "elsewhere"
        yield _with_comma(_json(luck, 22.5, 50.5, steps=steps)), "elsewhere"


def _unreadable(luck: random.Random) -> list[bytes]:
    whole = _with_comma(_json(luck, luck.randrange(10, 30) + 0.5, 48.25))
    return [
        b"",
        b"warm and damp",
        b"21,5",
        b"[21.5, 48]",
        b"null",
        b'"21,5"',
        whole[:-1],
        whole + b"}",
        whole[: luck.randrange(5, len(whole) - 1)],
        b'{"device":"h\xf8yloft","temperature":%d,5,"humidity":48}' % luck.randrange(10, 30),
        b'{"device":"h\xf8yloft","temperature":%d.5,"humidity":48}' % luck.randrange(10, 30),
        whole.replace(b'"humidity":', b'"humidity":,'),
        whole.replace(b"48,25", b"damp"),
        b'{"device":"kiln","temperature":%d;5,"humidity":48}' % luck.randrange(10, 30),
    ]


def _json(luck: random.Random, temperature: float, humidity: float, **more: Any) -> str:
    """A reading as its device writes it, with its fields in any order."""
    fields = {"device": luck.choice(DEVICES), "temperature": temperature, "humidity": humidity, **more}
    names = luck.sample([*fields], len(fields))
    return json.dumps({name: fields[name] for name in names}, separators=(",", ":"), ensure_ascii=False)


def _with_comma(text: str) -> bytes:
    return POINT.sub(r"\1,", text).encode()


EXERCISE = Exercise(
    name="repaired-archive",
    title="An archive, repaired",
    lesson="11_incidents",
    number=3,
    answer_type=Pipeline(raw=True),
    readings=readings,
    devices=DEVICES,
    outputs=("out", "unreadable"),
    raw=("unreadable",),
    shows=(),
    behaviours=(
        Present("Every reading is in the archive, and nothing else", points=2),
        Unchanged("It has all its fields, key and time, and only `dryness` is new", but=("dryness",)),
        Correct("dryness is the temperature divided by the humidity", columns=("dryness",)),
        Unchanged("Where the humidity is 0 it is null", part="dry"),
        Present("A reading with a decimal comma is in the archive, too", part="comma", points=2),
        Unchanged("Any other comma stays where it is", but=("dryness",), part="elsewhere"),
        Present("What is no JSON object even then is set aside, and nothing else", output="unreadable", points=2),
        Unchanged("It is set aside as it came", output="unreadable"),
    ),
    hints=(
        (
            "Build on dead-letters of lesson 02: one .apply(examine) makes of each record an object that says whether "
            "it could be read, and two .filter branches follow."
        ),
        (
            "Try to read the bytes as they are. Only if that fails, try again with points for commas; keep the bytes "
            "as they came, for the case that this fails, too."
        ),
        (
            r"""re.sub(rb'("(?:temperature|humidity)":-?\d+),(?=\d)', ..., raw) finds a comma between two digits"""
            r""" after one of these names; in the replacement \1 stands for what the outer parentheses have found."""
        ),
    ),
    discussion=(
        "It is tempting to replace every comma between two digits: that changes notes and lists in which nothing was "
        "wrong, and nobody will notice. It is as tempting to write 0 for a dryness that cannot be computed: null says "
        "that there is none, and 0 is a measurement. What the archive mends is still to be mended at its source, for "
        "the next program reads the same topic."
    ),
)
