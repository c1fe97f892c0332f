"""Sheets for oral checks: a student's own code, one changed reading or number, and what truly comes of the change.

What comes out is not computed: the notebook is run, as it is and with the change.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from labkit.exercises import formatting
from labkit.exercises.answer_types import Pipeline
from labkit.exercises.exercise import Exercise
from labkit.exercises.records import Sent
from labkit.grading import constants, marking, pages
from labkit.grading.escaping import printable
from labkit.grading.grade import Grader, Task
from labkit.grading.marking import Oracles
from labkit.grading.sandbox import Outcome

TRIES = 100  # changed readings that are tried, until one matters
RUNS = 2  # of notebooks with a changed number, until one matters


@dataclass(frozen=True)
class Change:
    """What is different about one reading, as text, and all readings with that change."""

    number: int  # from 0
    before: str
    after: str
    sent: tuple[Sent, ...]


def tasks(everything: Sequence[Task]) -> dict[Task, list[Task]]:
    """Returns the notebooks of each student that have a pipeline to ask about, each list by its first."""
    found: dict[str, list[Task]] = {}
    for each in everything:
        if any(map(_is_pipeline, each.exercises)):
            found.setdefault(each.student, []).append(each)
    return {each[0]: each for each in found.values()}


def _is_pipeline(exercise: Exercise) -> bool:
    return isinstance(exercise.answer_type, Pipeline)


@dataclass(frozen=True)
class Question:
    """What is different, as text, and what to run: a notebook, on the readings of an exercise."""

    subject: str
    before: str
    after: str
    task: Task
    sent: tuple[Sent, ...]


def sheet(grader: Grader, notebooks: Sequence[Task], name: str) -> str:
    """Returns the sheet of a student, as a page. It asks about a pipeline out of which something came, if there is one,
    in one of the notebooks, by luck: it runs them until one has such a pipeline, and that one at least twice.
    """
    luck = random.Random(marking.seed(grader.secret, notebooks[0].student, "oral"))
    order = random.Random(marking.seed(grader.secret, notebooks[0].student, "oral: which notebook"))
    for task in order.sample(notebooks, len(notebooks)):
        sent = {each.name: each.sent(marking.seed(grader.secret, task.student, each.name)) for each in task.exercises}
        outcome = grader.run(task, sent)
        pipelines = [(each, _came_out(each, outcome, grader)) for each in task.exercises if _is_pipeline(each)]
        if any(came for _, came in pipelines):
            break
    exercise, before = luck.choice([pair for pair in pipelines if pair[1]] or pipelines)
    for question in _questions(grader.exercises, task, exercise, sent[exercise.name], luck):
        after = _came_out(exercise, grader.run(question.task, sent | {exercise.name: question.sent}), grader)
        if after != before:
            break
    code = [(number, each.source) for number, each in enumerate(task.submission.cells, 1) if each.is_code]
    page = pages.template("oral.html.jinja").render(
        student=name, file=task.submission.file, exercise=exercise, question=question, code=code,
        lost=[*(before - after).elements()], new=[*(after - before).elements()], nothing=not before,
    )  # fmt: skip
    return printable(page)


def _questions(
    oracles: Oracles, task: Task, exercise: Exercise, sent: Sequence[Sent], luck: random.Random
) -> Iterator[Question]:
    """Yields what can be asked, by luck about some numbers in the code first; always about a reading in the end."""
    about_numbers = [*_numbers(task, sent, luck)]
    if luck.random() < 0.5:
        yield from luck.sample(about_numbers, min(RUNS, len(about_numbers)))
    change = changed(oracles, exercise, sent, luck)
    yield Question(f"Reading #{change.number}", change.before, change.after, task, change.sent)


def _numbers(task: Task, sent: Sequence[Sent], luck: random.Random) -> Iterator[Question]:
    """Yields the notebook with another number, for each that is in one of its functions."""
    cells = task.submission.cells
    for index, cell in enumerate(cells):
        for each in constants.changed(cell.source, luck) if cell.is_code else ():
            others = (*cells[:index], replace(cell, source=each.source), *cells[index + 1 :])
            asked = replace(task, submission=replace(task.submission, cells=others))
            yield Question(f"Line {each.line} of cell {index + 1}", each.before, each.after, asked, tuple(sent))


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
                new = replace(each, value={**fields, name: constants.another(value, luck)})
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
