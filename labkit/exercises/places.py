"""Where among the steps of an answer its first wrong record is: in a lab, and for the grader."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labkit.exercises.evidence import Wrong
    from labkit.stepping import Step

Place = list[Any]  # topic, key and time (epoch ms) of a record


def places(step: "Step") -> list[Place]:
    """Returns the place of the record of a step, and of those that were written for it."""
    record = step.record
    written = [[each.topic, _text(each.key), each.timestamp] for each in step.written]
    return [[record.topic, _text(record.key), record.timestamp], *written]


def wanted(wrong: "Wrong", topic: Callable[[str], str]) -> list[Place]:
    """Returns where to look for a wrong row: where it came out, else where the record was that it was made from.

    `topic` returns the topic of an input or output.
    """
    source = [[topic(wrong.source.topic), wrong.source.key, wrong.source.timestamp]] if wrong.source else []
    return [[topic(wrong.output), wrong.row["key"], wrong.row["time"]], *source]


def first(wanted: Sequence[Place], steps: Sequence[Sequence[Place]]) -> int | None:
    """Returns the number of the step with the first of these places that there is; None if there is none."""
    return next((number for place in wanted for number, each in enumerate(steps) if place in each), None)


def _text(key: bytes | None) -> str | None:
    return None if key is None else key.decode(errors="backslashreplace")
