"""Grading a class: each submission once in the sandbox, its marks kept on disk as soon as they are known."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labkit.exercises.exercise import Exercise
from labkit.grading import marking, notebooks, sandbox
from labkit.grading.authoring import Collection
from labkit.grading.submissions import Submission


@dataclass(frozen=True)
class Task:
    """One notebook of a student, with the exercises that it is graded for: those that no newer file of theirs has."""

    student: str
    submission: Submission
    sources: tuple[str, ...]
    exercises: tuple[Exercise, ...]


@dataclass
class Plan:
    """What is to be graded, and what cannot be: student, file and reason."""

    tasks: list[Task] = field(default_factory=list)
    unreadable: list[tuple[str, str, str]] = field(default_factory=list)
    older: list[tuple[str, str, str]] = field(default_factory=list)  # student, file, the newer file


def plan(found: Sequence[Submission], exercises: Sequence[Exercise]) -> Plan:
    """Which file of a student counts for which exercise: the newest one that checks it."""
    known, made = {each.name: each for each in exercises}, Plan()
    newest: dict[tuple[str, str], str] = {}
    for each in reversed(found):  # the newest first, within a student
        try:
            if each.problem:
                raise notebooks.Unreadable(each.problem)
            sources = notebooks.cells(each.content)
            asked = [name for name in notebooks.exercises_in(sources) if name in known]
            if not asked:
                raise notebooks.Unreadable("it checks no exercise of this course")
        except notebooks.Unreadable as reason:
            made.unreadable.append((each.student, each.file, str(reason)))
            continue
        fresh = [name for name in asked if (each.student, name) not in newest]
        newest |= {(each.student, name): each.file for name in fresh}
        if fresh:
            made.tasks.append(Task(each.student, each, tuple(sources), tuple(known[name] for name in fresh)))
        else:
            made.older.append((each.student, each.file, newest[each.student, asked[0]]))
    made.tasks.sort(key=lambda task: (task.student, task.submission.file))
    return made


@dataclass(frozen=True)
class Grader:
    """Grades tasks with a secret, and keeps what it has found in a folder, so that nothing is graded twice."""

    collection: Collection
    secret: bytes
    kept: Path
    limits: sandbox.Limits = field(default_factory=sandbox.Limits)

    def grade(self, tasks: Sequence[Task], jobs: int, done: Callable[[Task], object]) -> list[dict[str, Any]]:
        """The report of each task, in their order; `done` is called after each. Ctrl+C keeps what is done."""
        self.kept.mkdir(parents=True, exist_ok=True)
        pool = ThreadPoolExecutor(jobs)
        running = {pool.submit(self._report, task): task for task in tasks}
        reports: dict[int, dict[str, Any]] = {}
        try:
            left = set(running)
            while left:
                ended, left = wait(left, return_when=FIRST_COMPLETED)
                for each in ended:
                    reports[id(running[each])] = each.result()
                    done(running[each])
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            sandbox.end_all()
        return [reports[id(task)] for task in tasks]

    def _report(self, task: Task) -> dict[str, Any]:
        file = self.kept / f"{slug(task.student)}-{self._digest(task)}.json"
        if file.exists():
            return dict(json.loads(file.read_text()))
        report = self._graded(task)
        fresh = file.with_suffix(".new")
        fresh.write_text(json.dumps(report, indent=1))
        fresh.replace(file)
        return report

    def _graded(self, task: Task) -> dict[str, Any]:
        sent = {each.name: each.sent(marking.seed(self.secret, task.student, each.name)) for each in task.exercises}
        jobs = [marking.job(each, sent[each.name]) for each in task.exercises]
        outcome = sandbox.run(task.sources, jobs, self.limits)
        marks = [marking.mark(self.collection, each, sent[each.name], outcome, self.limits) for each in task.exercises]
        return {
            "student": task.student,
            "file": task.submission.file,
            "modified": task.submission.modified,
            "status": outcome.ended if outcome.whole or outcome.ended == "timeout" else "crashed",
            "seconds": round(outcome.seconds, 1),
            "exercises": [described(each) for each in marks],
        }

    def _digest(self, task: Task) -> str:
        """What the marks depend on."""
        parts = [*task.sources, *(each.name for each in task.exercises), hashlib.sha256(self.secret).hexdigest()]
        parts += [self.collection.folder.recording(each.name).read_text() for each in task.exercises]
        return hashlib.sha256(json.dumps([task.student, *parts]).encode()).hexdigest()[:16]


def described(mark: marking.Mark) -> dict[str, Any]:
    """A mark as JSON."""
    findings = mark.judgement.findings
    evidence = [[list(each.sent), list(each.expected), list(each.got), each.wrong] for each in mark.judgement.evidence]
    return {
        "name": mark.exercise.name,
        "title": mark.exercise.title,
        "points": mark.points,
        "out_of": mark.exercise.points,
        "behaviours": [
            {"words": each.behaviour.words, "holds": each.holds, "points": each.points} for each in findings
        ],
        "diagnosis": list(mark.judgement.diagnosis),
        "evidence": evidence,
        "hints": list(mark.exercise.hints),
        "discussion": mark.exercise.discussion,
    }


def slug(name: str) -> str:
    """A name for files that any disk bears, and no other student's has."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", name)[:40].strip("-") or "student"
    return f"{plain}-{hashlib.sha256(name.encode(errors='surrogatepass')).hexdigest()[:6]}"


def by_student(reports: Sequence[dict[str, Any]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The reports of each student, students in order."""
    for student in sorted({each["student"] for each in reports}):
        yield student, [each for each in reports if each["student"] == student]
