"""An answer, stepped through: open at the first wrong record, with what is expected beside what came out."""

from labkit.exercises.places import first, places, wanted
from labkit.exercises.verdict import Verdict
from labkit.stepping import Steps
from labkit.stepping import page as pages


def page(verdict: Verdict, steps: Steps) -> str:
    """Returns the page of the steps in a frame. It says no more of what is expected than the verdict itself."""
    expected = next((each.expected for each in verdict.judgement.evidence if each.wrong), ())
    wrong = verdict.judgement.first_wrong
    number = first(wanted(wrong, verdict.exercise.topic), [*map(places, steps)]) if wrong else None
    return pages.framed(steps, (steps.failed_at or 0) if number is None else number, expected)
