"""Names that Kafka allows, made of names that people give."""

import hashlib
import re

FORBIDDEN = re.compile(r"[^A-Za-z0-9._-]")
LONGEST = 249  # characters of a topic's name


def allowed(name: str, longest: int = LONGEST) -> str:
    """Returns the name if Kafka allows it for a topic, and it has at most `longest` characters; else one that does,
    and that no other name becomes.
    """
    plain = FORBIDDEN.sub("-", name)
    if plain == name and len(name) <= longest:
        return name
    mark = f".{digest(name)}"
    return plain[: longest - len(mark)] + mark


def digest(*parts: object) -> str:
    """Returns eight characters that stand for these parts."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:8]
