"""What the file of a student says about the wall of the class, and under which pseudonym the student is on it.

The lines begin with #, so to Kafka's clients, and to a lab that knows of no wall, they are comments.
"""

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import NamedTuple

from labkit.errors import LabError
from labkit.kafka import properties

TOPIC, PSEUDONYM = "#lab.wall", "#lab.pseudonym"  # the lines
VARIABLE = "LAB_WALL"  # names the file with these lines, unless it is that of LAB_KAFKA_CONFIG
OFF = ("0", "no", "off", "false")  # or keeps a student off the wall
SAID, COUNTS = "said", "counts"  # topics: what students write, and what is counted
SHOWN = 4  # characters of a label
TEACHER = "teacher"  # the label of whoever begins rounds: longer than a student's


class Given(NamedTuple):
    """The full name of the topic to write to, the key of all records there, and how to reach its Kafka: the address,
    and the client properties.
    """

    topic: str
    pseudonym: str
    address: str
    client: dict[str, str]


def given() -> Given | None:
    """Returns what the file of the class says; None if it has no wall, or the student keeps off it."""
    wanted = os.environ.get(VARIABLE, "").strip() or properties.path()
    if not wanted or wanted.lower() in OFF:
        return None
    try:
        lines = Path(wanted).expanduser().read_text("utf-8-sig").splitlines()
        client = properties.parsed(wanted, wanted)
    except (OSError, UnicodeDecodeError, LabError):  # if Kafka is reached by this file, somebody else says so
        return None
    found = {name.strip(): value.strip() for name, sign, value in (line.partition("=") for line in lines) if sign}
    if not (TOPIC in found and PSEUDONYM in found and properties.SERVERS in client):
        return None
    rest = {name: value for name, value in client.items() if name not in (properties.SERVERS, properties.OWN_NAMESPACE)}
    return Given(found[TOPIC], found[PSEUDONYM], client[properties.SERVERS], rest)


def remember() -> None:
    """Let the wall find the file of LAB_KAFKA_CONFIG also where a notebook uses a Kafka of its own instead."""
    if properties.path() and not os.environ.get(VARIABLE):
        os.environ[VARIABLE] = properties.path()


def lines(namespace: str, key: str, login: str) -> dict[str, str]:
    """Returns what `given` finds in the file of a student."""
    return {TOPIC: namespace + SAID, PSEUDONYM: pseudonym(key, login)}


def new_namespace() -> str:
    """Returns what the names of a wall's topics begin with: a capital letter, as no login and so no student's topic."""
    return f"Wall.{secrets.token_hex(3)}."


def new_key() -> str:
    """Returns the secret of a class from which the pseudonyms are made; no student gets it."""
    return secrets.token_hex(32)


def pseudonym(key: str, login: str) -> str:
    """Returns 128 bits that only the student's own file and whoever has the key know: they prove who has written."""
    return hmac.new(bytes.fromhex(key), login.encode(), hashlib.sha256).hexdigest()[:32]


def label(pseudonym: str) -> str:
    """Returns what the wall shows of a pseudonym: too little to write in another's name."""
    digest = hashlib.sha256(pseudonym.encode()).digest()
    return base64.b32encode(digest).decode()[:SHOWN]
