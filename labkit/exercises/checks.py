"""What `lab.check`, `lab.hint` and `lab.smaller_step` do."""

from __future__ import annotations

import functools
import inspect
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from labkit import cells, extras, progress
from labkit.errors import LabError
from labkit.exercises import catalogue
from labkit.exercises.attempt import Attempt, is_graded
from labkit.exercises.exercise import Exercise
from labkit.exercises.harness import Environment, Harness
from labkit.exercises.judging import Judgement, judge
from labkit.exercises.records import Row, Sent
from labkit.exercises.verdict import ONE_FAULT, Verdict
from labkit.flink.installation import NotInstalled
from labkit.runs.worker import Worker
from labkit.waiting import announced, quietly

if TYPE_CHECKING:
    import pandas as pd

TRYING = 5.0  # seconds after which whoever waits for a verdict is told so
TRIES = 2  # answers of one's own that fall short, before a smaller step is offered


class Checks:
    """The checks of one lab."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._hinted: Counter[str] = Counter()
        self._fell_short: Counter[str] = Counter()

    def check(self, name: str, answer: Any) -> Verdict:
        """Tries an answer, and judges what comes out. Raises LabError if there is no such exercise."""
        folder, exercise = catalogue.find(name)
        answer = exercise.answer_type.taken(answer)
        verdict = refused(exercise, answer)
        if not verdict and is_graded():
            verdict = self._handed_in(exercise, answer)
        elif not verdict:
            sent = exercise.sent(catalogue.seed_for(exercise, self._environment.student()))
            verdict = self.judged(exercise, answer, sent, folder.expected(exercise, sent))
        if verdict.passed and (remark := progress.record(name)):
            verdict.remarks = [*verdict.remarks, remark]
        if verdict.state == "judged" and not verdict.passed:
            self._fell_short[name] += 1
            verdict.smaller_step = folder.smaller_step(name) if self._fell_short[name] >= TRIES else ""
        verdict.show = _show
        here = cells.current()
        if here.execution:
            cells.at_the_end(lambda _: verdict.show_once())
        return verdict

    def question(self, name: str) -> str:
        """Returns the case that a short answer is about. Raises LabError if there is no such exercise, or no case."""
        _, exercise = catalogue.find(name)
        if not exercise.question:
            raise LabError(f"{name} is the same for everybody: the text above the exercise says what it asks for.")
        return exercise.question(exercise.sent(catalogue.seed_for(exercise, self._environment.student())))

    def hint(self, name: str) -> str:
        """Returns the next hint; after the last one, the first. Raises LabError if there is no such exercise."""
        _, exercise = catalogue.find(name)
        if not exercise.hints:
            return "There are no hints for this exercise."
        number = self._hinted[name] % len(exercise.hints)  # after the last one the first again
        self._hinted[name] += 1
        return f"Hint {number + 1} of {len(exercise.hints)}: {exercise.hints[number]}"

    def smaller_step(self, name: str) -> str:
        """Returns a program with one fault to find, or why there is none yet.

        Raises LabError if there is no such exercise.
        """
        folder, _ = catalogue.find(name)
        program, tried = folder.smaller_step(name), self._fell_short[name]
        if not program:
            return "There is no smaller step for this exercise."
        if tried < TRIES and not is_graded():
            return f"A smaller step comes when {TRIES} answers of your own have fallen short; so far: {tried}."
        return f"{ONE_FAULT}\n\n{program}"

    def harness(self, exercise: Exercise) -> Harness:
        """Returns the harness in which answers to an exercise are tried."""
        return exercise.harness(self._environment)

    def judged(
        self, exercise: Exercise, answer: Any, sent: Sequence[Sent], expected: Mapping[str, Sequence[Row]]
    ) -> Verdict:
        """Tries an answer on these records, and compares what comes out with the expected rows, sealed as recorded."""
        harness = self.harness(exercise)
        harness.clear()
        harness.fill(sent)
        try:
            attempt = _attempt(exercise, harness, answer)
        except NotInstalled as error:
            return Verdict(exercise, "rejected", [str(error)])
        collected = harness.collect()
        got = exercise.answer_type.sealed(sent, collected)
        attempt.trouble = attempt.trouble or harness.overflow()
        judgement = judge(exercise, sent, expected, got)
        if exercise.answer_type.hides_evidence or (attempt.trouble and not any(got.values())):
            judgement = Judgement(judgement.findings)  # evidence would give away the right answer, or add nothing
        elif attempt.trouble:
            judgement = replace(judgement, diagnosis=())  # the trouble is the cause
        verdict = Verdict(exercise, "judged", (), attempt, judgement, _provenance(answer))
        if exercise.answer_type.can_be_stepped and (judgement.first_wrong or attempt.record):
            verdict.steps = functools.partial(exercise.answer_type.steps, harness, answer)
        return verdict

    def _handed_in(self, exercise: Exercise, answer: Any) -> Verdict:
        """Tries an answer on the records that the grader put into the input topic; the grader judges the output."""
        harness = self.harness(exercise)
        harness.clear()
        packed = _packed(exercise, harness, answer)  # before it has run, so that it begins anew where it is stepped
        attempt = _attempt(exercise, harness, answer)
        found = sum(map(len, harness.collect().values()))
        attempt.trouble = attempt.trouble or harness.overflow()
        remarks = [] if attempt.trouble and not found else [f"{found} records came out."]
        verdict = Verdict(exercise, "handed in", remarks, attempt, checked=_provenance(answer))
        if attempt.record or not attempt.trouble:
            verdict.packed = packed
        return verdict


def _attempt(exercise: Exercise, harness: Harness, answer: Any) -> Attempt:
    """Tries an answer. Its waits show no progress of their own: a verdict follows."""
    with announced("Your answer is being tried", TRYING), quietly():
        return exercise.answer_type.attempt(harness, answer)


def _packed(exercise: Exercise, harness: Harness, answer: Any) -> bytes:
    """Returns an answer as another process can step through it; empty if none can."""
    if not exercise.answer_type.can_be_stepped:
        return b""
    try:
        return exercise.answer_type.packed(harness, answer)
    except LabError:  # it uses what cannot be sent: that costs no marks
        return b""


def table() -> pd.DataFrame:
    """Returns one row per exercise: lesson, name, title, points, and when it was passed here, if it was.

    Raises LabError if an exercise or the progress cannot be read.
    """
    import pandas as pd

    states = {name: f"passed {time} UTC" for name, time in progress.passed().items()}
    found = [each for folder in catalogue.folders() for each in folder.exercises()]
    rows = [(each.lesson, each.name, each.title, each.points, states.get(each.name, "not yet")) for each in found]
    return pd.DataFrame(rows, columns=["lesson", "name", "title", "points", "state"])


def _show(verdict: Verdict) -> None:
    """Displays a verdict below the current cell, or prints it in a script. Raises LabError without the widgets."""
    extras.require("notebook")
    from labkit.exercises import display

    (display.hand_in if is_graded() else display.show)(verdict)


def refused(exercise: Exercise, answer: Any) -> Verdict | None:
    """Returns the verdict on an answer that cannot be tried; None if it can."""
    expected = exercise.answer_type
    if answer is None or answer is ... or expected.is_unanswered(answer):
        return Verdict(exercise, "unanswered")
    if isinstance(answer, Worker):
        reason = "That is a run, with topics of its own. Give the function itself: the check runs it on other readings."
    elif isinstance(answer, Callable) and not expected.accepts(answer):  # type: ignore[arg-type]
        reason = f"This exercise expects {expected.expects}, not a function."
    elif not expected.accepts(answer):
        reason = f"This exercise expects {expected.expects}, not {answer!r:.40}."
        if expected.accepts(print):
            reason += " Give it by its name alone, without parentheses."
        elif isinstance(answer, set | frozenset) and expected.accepts([*answer]):
            reason += " The order counts, and a set has none."
    else:
        return None
    return Verdict(exercise, "rejected", [reason])


def _provenance(answer: Any) -> str:
    """Says which function was checked, and which cell defined it, if known."""
    if not inspect.isfunction(answer):
        return ""
    history = getattr(cells.shell(), "user_ns", {}).get("In", [])
    try:
        source = inspect.getsource(answer)
    except (OSError, TypeError):
        return f"Checked: {answer.__name__}"
    number = next((index for index in range(len(history) - 1, 0, -1) if source.strip() in history[index]), None)
    return f"Checked: {answer.__name__}" + (f", as cell [{number}] defined it" if number else "")
