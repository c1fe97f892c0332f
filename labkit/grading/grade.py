"""Grades a class: runs each submission once in the sandbox, and saves its marks as soon as they are known."""

import hashlib
import json
import re
import textwrap
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from labkit.exercises.exercise import Exercise
from labkit.exercises.places import Place, wanted
from labkit.exercises.records import Sent
from labkit.grading import beside, executed, marking, sandbox, tables
from labkit.grading.escaping import one_line, printable
from labkit.grading.exercises import Exercises
from labkit.grading.files import KEPT, close, private, slug, write
from labkit.grading.notebooks import exercises_in
from labkit.grading.runner.job import Limits
from labkit.grading.submissions import Submission

T = TypeVar("T")
PICTURES = re.compile(r"^%matplotlib.*$", flags=re.MULTILINE)
FORMAT = 5  # of the reports: a higher number with each change, so that nobody reads those of an older version
_appending = threading.Lock()
NONE = "it checks no exercise of this course"


@dataclass(frozen=True, eq=False)
class Task:
    """A student's notebook, with the exercises that it is graded for: those that no newer file of theirs contains."""

    submission: Submission
    exercises: tuple[Exercise, ...]

    @property
    def student(self) -> str:
        return self.submission.student

    @property
    def executed(self) -> str:
        """The file name of the executed notebook: a student may have several of one name, in different folders."""
        return f"{slug(self.student)}-{slug(self.submission.file)}.ipynb"

    @property
    def sources(self) -> list[str]:
        """The code, cell by cell, without magics for plots: `%matplotlib inline` fails without matplotlib."""
        return [PICTURES.sub("", each.source) for each in self.submission.cells if each.is_code]

    @cached_property
    def files(self) -> str:
        """A fingerprint of what was handed in beside the notebook; empty if that is nothing."""
        return beside.digest(beside.read(self.submission.beside))


@dataclass
class Plan:
    """What is to be graded, and what cannot be: student, file and reason."""

    tasks: list[Task] = field(default_factory=list)
    unreadable: list[tuple[str, str, str]] = field(default_factory=list)
    older: list[tuple[str, str, str]] = field(default_factory=list)  # student, file, the newer file
    students: dict[str, tuple[str, ...]] = field(default_factory=dict)  # who has handed in something; see `Place.calls`


def plan(found: Sequence[Submission], exercises: Sequence[Exercise]) -> Plan:
    """Decides which of a student's files counts for which exercise: the newest one that checks it."""
    known, made = {each.name: each for each in exercises}, Plan()
    for each in found:
        made.students[each.student] = (*made.students.get(each.student, ()), *each.calls)
    newest: dict[tuple[str, str], str] = {}
    for each in reversed(found):  # the newest first, within a student
        asked = [name for name in exercises_in(each.cells) if name in known]
        fresh = [name for name in asked if (each.student, name) not in newest]
        newest |= {(each.student, name): each.file for name in fresh}
        if fresh:
            made.tasks.append(Task(each, tuple(known[name] for name in fresh)))
        elif asked:
            made.older.append((each.student, each.file, newest[each.student, asked[0]]))
        else:
            made.unreadable.append((each.student, each.file, each.problem or NONE))
    made.tasks.sort(key=lambda task: (task.student, task.submission.file))
    return made


