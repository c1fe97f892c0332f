"""Each student's result: the points in the reports, after the course's weights, late penalty and overrides."""

import datetime
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from labkit.errors import LabError
from labkit.exercises.exercise import Exercise
from labkit.grading import times
from labkit.grading.course import RUBRIC, Course, Criterion, Override
from labkit.grading.grade import Plan, Task
from labkit.grading.roster import Person, Roster, called, contested, names, people
from labkit.grading.rubric import Judgement
from labkit.grading.submissions import Submission
from labkit.grading.times import Zone
from labkit.spelling import did_you_mean, normal

Report = Mapping[str, Any]
MOST_REMARKS = 5  # of a kind
WORST = ("not graded", "timeout", "crashed", "late", "ok", "missing")  # of several notebooks, the worst is reported


@dataclass
class Result:
    """A student's result. `points` has what each exercise earned of its `worth`, and `penalties` what is deducted for
    being late, so many `days_late`; `reasons` explains points that differ from what the records earned. `lessons` has
    the lesson of each exercise, and `notebooks` what was handed in. `criteria` are judged by hand: they too have worth,
    and points once they are judged, and `comment` is the instructor's.

    `status` is ok, late, crashed, timeout, unreadable, missing, or "not graded".
    """

    student: str
    person: Person
    worth: Mapping[str, float] = field(default_factory=dict)
    points: dict[str, float] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    penalties: dict[str, float] = field(default_factory=dict)
    days_late: int = 0
    status: str = "missing"
    submitted: float | None = None  # epoch seconds
    zone: Zone = datetime.UTC  # in which times are shown
    seconds: float = 0.0
    remarks: list[str] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    notebooks: list[Submission] = field(default_factory=list)
    lessons: Mapping[str, str] = field(default_factory=dict)
    criteria: Sequence[Criterion] = ()
    comment: str = ""

    @property
    def exercises(self) -> list[dict[str, Any]]:
        """What was judged, of all notebooks."""
        return [each for report in self.reports for each in report["exercises"]]

    @property
    def handed_in(self) -> str:
        """When that was, as ISO text; empty if nothing was handed in."""
        return times.shown(self.submitted, self.zone) if self.submitted else ""

    def is_also(self, status: str) -> None:
        """Notes the status of one more notebook."""
        self.status = min(status, self.status, key=WORST.index)

    @property
    def raw(self) -> float:
        return sum(self.points.values(), 0.0)

    @property
    def penalty(self) -> float:
        return sum(self.penalties.values(), 0.0)

    def of_lessons(self) -> dict[str, float]:
        """Returns the points in each lesson, less the penalty."""
        found = dict.fromkeys(self.lessons.values(), 0.0)
        for name, lesson in self.lessons.items():
            found[lesson] += self.points.get(name, 0) - self.penalties.get(name, 0)
        return found

    @property
    def score(self) -> float:
        return self.raw - self.penalty

    @property
    def out_of(self) -> float:
        return sum(self.worth.values())


def results(
    course: Course,
    exercises: Sequence[Exercise],
    plan: Plan,
    reports: Mapping[Task, Report | None],
    roster: Roster,
    judged: Mapping[str, Judgement] | None = None,
) -> list[Result]:
    """Returns a result, by name, for each student who has handed something in or is on the roster; `judged` is what
    they were given by hand.

    Raises LabError if an override does not name exactly one student.
    """
    worth, lessons = course.worth(exercises), {each.name: each.lesson for each in exercises}
    everybody = people(plan.students, roster)
    overrides = overridden(course, everybody)
    found = []
    for student, person in everybody.items():
        result = Result(student, person, worth, lessons=lessons, zone=course.zone)
        mine = [each for whose, each in overrides if whose == student]
        for task in (each for each in plan.tasks if each.student == student):
            _add(result, course, task, reports.get(task), {each.exercise for each in mine})
        result.reasons |= _of_others(result, course, everybody)
        for each in mine:
            before = result.points.get(each.exercise, 0)
            result.points[each.exercise] = each.points
            result.reasons[each.exercise] = f"{each.points:g} by hand, not {before:g}: {each.reason}"
        _judge(result, course.rubric, (judged or {}).get(student, Judgement()))
        result.remarks += [
            *_claims(person, student, everybody),
            *_remarks(result, plan, not roster or person.id in roster),
        ]
        found.append(result)
    return sorted(found, key=lambda each: (each.person.name or each.student, each.student))


def overridden(course: Course, everybody: Mapping[str, Person]) -> list[tuple[str, Override]]:
    """Returns the overrides, each with its student. Raises LabError if one does not name exactly one student."""
    return [(_student(each, everybody), each) for each in course.override]


