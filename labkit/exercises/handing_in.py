"""How the grader learns the verdict of a check: from a message among the outputs of the notebook's cell."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labkit.exercises.verdict import Verdict

MIME = "application/vnd.labkit.verdict+json"
FIELDS = ("exercise", "state", "headline")
LONGEST = 200  # characters of a field


def output(verdict: "Verdict") -> dict[str, Any]:
    """Returns what a graded notebook displays: the verdict as text, and as a message."""
    said = (verdict.exercise.name, verdict.state, verdict.headline)
    return {"text/plain": repr(verdict), MIME: dict(zip(FIELDS, said, strict=True))}


def read(shown: Mapping[str, Any]) -> dict[str, str] | None:
    """Returns the message in an output, by its fields; None if there is none. What it says may come from anybody."""
    said = shown.get(MIME)
    if not isinstance(said, dict) or not all(isinstance(said.get(each), str) for each in FIELDS):
        return None
    return {each: said[each][:LONGEST] for each in FIELDS}
