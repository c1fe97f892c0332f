"""How to reach a Kafka that somebody else runs: LAB_BROKER has its address, the file LAB_KAFKA_CONFIG all the rest."""

import os
from pathlib import Path

from labkit.errors import LabError

ADDRESS, FILE = "LAB_BROKER", "LAB_KAFKA_CONFIG"
SERVERS = "bootstrap.servers"


def address() -> str:
    """Returns the address (host:port) of the Kafka to use; empty if the lab should start one of its own.

    Raises LabError if the file cannot be read, if neither it nor LAB_BROKER has an address, or if the two differ.
    """
    return _address(read())


def _address(found: dict[str, str]) -> str:
    given, in_file = os.environ.get(ADDRESS, "").strip(), found.get(SERVERS, "")
    if given and in_file not in ("", given):
        raise LabError(f"{ADDRESS} is {given}, but {path()} has {SERVERS}={in_file}: leave one of them out.")
    if path() and not given and not in_file:
        raise LabError(f"{path()} ({FILE}) does not say where Kafka is: set {ADDRESS}=host:port.")
    return given or in_file


def of(broker: str) -> dict[str, str]:
    """Returns the client properties, under librdkafka's names, for the Kafka at this address; none for a lab's own."""
    found = read()
    return {name: value for name, value in found.items() if name != SERVERS} if broker == _address(found) else {}


def path() -> str:
    """The file that LAB_KAFKA_CONFIG names; empty if it names none."""
    return os.environ.get(FILE, "").strip()


def read() -> dict[str, str]:
    """Parse the file: lines `name=value`, and comments that begin with #. Raises LabError if it cannot be read."""
    if not path():
        return {}
    try:
        lines = Path(path()).expanduser().read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not a text file"
        raise LabError(f"Cannot read {path()} ({FILE}): {reason}.") from None
    found = {}
    for number, line in enumerate(map(str.strip, lines), 1):
        if not line or line.startswith("#"):
            continue
        name, sign, value = line.partition("=")
        if not sign:  # do not show the line: it may be part of a secret
            raise LabError(f"Line {number} of {path()} ({FILE}) is not name=value, such as security.protocol=SASL_SSL.")
        found[name.strip()] = value.strip()
    return found


def hidden(text: str) -> str:
    """Hide every value from the file that occurs in the text, except short ones such as `true`."""
    for value in sorted(read().values(), key=len, reverse=True):
        text = text.replace(value, "…") if len(value) > 5 else text
    return text