def _student(override: Override, everybody: Mapping[str, Person]) -> str:
    found = called(override.student, everybody)
    if len(found) != 1:
        known = {each for student, person in everybody.items() for each in (student, person.id, person.name) if each}
        many = "Several students are" if found else "No student is"
        hint = "" if found else did_you_mean(override.student, known)
        who = f"{override.student!r}, who has an override for {override.exercise}"
        raise LabError(f"{many} called {who}: {hint or 'give the id.'}")
    return found[0]


def _add(result: Result, course: Course, task: Task, report: Report | None, by_hand: set[str]) -> None:
    """Adds what one notebook earned."""
    told = _told_by_lms(result, task)
    submitted = told or task.submission.modified
    result.submitted = max(result.submitted or 0.0, submitted)
    if report is None:
        result.is_also("not graded")
        return
    said_late = task.submission.said_late
    result.reports.append(report)
    result.notebooks.append(task.submission)
    result.seconds += report["seconds"]
    result.is_also(report["status"])
    for each in report["exercises"]:
        name = each["name"]
        earned = each["points"] / each["out_of"] * _counts(result, course, each) * result.worth[name]
        days = course.days_late(submitted, said_late, result.lessons[name])
        result.days_late = max(result.days_late, days)
        result.points[name] = earned
        if name not in by_hand:
            result.penalties[name] = earned * course.percent_off(submitted, said_late, result.lessons[name]) / 100
        if days:
            result.is_also("late")
    timed = any(course.due(result.lessons[each["name"]]) for each in report["exercises"])
    if timed and not told and said_late is None and task.submission.clock:
        result.remarks.append(f"{task.submission.file}: the time is that of the {task.submission.clock}")


def _judge(result: Result, criteria: Sequence[Criterion], given: Judgement) -> None:
    """Adds what was given by hand."""
    result.criteria, result.comment = criteria, given.comment
    result.worth = {**result.worth, **{each.name: each.points for each in criteria}}
    result.lessons = {**result.lessons, **{each.name: RUBRIC for each in criteria}}
    result.points |= given.points
    if left := [each.name for each in criteria if each.name not in given.points]:
        result.remarks.append(f"not judged yet: {', '.join(left)}")


def _told_by_lms(result: Result, task: Task) -> float | None:
    """Returns the time in the LMS's table, if that is about this file: for Moodle, every assignment has its numbers."""
    is_about_it = result.person.id in (task.student, *task.submission.calls)
    return result.person.submitted if is_about_it else None


def _counts(result: Result, course: Course, exercise: Mapping[str, Any]) -> bool:
    """Whether a question was the student's own, where that matters."""
    own = exercise["student"] is None or normal(exercise["student"]) in names(result.student, result.person)
    return own or not course.personal


def _of_others(result: Result, course: Course, everybody: Mapping[str, Person]) -> Iterator[tuple[str, str]]:
    """Yields the questions that were not the student's own, as far as that matters and is known."""
    for each in result.exercises:
        if not _counts(result, course, each):
            yield each["name"], f"lab.student was {each['student']!r}, which is not this student"
        elif each["student"] and set(called(each["student"], everybody)) - {result.student}:
            yield each["name"], f"answered as {each['student']!r}"


def _claims(person: Person, student: str, everybody: Mapping[str, Person]) -> Iterator[str]:
    if others := [each for each in contested(everybody).get(person.id, ()) if each != student]:
        yield f"{', '.join(others)} would have the same id, {person.id}: the LMS gets no mark for it"


def _remarks(result: Result, plan: Plan, known: bool) -> Iterator[str]:
    if not known:
        yield "not on the roster"
    unreadable = [f"{file}: {reason}" for student, file, reason in plan.unreadable if student == result.student]
    if unreadable and result.status == "missing":
        result.status = "unreadable"
    older = [f"{file} is older than {newer}" for student, file, newer in plan.older if student == result.student]
    yield from (*_first(unreadable), *_first(older))
    for report in result.reports:
        yield from report["trouble"][:1]
    if not all(each["sandbox"] for each in result.reports):
        yield "graded without a sandbox"
    yield from (f"{name}: {reason}" for name, reason in result.reasons.items())


def _first(said: Sequence[str]) -> list[str]:
    """Returns as many remarks of a kind as anybody reads, each as long as anybody reads."""
    more = [f"and {len(said) - MOST_REMARKS} more files"] if len(said) > MOST_REMARKS else []
    return [textwrap.shorten(each, 300) if len(each) > 300 else each for each in said[:MOST_REMARKS]] + more
