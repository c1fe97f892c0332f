"""What `lab.predict` and `lab.warm_up` do."""

import functools
import random
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from labkit import progress
from labkit.errors import LabError
from labkit.live.snapshot import HANDLES
from labkit.predictions.answer import Answer, label
from labkit.predictions.form import Form, Line
from labkit.predictions.question import Asked, Given, Question, find, questions

LATER = 2  # lessons after which a wrong prediction is asked again
WARM_UP = 3  # questions at most
FIRST = "Predict first: choose above, and the answer appears here."
NOTHING = "Warm-up: nothing to repeat. A wrong prediction is asked again, with other numbers, two lessons later."


class Predictions:
    """The predictions of one lab: what was said is kept on this computer, and holds until somebody predicts anew."""

    def __init__(
        self,
        display: Callable[[Form | Line], object] | None = None,
        said: Callable[[str, str | float], object] = lambda *_: None,
    ) -> None:
        """Questions and answers are displayed below the current cell, unless something else displays them; `said` is
        told each prediction, with the name of its question.
        """
        self._display, self._tell = display or below_the_cell, said
        self._said: dict[str, str | float] = {}  # in this session: the disk may be full
        self._waiting: defaultdict[str, deque[tuple[Line, Answer]]] = defaultdict(lambda: deque(maxlen=HANDLES))

    def ask(self, name: str, given: Given) -> None:
        """Display a question. Raises LabError if there is none of this name, or its texts name what is not given."""
        question = find(name)
        _require(question, given)
        before = self._said_of(name)
        said = "" if before is None else f"You have said: {label(question, before, given)}. You may predict anew."
        self._display(Form(question, given, lambda said: self._commit(question, said, given), said))

    def tell(self, name: str, found: object, given: Given) -> None:
        """Display the answer, as soon as somebody has predicted it.

        Raises LabError if there is no such question, or if what was found is no answer to it.
        """
        question = find(name)
        _require(question, given)
        answer = Answer(question, None, question.parsed(found), given)
        line = Line(lambda: replace(answer, said=self._said_of(name)).words(), FIRST)
        self._waiting[name].append((line, answer))
        if self._said_of(name) is not None:
            self._answer(name)
        self._display(line)

    def warm_up(self, lesson: str) -> None:
        """Display, with other numbers, what was predicted wrongly at least LATER lessons ago; answers come at once."""
        due = wrong(before=lesson)[:WARM_UP]
        for question in due:
            asked = random.choice(question.again)
            self._display(Form(asked, {}, functools.partial(_repeated, question, asked)))
        if not due:
            self._display(Line(lambda: NOTHING, NOTHING))

    def _commit(self, question: Question, said: str | float, given: Given) -> str:
        self._said[question.name] = said
        remark = progress.keep(question.name, {"said": said, "right": None, "time": progress.now()})
        self._answer(question.name)
        self._tell(question.name, said)
        return f"You have said: {label(question, said, given)}. The answer comes below. {remark}".rstrip()

    def _answer(self, name: str) -> None:
        """Show the answers that have waited for a prediction, and keep whether it was right: the newest counts."""
        waiting = self._waiting[name]
        if waiting:
            _, newest = waiting[-1]
            progress.keep(name, {"right": replace(newest, said=self._said_of(name)).is_right})
        for line, _ in waiting:
            line.show()

    def _said_of(self, name: str) -> str | float | None:
        if name not in self._said:
            return _kept().get(name, {}).get("said")
        return self._said[name]


def below_the_cell(widget: Form | Line) -> None:
    widget.snapshot.show()


def _repeated(question: Question, asked: Asked, said: str | float) -> str:
    """Returns the answer to a question of a warm-up, and keeps that it was right, if it was."""
    answer = Answer(asked, said, asked.right, {})
    if answer.is_right:
        progress.keep(question.name, {"again": progress.now()})
    return answer.words()


def _kept() -> dict[str, dict[str, Any]]:
    """What is kept on this computer; nothing if that cannot be read: a lesson goes on without it."""
    try:
        return progress.predicted()
    except LabError:
        return {}


def _require(question: Question, given: Given) -> None:
    """Raises LabError if a text names something that is not given."""
    texts = [question.text, question.because, *(text for each in question.choices for text in (each.says, each.why))]
    try:
        for text in [*texts, *question.lacks.values()]:
            text.format_map(given)
    except KeyError as error:
        raise LabError(f"{question.name} needs {error.args[0]}=: its text names it.") from None


def wrong(before: str) -> list[Question]:
    """Returns the questions that were predicted wrongly, and not rightly since, of lessons LATER before this one."""
    latest, kept = f"{int(before[:2]) - LATER:02}", _kept()
    found = [questions()[name] for name in kept if name in questions() and name[:2] <= latest]
    return [each for each in found if kept[each.name].get("right") is False and "again" not in kept[each.name]]
