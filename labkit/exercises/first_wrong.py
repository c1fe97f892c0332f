"""An answer, stepped through: open at the first wrong record, with what is expected beside what came out."""

from collections.abc import Sequence

from labkit.exercises.evidence import Wrong
from labkit.exercises.records import Row, Sent
from labkit.exercises.verdict import Verdict
from labkit.stepping import Step, Steps, words
from labkit.stepping import page as pages


def page(verdict: Verdict, steps: Steps) -> str:
    """Returns the page of the steps in a frame. It says no more of what is expected than the verdict itself."""
    expected = next((each.expected for each in verdict.judgement.evidence if each.wrong), ())
    return pages.framed(steps, place(steps, verdict.judgement.first_wrong), expected)


def place(steps: Steps, wrong: Wrong | None) -> int:
    """Returns the number of the step in which a wrong row came out, else that of the last record that it is made from;
    without such a row that of the failed record, if there is one.
    """
    if not wrong:
        return steps.failed_at or 0
    found = [*_came_out(steps, wrong), *(each for each in steps if wrong.source and _is_of(each, wrong.source))]
    return found[0].number if found else steps.failed_at or 0


def _came_out(steps: Steps, wrong: Wrong) -> Sequence[Step]:
    """Returns the steps in which a record with the key and the time of a row was written to its output."""
    wanted: Row = wrong.row
    return [
        step
        for step in steps
        for each in step.written
        if each.topic.endswith(f".{wrong.output}")
        and (_text(each.key), each.timestamp) == (wanted["key"], wanted["time"])
    ]


def _is_of(step: Step, record: Sent) -> bool:
    return (_text(step.record.key), step.record.timestamp) == (record.key, record.timestamp)


def _text(key: bytes | None) -> str | None:
    return None if key is None else words.key(key)
