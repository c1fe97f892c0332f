"""How the grader learns the verdict of a check, and the answer: from messages among a cell's outputs."""

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labkit.exercises.verdict import Verdict

MIME = "application/vnd.labkit.verdict+json"
ANSWER = "application/vnd.labkit.answer"
FIELDS = ("exercise", "state", "headline")
LONGEST = 200  # characters of a field
LARGEST = 500_000  # bytes of an answer


def output(verdict: "Verdict") -> dict[str, Any]:
    """Returns what a graded notebook displays: the verdict as text and as a message, and the answer if packed."""
    said = (verdict.exercise.name, verdict.state, verdict.headline)
    shown = {"text/plain": repr(verdict), MIME: dict(zip(FIELDS, said, strict=True))}
    return shown | ({ANSWER: base64.b64encode(verdict.packed).decode()} if 0 < len(verdict.packed) <= LARGEST else {})


def read(shown: Mapping[str, Any]) -> dict[str, str] | None:
    """Returns the message in an output, by its fields; None if there is none. What it says may come from anybody."""
    said = shown.get(MIME)
    if not isinstance(said, dict) or not all(isinstance(said.get(each), str) for each in FIELDS):
        return None
    return {each: said[each][:LONGEST] for each in FIELDS}


def answer(shown: Mapping[str, Any]) -> bytes:
    """Returns the packed answer in an output; empty if there is none. It may come from anybody: only where a notebook
    may run it may be unpacked.
    """
    said = shown.get(ANSWER)
    try:
        return base64.b64decode(said) if isinstance(said, str) and len(said) <= 2 * LARGEST else b""
    except ValueError:
        return b""