@dataclass(frozen=True)
class Grader:
    """Grades tasks with a secret, and keeps what it has found in a folder, so that nothing is graded twice."""

    exercises: Exercises
    secret: bytes
    out: Path
    limits: Limits = field(default_factory=Limits)
    isolated: bool = True
    changes: list[tuple[str, str, int, int]] = field(default_factory=list)  # student, exercise, old and new points

    def grade(
        self,
        tasks: Sequence[Task],
        jobs: int,
        done: Callable[[Task, str], object] = lambda *_: None,
        anew: bool = False,
    ) -> list[dict[str, Any]]:
        """Returns the report of each task that could be graded, in order. After Ctrl+C, finished reports are kept.

        Calls `done` after each, with the reason why it could not be graded, if it could not. With `anew`,
        tasks whose exercises have changed since are graded again.
        """
        return self.each(lambda task: self._report(task, anew), tasks, jobs, done)

    def each(
        self,
        work: Callable[[Task], T],
        tasks: Sequence[Task],
        jobs: int,
        done: Callable[[Task, str], object] = lambda *_: None,
    ) -> list[T]:
        """Does some work for each task, which may run sandboxes, and returns what came of it where it did not fail."""
        close(self.out)
        pool = ThreadPoolExecutor(jobs)
        running = {pool.submit(work, task): task for task in tasks}
        try:
            for each in as_completed(running):
                done(running[each], _failure(each))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            while not all(each.done() for each in running):  # one may just be starting
                sandbox.end_all()
                time.sleep(0.05)
        return [each.result() for each in running if not _failure(each)]

    def known(self, task: Task) -> dict[str, Any] | None:
        """Returns the report of a task, if it has been graded before."""
        try:
            return dict(json.loads(self._file(task).read_text()))
        except (OSError, ValueError):  # there is none, or a damaged one
            return None

    def outdated(self, task: Task, report: Mapping[str, Any]) -> list[str]:
        """Returns its exercises that have changed since it was graded."""
        return [name for name, version in self._versions(task).items() if report["versions"].get(name) != version]

    def is_due(self, task: Task, report: Mapping[str, Any] | None, anew: bool) -> bool:
        """Whether a task with this report, or none, is to be graded; with `anew`, an outdated report does not count."""
        return not report or (anew and bool(self.outdated(task, report)))

    def _report(self, task: Task, anew: bool) -> dict[str, Any]:
        before = self.known(task)
        if before and not self.is_due(task, before, anew):
            return before
        report = self._graded(task)
        if before:
            self._note_changes(before, report)
        write(self._file(task), json.dumps(report, indent=1))
        return report

    def _graded(self, task: Task) -> dict[str, Any]:
        sent = {each.name: each.sent(marking.seed(self.secret, task.student, each.name)) for each in task.exercises}
        outcome = self.run(task, sent, lambda outcome: _first_wrong(self._marks(task, sent, outcome)))
        marks = self._marks(task, sent, outcome)
        write(self.out / "executed" / task.executed, executed.notebook(task.submission.cells, outcome.outputs))
        return {
            "student": task.student,
            "file": task.submission.file,
            "status": outcome.status if outcome.complete or outcome.status == "timeout" else "crashed",
            "seconds": round(outcome.seconds, 1),
            "phases": outcome.phases,
            "sandbox": self.isolated,
            "executed": task.executed,
            "trouble": [*self._late(outcome), *_left_out(task), *_trouble(task, outcome)],
            "versions": self._versions(task),
            "exercises": [described(each) | _said(each, outcome) for each in marks],
        }

    def _marks(self, task: Task, sent: Mapping[str, Sequence[Sent]], outcome: sandbox.Outcome) -> list[marking.Mark]:
        return [marking.mark(self.exercises, each, sent[each.name], outcome, self.limits) for each in task.exercises]

    def run(
        self, task: Task, sent: Mapping[str, Sequence[Sent]], wrong: sandbox.Wrong = lambda _: {}
    ) -> sandbox.Outcome:
        """Runs a notebook in a sandbox on these records of its exercises. Returns what came out, by cell of its own."""
        before = self.exercises.before(task.exercises)
        topics = [marking.topics(each, sent[each.name]) for each in task.exercises]
        files = beside.read(task.submission.beside)
        outcome = sandbox.run([*before, *task.sources], topics, self.limits, self.isolated, wrong, files)
        outcome.outputs, outcome.errors = (
            {number - len(before): text for number, text in texts.items() if number >= len(before)}
            for texts in (outcome.outputs, outcome.errors)
        )
        return outcome

    def _late(self, outcome: sandbox.Outcome) -> list[str]:
        return [f"the notebook ran longer than {self.limits.seconds} s"] if outcome.status == "timeout" else []

    def _note_changes(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        old = {each["name"]: each["points"] for each in before["exercises"]}
        rows = [(after["student"], each["name"], old[each["name"]], each["points"]) for each in after["exercises"]]
        changed = [row for row in rows if row[2] != row[3]]
        self.changes.extend(changed)
        file = self.out / "changes.csv"
        with _appending, open(file, "a", encoding="utf-8", opener=private) as appended:
            appended.write(tables.text(changed, is_first=not appended.tell()))

    def _file(self, task: Task) -> Path:
        """Returns the file of the report, named after all that the marks depend on, except the exercises' own files."""
        parts = [str(FORMAT), task.student, *task.sources, *(each.name for each in task.exercises), str(self.isolated)]
        parts += [hashlib.sha256(self.secret).hexdigest(), *filter(None, [task.files])]
        digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
        return self.out / KEPT / f"{slug(task.student)}-{digest}.json"

    def _versions(self, task: Task) -> dict[str, str]:
        return {each.name: self.exercises.version(each) for each in task.exercises}


def _failure(graded: Future[Any]) -> str:
    """Returns why a task could not be graded; empty if it could. Raises Ended."""
    error = graded.exception()
    if isinstance(error, sandbox.Ended):
        raise error
    if error is None or isinstance(error, sandbox.Failed):
        return str(error or "")
    return f"{type(error).__name__}: {error}"[:200]  # whatever a submission finds: it costs its own row


def _left_out(task: Task) -> list[str]:
    """Says which files the notebook did not get."""
    missing = sorted({*task.submission.beside} - {*beside.read(task.submission.beside)})
    some = ", ".join(map(one_line, missing[:3])) + (" and others" if len(missing) > 3 else "")
    return [f"not given to the notebook, as too large or unreadable: {some}"] if missing else []


def _trouble(task: Task, outcome: sandbox.Outcome) -> list[str]:
    """Returns the first cells that failed, as they stand in the notebook, and why."""
    cells = [(number, each.source) for number, each in enumerate(task.submission.cells, 1) if each.is_code]
    failed = [(*cells[number], why) for number, why in sorted(outcome.errors.items()) if 0 <= number < len(cells)][:5]
    return [printable(f"cell {number} ({begins(source)}): {why}") for number, source, why in failed]


def begins(source: str) -> str:
    """Returns the first line of a cell, by which a student finds it."""
    line = next(filter(None, map(str.strip, source.splitlines())), "empty")
    return one_line(textwrap.shorten(line, 40, placeholder=" …"))


def _said(mark: marking.Mark, outcome: sandbox.Outcome) -> dict[str, str]:
    """Returns the verdict of the last check in the notebook, as JSON."""
    said = outcome.verdicts.get(mark.exercise.name, sandbox.Said())
    step = outcome.steps.get(mark.exercise.name, "")
    return {"state": said.state, "said": printable(said.headline), "step": printable(step)}


def _first_wrong(marks: Sequence[marking.Mark]) -> dict[str, list[Place]]:
    """Returns the places of the first wrong record of each exercise whose answer can be stepped through."""
    stepped = [each for each in marks if each.exercise.answer_type.can_be_stepped]
    found = [(each.exercise, each.judgement.first_wrong) for each in stepped]
    return {exercise.name: wanted(wrong, exercise.topic) for exercise, wrong in found if wrong}


def described(mark: marking.Mark) -> dict[str, Any]:
    """Returns a mark as JSON."""
    findings = mark.judgement.findings
    evidence = [[list(each.sent), list(each.expected), list(each.got), each.wrong] for each in mark.judgement.evidence]
    return {
        "name": mark.exercise.name,
        "title": mark.exercise.title,
        "student": mark.student,
        "points": mark.points,
        "out_of": mark.exercise.points,
        "behaviours": [
            {"description": each.behaviour.description, "holds": each.holds, "points": each.points} for each in findings
        ],
        "diagnosis": list(mark.judgement.diagnosis),
        "evidence": evidence,
        "hints": list(mark.exercise.hints),
        "discussion": mark.exercise.discussion,
    }
