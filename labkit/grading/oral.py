"""Sheets for oral checks: a student's own code, one changed reading, and what truly comes of the change.

What comes out is not computed: the notebook is run, on the readings and on the changed ones.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from labkit.exercises import formatting
from labkit.exercises.answer_types import Pipeline
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import Sent
from labkit.grading import marking, pages
from labkit.grading.escaping import printable
from labkit.grading.grade import Grader, Task
from labkit.grading.marking import Oracles
from labkit.grading.sandbox import Outcome

STEPS = (-20, -10, -5, 5, 10, 20)  # by which a number changes
TRIES = 100  # changes that are tried, until one matters


@dataclass(frozen=True)
class Change:
    """What is different about one reading, as text, and all readings with that change."""

    number: int  # from 0
    before: str
    after: str
    sent: tuple[Sent, ...]


def tasks(everything: Sequence[Task]) -> list[Task]:
    """Returns one notebook of each student: the first one with a pipeline to ask about."""
    found: dict[str, Task] = {}
    for each in everything:
        if any(map(_is_pipeline, each.exercises)):
            found.setdefault(each.student, each)
    return [*found.values()]


def _is_pipeline(exercise: Exercise) -> bool:
    return isinstance(exercise.answer_type, Pipeline)


def sheet(grader: Grader, task: Task, name: str) -> str:
    """Returns the sheet of a student, as a page: it runs the notebook twice."""
    luck = random.Random(marking.seed(grader.secret, task.student, "oral"))
    exercise = luck.choice([each for each in task.exercises if _is_pipeline(each)])
    sent = {each.name: each.sent(marking.seed(grader.secret, task.student, each.name)) for each in task.exercises}
    change = changed(grader.exercises, exercise, sent[exercise.name], luck)
    before = _came_out(exercise, grader.run(task, sent), grader)
    after = _came_out(exercise, grader.run(task, sent | {exercise.name: change.sent}), grader)
    code = [(number, each.source) for number, each in enumerate(task.submission.cells, 1) if each.is_code]
    page = pages.template("oral.html.jinja").render(
        student=name, exercise=exercise, change=change, code=code, lost=[*(before - after).elements()],
        new=[*(after - before).elements()], nothing=not before,
    )  # fmt: skip
    return printable(page)


def changed(oracles: Oracles, exercise: Exercise, sent: Sequence[Sent], luck: random.Random) -> Change:
    """Returns a change that matters for what must come out, if there is any: another value, or else a missing reading.

    Raises ValueError if there are no readings.
    """
    expected = oracles.expected(exercise, sent)
    found = None
    for kind in ([*_values(sent, luck)], [*_omissions(sent)]):
        for found in luck.sample(kind, min(TRIES, len(kind))):
            if oracles.expected(exercise, found.sent) != expected:
                return found
    if not found:
        raise ValueError(f"{exercise.name} has no readings")
    return found


def _values(sent: Sequence[Sent], luck: random.Random) -> Iterator[Change]:
    """Yields each reading with another value in one of its fields."""
    for number, each in enumerate(sent):
        fields = each.value if isinstance(each.value, Mapping) else {}
        for name, value in fields.items():
            if type(value) in (int, float) and name != "timestamp":
                new = replace(each, value={**fields, name: round(value + luck.choice(STEPS), 2)})
                yield _change(sent, number, (new,), formatting.input_record(new))


def _omissions(sent: Sequence[Sent]) -> Iterator[Change]:
    return (_change(sent, number, (), "it is missing") for number in range(len(sent)))


def _change(sent: Sequence[Sent], number: int, instead: tuple[Sent, ...], after: str) -> Change:
    before = formatting.input_record(sent[number])
    return Change(number, before, after, (*sent[:number], *instead, *sent[number + 1 :]))


def _came_out(exercise: Exercise, outcome: Outcome, grader: Grader) -> Counter[str]:
    """Returns the records that came out, as text."""
    found: Counter[str] = Counter()
    for name in exercise.outputs:
        records = outcome.records.get(exercise.topic(name), ())
        rows = marking.rows(records, name in exercise.raw, grader.limits)
        found.update(f"{name}: {formatting.row(each, ())}" for each in rows)
    return found
