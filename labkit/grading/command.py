"""What `lab grade` does: it turns the submissions of a class into marks, or tries one's own notebook."""

import secrets
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from tqdm import tqdm

from labkit.errors import LabError
from labkit.grading import (
    authoring,
    bubblewrap,
    feedback,
    files,
    gradebook,
    intake,
    needs,
    rubric,
    secret,
    submissions,
    tables,
)
from labkit.grading import oral as questions
from labkit.grading.copies import copies
from labkit.grading.exercises import Exercises
from labkit.grading.grade import Grader, Task, plan
from labkit.grading.intake import Intake
from labkit.grading.results import Report, results
from labkit.grading.roster import called, how_many
from labkit.grading.rubric import Judgement
from labkit.jvm import store
from labkit.spelling import did_you_mean

Done = Callable[[Task, str], object]
IMPORTED = (
    "import ipykernel.kernelapp, pandas, quixstreams, labkit.lab, labkit.exercises.display, labkit.exercises.steps, "
    "labkit.grading.runner.__main__"
)


@dataclass(frozen=True)
class Wanted:
    """What is to be graded, and how."""

    only: Sequence[str] = ()  # students
    exercise: str | None = None
    jobs: int = 2
    isolated: bool = True
    anew: bool = False


def init(file: Path, lessons: Path) -> None:
    """Writes a course file to fill in; the folder of `lessons` has the criteria for projects. Raises LabError if there
    is one.
    """
    if file.exists():
        raise LabError(f"{file} exists already: edit it, or name another one with --course.")
    file.write_text(rubric.course_file(lessons))
    files.keep_out_of_git(file)
    click.echo(f"Wrote {file}: edit it, then `lab grade SUBMISSIONS`.")


def grade(paths: Sequence[Path], out: Path, course_file: Path, wanted: Wanted) -> None:
    """Grade, with a progress bar, and say where the marks are. Raises LabError if it cannot begin."""
    if wanted.isolated:
        bubblewrap.require()
    given = intake.read(paths, course_file, click.echo)
    files.claim(out, course_file.name)
    judged = rubric.read(out / rubric.FILE, given.course.rubric, given.everybody)
    tasks = _chosen(given, wanted)
    grader = _grader(given, out, wanted)
    due = [task for task in tasks if grader.is_due(task, grader.known(task), wanted.anew)]
    if due:
        _prepare(due)
    elif wanted.anew:
        click.echo("No exercise has changed since these notebooks were graded: there is nothing to grade again.")
    failures = _graded(grader, tasks, wanted)
    reports = {task: grader.known(task) for task in given.plan.tasks}
    _say_what_has_changed(grader, reports)
    _write(given, reports, failures, judged, out)


def oral(paths: Sequence[Path], out: Path, course_file: Path, wanted: Wanted) -> None:
    """Writes a sheet for an oral check of each student, and says where. Raises LabError if it cannot begin."""
    if wanted.isolated:
        bubblewrap.require()
    given = intake.read(paths, course_file, click.echo)
    files.claim(out, course_file.name)
    notebooks = questions.tasks(_chosen(given, wanted))
    if not notebooks:
        raise LabError("Nobody has handed in a pipeline: there is nothing to ask about.")
    grader, tasks = _grader(given, out, wanted), [*notebooks]
    _prepare([task for several in notebooks.values() for task in several])

    def write(task: Task) -> Path:
        name = given.everybody[task.student].name or task.student
        return files.write(
            out / "oral" / f"{files.slug(task.student)}.html", questions.sheet(grader, notebooks[task], name)
        )

    failures = _with_a_bar("Asking", tasks, lambda done: grader.each(write, tasks, wanted.jobs, done))
    click.echo(f"{len(tasks) - len(failures)} sheets: {out / 'oral'}")


def _grader(given: Intake, out: Path, wanted: Wanted) -> Grader:
    """Returns the grader, with the secret of the course, which it makes if there is none."""
    key, fresh = secret.key(given.course.secret)
    if fresh:
        click.echo(f"Made the secret of this course, {given.course.secret}: keep it, and keep it from students.")
    return Grader(given.known, key, out, isolated=wanted.isolated)


def _write(
    given: Intake,
    reports: Mapping[Task, Report | None],
    failures: Mapping[Task, str],
    judged: Mapping[str, Judgement],
    out: Path,
) -> None:
    """Writes everything that comes of the reports, and says where it is."""
    found = results(given.course, given.exercises, given.plan, reports, given.roster, judged)
    compared = copies(given.plan.tasks, given.known.references(), given.known.recordings(), given.known.smaller_steps())
    for each in found:
        failed = [f"{task.submission.file}: {why}" for task, why in failures.items() if task.student == each.student]
        each.remarks += [*failed, *compared.failed.get(each.student, ())]
    written = gradebook.write(out, given.course, given.exercises, found, given.sheets, compared.copies)
    if criteria := given.course.rubric:
        table = tables.text(rubric.rows(criteria, judged, given.everybody))
        written.append(files.write(out / rubric.FILE, table))
    statuses = Counter(each.status for each in found).most_common()
    click.echo(f"{how_many(len(found))}: {', '.join(f'{number} {status}' for status, number in statuses)}.")
    click.echo("\n".join(f"{each}" for each in [*written, out / "feedback", out / "executed"]))


