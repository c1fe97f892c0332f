"""How the grader learns the verdict of a check, and the steps behind it: from messages among a cell's outputs."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from labkit.errors import LabError
from labkit.exercises.places import places

if TYPE_CHECKING:
    from labkit.exercises.verdict import Verdict

MIME = "application/vnd.labkit.verdict+json"
STEPS = "application/vnd.labkit.steps+json"
FIELDS = ("exercise", "state", "headline")
LONGEST = 200  # characters of a field
LONGEST_STEP = 4_000  # characters
MOST_STEPS = 500  # of a check
MOST_PLACES = 100  # in one step


def output(verdict: "Verdict") -> dict[str, Any]:
    """Returns what a graded notebook displays: the verdict as text and as a message, and its steps."""
    said = (verdict.exercise.name, verdict.state, verdict.headline)
    return {"text/plain": repr(verdict), MIME: dict(zip(FIELDS, said, strict=True)), STEPS: [*_steps(verdict)]}


def _steps(verdict: "Verdict") -> Iterator[dict[str, Any]]:
    """Yields what the answer did with each record, in words, and the places of this and of those that it wrote."""
    if verdict.steps:
        try:
            yield from ({"text": str(each), "places": places(each)} for each in verdict.steps())
        except LabError:  # whatever it is, it costs no marks
            return


def read(shown: Mapping[str, Any]) -> dict[str, str] | None:
    """Returns the message in an output, by its fields; None if there is none. What it says may come from anybody."""
    said = shown.get(MIME)
    if not isinstance(said, dict) or not all(isinstance(said.get(each), str) for each in FIELDS):
        return None
    return {each: said[each][:LONGEST] for each in FIELDS}


def steps(shown: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Returns the steps in an output, each cut off where nobody would read on. What they say may come from anybody."""
    said = shown.get(STEPS)
    found = [each for each in said[:MOST_STEPS] if isinstance(each, dict)] if isinstance(said, list) else []
    return [{"text": _text(each.get("text")), "places": _places(each.get("places"))} for each in found]


def _text(said: Any) -> str:
    return said[:LONGEST_STEP] if isinstance(said, str) else ""


def _places(said: Any) -> list[Any]:
    found = said[:MOST_PLACES] if isinstance(said, list) else []
    return [[*each] for each in found if _is_place(each)]


def _is_place(said: Any) -> bool:
    if not (isinstance(said, list) and len(said) == 3):
        return False
    topic, key, time = said
    return isinstance(topic, str) and (key is None or isinstance(key, str)) and type(time) is int
