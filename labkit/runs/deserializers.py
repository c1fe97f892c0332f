"""What a pipeline reads: a value, or that a record could not be read."""

from collections.abc import Callable
from typing import Any

from quixstreams.models import Deserializer
from quixstreams.models.serializers.exceptions import IgnoreMessage

from labkit.readings import BadReading

Parse = Callable[[bytes | None], Any]


class Unreadable:
    """Stands for a record that could not be read, from the deserializer to the dead-letter topic."""

    __slots__ = ("raw", "reason")

    def __init__(self, raw: bytes | None, reason: str) -> None:
        self.raw = raw
        self.reason = reason


class SafeDeserializer(Deserializer):
    """Returns the result of `parse`, or an Unreadable; never raises for bad data."""

    def __init__(self, parse: Parse) -> None:
        self._parse = parse

    def __call__(self, value: bytes, ctx: object) -> Any:  # noqa: ARG002
        try:
            return self._parse(value)
        except BadReading as reason:
            return Unreadable(value, str(reason))


class Skip(Deserializer):
    """Skips a record, as Quix Streams does with a changelog record that it does not need for recovery."""

    def __call__(self, value: bytes, ctx: object) -> Any:  # noqa: ARG002
        raise IgnoreMessage
