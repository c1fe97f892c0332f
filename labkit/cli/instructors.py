"""What instructors and authors of exercises do."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

import click

from labkit import extras, handout, lessons
from labkit.cli.options import FILE, FOLDER
from labkit.errors import LabError
from labkit.lab import Lab


@click.command()
@click.option(
    "--exercises",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder of your own exercises; default: those of the lab, in a clone.",
)
@click.option("--only", help="The name of one exercise.")
def prove(exercises: Path | None, only: str | None) -> None:
    """Prove that exercises keep their promises, and record what their checks expect. For authors.

    For each exercise the reference must earn everything, also on other readings; an unanswered exercise must earn
    nothing; and each wrong answer must lose exactly the behaviours that it breaks. docs/exercises.md explains how to
    add an exercise.

    Example: lab prove --exercises my-exercises
    """
    _for_instructors()
    from labkit.grading import authoring, proof
    from labkit.grading.exercises import check

    collection = authoring.of(exercises) if exercises else authoring.of_the_package()
    check(collection)
    sound = True
    with Lab() as lab:
        for name in [only] if only else collection.folder.names():
            exercise = collection.folder.exercise(name)
            recorded = "recorded" if collection.record(exercise) else "as recorded"
            found = [*proof.faults(lab.checks, collection, exercise, proof.SEEDS[:3])]
            sound = sound and not found
            click.echo(f"{'NOT ' if found else 'ok  '} {name}: {exercise.points} points, expectations {recorded}")
            for each in found:
                click.echo(f"     {each}")
    if not sound:
        raise SystemExit(1)


@click.command("handout")
@click.argument("folder", type=FOLDER)
@click.option(
    "--instructor", is_flag=True, help="Instead: the exercises with their solutions, and what wrong answers lose."
)
def handout_command(folder: Path, instructor: bool) -> None:
    """Make the folder that students get: notebooks and lab, without grader, oracles and solutions. For instructors.

    Every clone holds the solutions, so do not give students a clone. docs/grading.md says more.

    Example: lab handout streams-course
    """
    _for_instructors()
    if instructor:
        from labkit.grading import authoring, solved

        notebooks = solved.write(folder, lessons.folder(), authoring.of_the_package())
        click.echo(f"{folder}: {notebooks} notebooks of exercises with solutions. Not for students.")
        return
    notebooks = handout.make(folder)
    click.echo(f"{folder}: {notebooks} notebooks, none of them answered, and the lab without anything that grades.")


@click.command()
@click.argument("submissions", type=FILE, nargs=-1)
@click.option("--out", type=FILE, help="The folder for marks; default: grades, or grades-NAME for --course NAME.toml.")
@click.option("--course", type=FILE, default="course.toml", show_default=True, help="The course file, if there is one.")
@click.option("--init", is_flag=True, help="Write a course file to fill in, and do nothing else.")
@click.option("--only", multiple=True, help="Only this student: id, name, login, e-mail address or folder; repeatable.")
@click.option("--exercise", help="Only notebooks with this exercise.")
@click.option(
    "--jobs",
    type=click.IntRange(1),
    default=os.cpu_count() or 2,
    show_default="one for each CPU",
    help="Notebooks at once.",
)
@click.option("--oral", is_flag=True, help="Write a sheet for an oral check of each student instead, in OUT/oral.")
@click.option("--regrade", is_flag=True, help="Grade again what was graded before an exercise changed.")
@click.option("--try", "own", type=FILE, help="Grade this notebook of your own, on new readings, without a sandbox.")
@click.option(
    "--unsafe-no-sandbox", is_flag=True, help="Let submissions do whatever you can do. The gradebook says so."
)
def grade(
    submissions: tuple[Path, ...], out: Path | None, course: Path, init: bool, own: Path | None,
    unsafe_no_sandbox: bool, oral: bool, regrade: bool, **wanted: Any,
) -> None:  # fmt: skip
    """Grade folders or zips of submitted notebooks: each in a sandbox, on readings that differ by student.

    Writes gradebook.csv, the files of your LMS filled in and, for each student, feedback. Ctrl+C loses nothing: run it
    again, and only what is missing is graded. docs/grading.md explains it all.

    Example: lab grade submissions.zip --out grades

    Example: lab grade --try 02_filter_exercises.ipynb
    """
    _for_instructors()
    extras.require("grading")
    from labkit.grading import command

    if init:
        command.init(course, lessons.folder())
    elif own:
        command.attempt(own)
    elif submissions:
        do = command.oral if oral else command.grade
        out = out or Path("grades" if course.name == "course.toml" else f"grades-{course.stem}")
        do(submissions, out, course, command.Wanted(**wanted, isolated=not unsafe_no_sandbox, anew=regrade))
    else:
        raise LabError("Give the folder or zip of submissions, such as: lab grade submissions.zip.")


def _for_instructors() -> None:
    """Raises LabError in what `lab handout` made."""
    if not importlib.util.find_spec("labkit.grading"):
        raise LabError("This lab was handed out to students: it cannot grade, and holds neither oracles nor solutions.")
