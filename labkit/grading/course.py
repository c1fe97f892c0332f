"""What `lab grade` does, from the submissions of a class to its gradebook."""

import contextlib
import os
import secrets
from pathlib import Path

import click
from tqdm import tqdm

from labkit import flink
from labkit.broker import cache, training
from labkit.errors import LabError
from labkit.flink import training as flink_training
from labkit.grading import authoring, enclosure, gradebook, submissions
from labkit.grading.grade import Grader, Task, plan
from labkit.jvm import store

SHORTEST = 16  # bytes of a secret


def grade(path: Path, out: Path, secret: Path, only: str | None, exercise: str | None, jobs: int) -> None:
    """Grade, with a progress bar, and say where the marks are. Raises LabError if that cannot begin."""
    enclosure.require()
    _prepare()
    collection = authoring.of_the_package()
    exercises = [each for each in collection.folder.exercises() if exercise in (None, each.name)]
    if not exercises:
        raise LabError(f"There is no exercise {exercise!r}: `lab progress` lists them.")
    found = [each for each in submissions.read(path) if only in (None, each.student)]
    if not found:
        raise LabError(f"There is no submission of {only!r} in {path}.")
    made = plan(found, exercises)
    grader = Grader(collection, key(secret), out / "kept")
    with tqdm(total=len(made.tasks), unit="notebook", desc="Grading") as bar:

        def done(task: Task) -> None:
            bar.set_postfix_str(task.student)
            bar.update()

        reports = grader.grade(made.tasks, jobs, done)
    for file in gradebook.write(out, made, reports, exercises):
        click.echo(f"{len(reports)} notebooks graded, {len(made.unreadable)} files not readable: {file}")


def _prepare() -> None:
    """Fetch and train what a sandbox starts from: there is no network in it, and nothing can be written."""
    training.train(store.prepare(cache.installation()))
    with contextlib.suppress(flink.NotInstalled):  # then the exercises in SQL earn nothing
        flink_training.train(store.prepare(flink.installation()))


def key(file: Path) -> bytes:
    """The course's secret; made, for the owner's eyes only, if there is none. Raises LabError if it is too short."""
    if not file.exists():
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as fresh:
            fresh.write(secrets.token_hex(32))
        click.echo(f"Made the secret of this course, {file}: keep it, and keep it from students.")
    content = file.read_bytes().strip()
    if len(content) < SHORTEST:
        raise LabError(f"The secret in {file} is too short: delete it, and a new one is made.")
    return content
