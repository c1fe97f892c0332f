"""How to reach a Kafka: LAB_BROKER has the address of somebody else's, the file LAB_KAFKA_CONFIG all the rest.

If the lab's own Kafka asks for a login, another file has it, which LAB_OWN_KAFKA_CONFIG names for this process and its
children.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from labkit.errors import LabError
from labkit.kafka.names import FORBIDDEN as FORBIDDEN_IN_NAMES

ADDRESS, FILE, OWN_FILE = "LAB_BROKER", "LAB_KAFKA_CONFIG", "LAB_OWN_KAFKA_CONFIG"
NAMESPACE = "LAB_NAMESPACE"
SERVERS = "bootstrap.servers"
OWN_NAMESPACE = "lab.namespace"  # the namespace, in a file that a class hands out; no client knows this property


def address() -> str:
    """Returns the address (host:port) of the Kafka to use; empty if the lab should start one of its own.

    Raises LabError if the file cannot be read, if neither it nor LAB_BROKER has an address, or if the two differ.
    """
    return _address(read())


def namespace() -> str:
    """Returns what precedes the names of all topics and groups: LAB_NAMESPACE, or else `lab.namespace` of the file.

    Empty if neither is set. Raises LabError if it cannot be part of a name, or if it would run into the names that
    follow it.
    """
    given = os.environ.get(NAMESPACE, "")
    found = given or read().get(OWN_NAMESPACE, "")
    place = NAMESPACE if given else f"{OWN_NAMESPACE} in {path()}"
    if FORBIDDEN_IN_NAMES.search(found):
        raise LabError(f"{place} is {found!r}: use only letters, digits, '.', '_' and '-', as in anna-.")
    if found and found[-1] not in "._-":
        raise LabError(
            f"{place} is {found!r}, so the topic sensor would be called {found}sensor: "
            f"end it with a separator, as in {found}-."
        )
    return found


def named() -> str:
    """What says where Kafka is: LAB_BROKER, or the file of LAB_KAFKA_CONFIG."""
    return f"{path()}, {FILE}" if read().get(SERVERS) else ADDRESS


def set_by_the_user() -> list[str]:
    """The variables that lead to somebody else's Kafka."""
    return [each for each in (ADDRESS, FILE) if os.environ.get(each, "").strip()]


def is_of_a_class() -> bool:
    """Whether the file is one that a class hands out (`lab class`)."""
    return OWN_NAMESPACE in read()


def _address(found: dict[str, str]) -> str:
    given, in_file = os.environ.get(ADDRESS, "").strip(), found.get(SERVERS, "")
    if given and in_file not in ("", given):
        raise LabError(f"{ADDRESS} is {given}, but {path()} has {SERVERS}={in_file}: leave one of them out.")
    if path() and not given and not in_file:
        raise LabError(f"{path()} ({FILE}) does not say where Kafka is: set {ADDRESS}=host:port.")
    return given or in_file


def of(broker: str) -> dict[str, str]:
    """Returns the client properties, under librdkafka's names, for the Kafka at this address; none if it needs none."""
    own = _parsed(OWN_FILE)
    servers = own.pop(SERVERS, "")
    return own if broker in (servers, *servers.split(",")) else of_others(broker)


def of_others(broker: str) -> dict[str, str]:
    """Returns the client properties for the Kafka at this address if somebody else runs it; none for a lab's own."""
    found = read()
    if broker != _address(found):
        return {}
    return {name: value for name, value in found.items() if name not in (SERVERS, OWN_NAMESPACE)}


def write_own(file: Path, found: dict[str, str]) -> None:
    """Write the properties for the lab's own Kafka, and let this process and its children know."""
    write(file, found)
    os.environ[OWN_FILE] = str(file)


def write(file: Path, found: Mapping[str, str]) -> None:
    """Write properties as `parsed` reads them, for the eyes of their owner only."""
    file.touch(mode=0o600)
    lines = (f"{name}={value}".replace("\n", r"\n") for name, value in found.items())
    file.write_text("".join(f"{line}\n" for line in lines))


def forget_own(file: Path) -> None:
    """Undo `write_own`, unless another lab's Kafka has taken its place."""
    if os.environ.get(OWN_FILE) == str(file):
        del os.environ[OWN_FILE]


def path() -> str:
    """The file that LAB_KAFKA_CONFIG names; empty if it names none."""
    return os.environ.get(FILE, "").strip()


def make_path_absolute() -> None:
    """What this process starts runs in folders of its own, and must find the file that LAB_KAFKA_CONFIG names."""
    if path():
        os.environ[FILE] = str(Path(path()).expanduser().absolute())


def read() -> dict[str, str]:
    """Parse the file that LAB_KAFKA_CONFIG names. Raises LabError if it cannot be read."""
    return _parsed(FILE)


def _parsed(variable: str) -> dict[str, str]:
    """Parse the file that a variable names; none if it names none."""
    file = os.environ.get(variable, "").strip()
    return parsed(file, f"{file} ({variable})") if file else {}


def parsed(file: str | Path, called: str) -> dict[str, str]:
    """Parse lines `name=value`, and comments that begin with #; the lines of a certificate are separated by `\\n`.

    Raises LabError if the file, which it calls as given, cannot be read.
    """
    try:
        lines = Path(file).expanduser().read_text("utf-8-sig").splitlines()  # Windows begins a file with a BOM
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not a text file"
        raise LabError(f"Cannot read {called}: {reason}.") from None
    found = {}
    for number, line in enumerate(map(str.strip, lines), 1):
        if not line or line.startswith("#"):
            continue
        name, sign, value = line.partition("=")
        if not sign:  # do not show the line: it may be part of a secret
            raise LabError(f"Line {number} of {called} is not name=value, such as security.protocol=SASL_SSL.")
        found[name.strip()] = value.strip()
    return {name: value.replace(r"\n", "\n") if name.endswith(".pem") else value for name, value in found.items()}


def hidden(text: str) -> str:
    """Hide every value from the files that occurs in the text, except short ones such as `true`, and the namespace."""
    found = {name: value for name, value in read().items() if name != OWN_NAMESPACE}
    for value in sorted([*found.values(), *_parsed(OWN_FILE).values()], key=len, reverse=True):
        text = text.replace(value, "…") if len(value) > 5 else text
    return text
