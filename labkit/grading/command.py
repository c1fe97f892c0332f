"""What `lab grade` does: it turns the submissions of a class into marks, or tries one's own notebook."""

import contextlib
import secrets
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click
from tqdm import tqdm

from labkit import flink
from labkit.broker import training
from labkit.broker.installation import kafka_installation
from labkit.errors import LabError
from labkit.exercises.exercise import Exercise
from labkit.flink import training as flink_training
from labkit.grading import authoring, bubblewrap, course, feedback, gradebook, lms, secret, submissions
from labkit.grading.copies import copies
from labkit.grading.grade import Grader, Plan, Task, plan
from labkit.grading.results import Report, overridden, results
from labkit.grading.roster import Person, called, people
from labkit.jvm import store

IMPORTED = (
    "import ipykernel.kernelapp, quixstreams, labkit.lab, labkit.exercises.display, labkit.grading.runner.__main__"
)


@dataclass(frozen=True)
class Wanted:
    """What is to be graded, and how."""

    only: str | None = None  # a student
    exercise: str | None = None
    jobs: int = 2
    isolated: bool = True
    anew: bool = False


def init(file: Path) -> None:
    """Writes a course file to fill in. Raises LabError if there is one."""
    if file.exists():
        raise LabError(f"{file} exists already: edit it, or name another one with --course.")
    file.write_text(course.TEMPLATE)
    click.echo(f"Wrote {file}: edit it, then `lab grade SUBMISSIONS`.")


def grade(path: Path, out: Path, course_file: Path, wanted: Wanted) -> None:
    """Grade, with a progress bar, and say where the marks are. Raises LabError if it cannot begin."""
    if wanted.isolated:
        bubblewrap.require()
    collection = authoring.of_the_package()
    known = collection.folder.exercises()
    settings = course.read(course_file, known)
    exercises = [each for each in known if settings.has(each)]
    sheets = lms.sheets(settings)
    for note in (note for sheet in sheets for note in sheet.notes):
        click.echo(note)
    roster = {number: Person(number, name) for number, name in settings.roster.items()}
    roster |= {number: person for sheet in sheets for number, person in sheet.roster.items()}
    made = plan(submissions.read(path, roster, settings.zone, click.echo), exercises)
    everybody = people(made.students, roster)
    overridden(settings, everybody)  # report an override for nobody before everything is graded
    tasks = _chosen(made, exercises, wanted, everybody)
    key, fresh = secret.key(settings.secret)
    if fresh:
        click.echo(f"Made the secret of this course, {settings.secret}: keep it, and keep it from students.")
    grader = Grader(collection, key, out, isolated=wanted.isolated)
    if any(grader.is_due(task, grader.known(task), wanted.anew) for task in tasks):
        _prepare()
    failures = _graded(grader, tasks, wanted)
    reports = {task: grader.known(task) for task in made.tasks}
    _say_what_is_old(grader, reports)
    for student, exercise, old, new in grader.changes:
        click.echo(f"{student}: {exercise} {old} → {new} points")
    found = results(settings, exercises, made, reports, roster)
    compared = copies(made.tasks)
    for each in found:
        failed = [f"{task.submission.file}: {why}" for task, why in failures.items() if task.student == each.student]
        each.remarks += [*failed, *compared.failed.get(each.student, ())]
    files = gradebook.write(out, settings, exercises, found, sheets, compared.copies)
    statuses = Counter(each.status for each in found).most_common()
    click.echo(f"{len(found)} students: {', '.join(f'{number} {status}' for status, number in statuses)}.")
    click.echo("\n".join(f"{each}" for each in [*files, out / "feedback", out / "executed"]))


def _chosen(made: Plan, exercises: list[Exercise], wanted: Wanted, everybody: Mapping[str, Person]) -> list[Task]:
    """Returns the tasks that are wanted. Raises LabError if there are none."""
    if wanted.exercise not in (None, *(each.name for each in exercises)):
        raise LabError(f"There is no exercise {wanted.exercise!r}: `lab progress` lists them.")
    tasks = made.tasks
    if wanted.only:
        students = called(wanted.only, everybody)
        tasks = [each for each in tasks if each.student in students]
        if not tasks:
            raise LabError(f"Nobody called {wanted.only!r} has handed in a notebook that can be graded.")
    return [task for task in tasks if wanted.exercise in (None, *(each.name for each in task.exercises))]


def _graded(grader: Grader, tasks: list[Task], wanted: Wanted) -> dict[Task, str]:
    """Grades the wanted tasks. Returns why some could not be graded."""
    failures: dict[Task, str] = {}
    with tqdm(total=len(tasks), unit="notebook", desc="Grading") as bar:

        def done(task: Task, failure: str) -> None:
            if failure:
                failures[task] = failure
            bar.set_postfix_str(task.student)
            bar.update()

        try:
            grader.grade(tasks, wanted.jobs, done, wanted.anew)
        except KeyboardInterrupt:
            bar.close()
            click.echo(f"{bar.n} of {len(tasks)} notebooks are graded and kept: the same command goes on.", err=True)
            raise
    for task, failure in failures.items():
        click.echo(f"{task.student}, {task.submission.file}: not graded: {failure}", err=True)
    if failures:
        click.echo("The same command grades them again.", err=True)
    return failures


def _say_what_is_old(grader: Grader, reports: Mapping[Task, Report | None]) -> None:
    old = [task for task, report in reports.items() if report and not grader.is_current(task, report)]
    if old:
        click.echo(f"{len(old)} notebooks were graded before an exercise changed: --regrade grades them anew.")


def _prepare() -> None:
    """Fetch, train and compile what a sandbox needs to start: inside it there is no network, and no writing."""
    training.train(store.prepare(kafka_installation()))
    with contextlib.suppress(flink.NotInstalled):  # then the exercises in SQL earn nothing
        flink_training.train(store.prepare(flink.flink_installation()))
    subprocess.run([sys.executable, "-I", "-c", IMPORTED], check=True, capture_output=True)


def attempt(notebook: Path) -> None:
    """Grades one's own notebook without a sandbox, on readings that nobody has seen, and shows the marks."""
    collection = authoring.of_the_package()
    made = plan([submissions.one(notebook)], collection.folder.exercises())
    for _, file, reason in made.unreadable:
        raise LabError(f"{file} cannot be graded: {reason}.")
    _prepare()
    with tempfile.TemporaryDirectory() as out:
        grader = Grader(collection, secrets.token_bytes(32), Path(out), isolated=False)
        failures: list[str] = []
        reports = grader.grade(made.tasks, 1, lambda _, failure: failures.append(failure))
    if not reports:
        raise LabError(f"The notebook was not graded, as this computer failed: {failures[0]}")
    (report,) = reports
    for each in report["exercises"]:
        click.echo(f"{each['name']}: {each['points']} of {each['out_of']} points")
        click.echo("\n".join(f"  {line}" for line in feedback.lines(each)))
    click.echo(
        f"In all: {sum(each['points'] for each in report['exercises'])} points; the notebook: {report['status']}."
    )