def _chosen(given: Intake, wanted: Wanted) -> list[Task]:
    """Returns the tasks that are wanted. Raises LabError if there are none."""
    names = [each.name for each in given.exercises]
    if wanted.exercise not in (None, *names):
        hint = did_you_mean(str(wanted.exercise), names) or f"there is {', '.join(names)}."
        raise LabError(f"--exercise {wanted.exercise}: the course has no such exercise: {hint}")
    tasks = given.plan.tasks
    if wanted.only:
        students = {student for name in wanted.only for student in _with_tasks(name, given)}
        tasks = [each for each in tasks if each.student in students]
    return [task for task in tasks if wanted.exercise in (None, *(each.name for each in task.exercises))]


def _with_tasks(name: str, given: Intake) -> list[str]:
    """Returns the students with this name. Raises LabError if none of them has a task."""
    students = called(name, given.everybody)
    if not any(each.student in students for each in given.plan.tasks):
        raise LabError(f"--only {name}: {_why_nothing(students, name, given)}")
    return students


def _why_nothing(students: Sequence[str], name: str, given: Intake) -> str:
    if not students:
        known = {
            each for student, person in given.everybody.items() for each in (student, person.id, person.name) if each
        }
        return (
            f"nobody is called so: {did_you_mean(name, known) or 'give the id, the name or the folder of a student.'}"
        )
    why = [f"{file}: {reason}" for student, file, reason in given.plan.unreadable if student in students]
    return f"{students[0]} has handed in nothing that can be graded{f' ({why[0]})' if why else ''}."


def _graded(grader: Grader, tasks: list[Task], wanted: Wanted) -> dict[Task, str]:
    """Grades the wanted tasks. Returns why some could not be graded."""
    failures = _with_a_bar("Grading", tasks, lambda done: grader.grade(tasks, wanted.jobs, done, wanted.anew))
    if failures:
        click.echo("The same command tries these again.", err=True)
    return failures


def _with_a_bar(what: str, tasks: Sequence[Task], work: Callable[[Done], object]) -> dict[Task, str]:
    """Does work, with a progress bar. Returns the tasks that failed, and why, and says so."""
    failures: dict[Task, str] = {}
    with tqdm(total=len(tasks), unit="notebook", desc=what) as bar:

        def done(task: Task, failure: str) -> None:
            if failure:
                failures[task] = failure
            bar.set_postfix_str(task.student)
            bar.update()

        try:
            work(done)
        except KeyboardInterrupt:
            bar.close()
            click.echo(f"{bar.n} of {len(tasks)} notebooks are done, and what came of them is kept.", err=True)
            raise
    for task, failure in failures.items():
        click.echo(f"{task.student}, {task.submission.file}: {failure}", err=True)
    return failures


def _say_what_has_changed(grader: Grader, reports: Mapping[Task, Report | None]) -> None:
    for student, exercise, old_points, new_points in grader.changes:
        click.echo(f"{student}: {exercise} {old_points} → {new_points} points")
    old = [(task, report) for task, report in reports.items() if report and grader.outdated(task, report)]
    if old:
        click.echo(
            f"{len(old)} notebooks were graded before an exercise changed ({_changed(grader, old)}): "
            "--regrade grades them anew."
        )


def _changed(grader: Grader, old: Sequence[tuple[Task, Report]]) -> str:
    return ", ".join(sorted({name for task, report in old for name in grader.outdated(task, report)}))


def _prepare(tasks: Sequence[Task]) -> None:
    """Fetch, train and compile what these tasks need in a sandbox."""
    for installation, train in needs.installations(each for task in tasks for each in task.exercises):
        train(store.prepare(installation))
    subprocess.run([sys.executable, "-I", "-c", IMPORTED], check=True, capture_output=True)


def attempt(notebook: Path) -> None:
    """Grades one's own notebook without a sandbox, on readings that nobody has seen, and shows the marks."""
    known = Exercises((authoring.of_the_package(),))  # students have no oracles of their instructor's
    made = plan([submissions.one(notebook)], known.all())
    for _, file, reason in made.unreadable:
        raise LabError(f"{file} cannot be graded: {reason}.")
    _prepare(made.tasks)
    with tempfile.TemporaryDirectory() as out:
        grader = Grader(known, secrets.token_bytes(32), Path(out), isolated=False)
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
