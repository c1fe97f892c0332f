"""The command `lab`."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import platformdirs

from labkit import Lab, LabError, doctor, extras, handout, lessons
from labkit.broker import OwnBroker, training
from labkit.broker.installation import kafka_installation
from labkit.classroom.command import class_command
from labkit.jvm import store
from labkit.jvm.store import AnyInstallation
from labkit.kafka import properties
from labkit.kafka.topics import Topics
from labkit.loopback import HOST
from labkit.waiting import wait_until
from labkit.wall import given

if TYPE_CHECKING:
    from labkit.runs.worker import Worker
    from labkit.stepping import Steps

SETTINGS = Path(__file__).with_name("jupyter")
FOLDER = click.Path(path_type=Path, file_okay=False)
INTERRUPTED = 130  # exit code after Ctrl+C, unless that is how the command ends
IDLE = 3600  # seconds without activity after which JupyterLab shuts a notebook down, unless it is open in a browser
RESTART = 30.0  # seconds after which `lab broker --nodes 3` starts a broker again


class OneLine(click.Group):
    """Shows a LabError as one line; Ctrl+C and SIGTERM end a command cleanly, as one that has not done its work."""

    def invoke(self, ctx: click.Context) -> Any:
        for number in (signal.SIGINT, signal.SIGTERM):  # SIGINT too: a shell's background jobs ignore it
            signal.signal(number, signal.default_int_handler)
        try:
            return super().invoke(ctx)
        except LabError as error:
            raise click.ClickException(str(error)) from error
        except KeyboardInterrupt:
            raise SystemExit(INTERRUPTED) from None


@click.group(cls=OneLine, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--port", default=8888, show_default=True, help="The port to use; if it is taken, the next free one.")
@click.option("--no-browser", is_flag=True, help="Print the address instead of opening a browser.")
@click.option("--copy-to", type=FOLDER, help="First copy the missing notebooks to this folder.")
@click.option("--notebooks", type=FOLDER, help="Open another folder of notebooks as it is.")
@click.pass_context
def main(
    context: click.Context, port: int, no_browser: bool, copy_to: Path | None, notebooks: Path | None
) -> None:  # fmt: skip
    """A hands-on lab for real-time stream processing. Without a command: open the notebooks in JupyterLab.

    In a clone these are its own. Elsewhere you get copies in ./labkit-notebooks, or where --copy-to says; a notebook
    that is there already is never overwritten.

    Example: lab

    Example: lab --copy-to course
    """
    properties.make_path_absolute()
    given.remember()
    if context.invoked_subcommand is None:
        extras.require("notebook")
        if notebooks and copy_to:
            raise LabError("Give --copy-to or --notebooks, not both.")
        _jupyterlab(notebooks or _copies(copy_to), port, no_browser)


@main.command()
def fetch() -> None:
    """Download and prepare everything now: afterwards the lab needs no network.

    Example: lab fetch
    """
    from labkit import flink
    from labkit.flink import training as flink_training
    from labkit.schema_registry import registry_installation
    from labkit.schema_registry import training as registry_training

    kafka = store.prepare(kafka_installation())
    click.echo(
        f"Kafka {kafka.lock.version}: {len(kafka.lock.jars)} jars, each verified, and a formatted data directory"
    )
    _train(kafka, training.train, 15)
    registry = store.prepare(registry_installation())
    click.echo(f"Apicurio Registry {registry.lock.version}: one archive, verified and unpacked")
    _train(registry, registry_training.train, 30)
    try:
        installation = store.prepare(flink.flink_installation())
    except flink.NotInstalled as error:
        click.echo(f"No Flink: {error}")
        return
    click.echo(f"Flink {installation.lock.version}: {len(installation.lock.jars)} jars, each verified")
    _train(installation, flink_training.train, 30)


@main.command("doctor")
def doctor_command() -> None:
    """Check everything that the lab needs, and say how to fix what is missing.

    Example: lab doctor
    """
    sound = True
    for finding in doctor.examine():
        sound = sound and finding.fine
        click.echo(f"{'ok  ' if finding.fine else 'NOT '} {finding.what}: {finding.detail}")
    if not sound:
        raise SystemExit(1)


@main.command("broker")
@click.option("--nodes", type=click.Choice(["1", "3"]), default="1", show_default=True, help="Brokers in the cluster.")
def broker_command(nodes: str) -> None:
    """Run a Kafka in the foreground, for several terminals and notebooks.

    With three brokers, one that has ended is restarted half a minute later.

    Example: lab broker; then run the line that it prints in each other terminal

    Example: lab broker --nodes 3
    """
    broker = OwnBroker(nodes=int(nodes))
    try:
        login = broker.client_properties
        click.echo(f"export {properties.FILE}={login}" if login else f"export {properties.ADDRESS}={broker.address}")
        click.echo("Kafka is ready. Copy the line above into your other terminals; Ctrl+C stops it.", err=True)
        with contextlib.suppress(KeyboardInterrupt):
            _watch_over(broker)
    finally:
        broker.close()


main.add_command(class_command)


@main.command()
@click.option("--writes", default="sensor", show_default=True, help="The topic to write to.")
@click.option("--devices", default=3, show_default=True, help="The number of simulated devices.")
@click.option("--per-second", default="1", show_default=True, help="Records per second from each, or 'max'.")
@click.option("--seed", default=0, show_default=True, help="The same seed gives the same temperatures.")
@click.option("--records", type=int, help="Stop after this many records.")
@click.option("--source", help="A CSV file, or nyc-weather.")
@click.option("--key", default="device", show_default=True, help="The column of the file with the records' keys.")
@click.option("--no-key", is_flag=True, help="The records have no keys: they belong to no window.")
@click.option("--time", default="timestamp", show_default=True, help="The column of the file with their times.")
@click.option("--no-time", is_flag=True, help="The file has no times: each record gets that of producing it.")
@click.option("--factor", type=float, help="The speed of its replay: 3600 is one hour per second.")
@click.option("--start", help="Leave out what is earlier than this time, for example 2013-08-22.")
def produce(per_second: str, key: str, no_key: bool, time: str, no_time: bool, **options: Any) -> None:
    """Write records to a topic until Ctrl+C: from simulated devices, or from a source.

    Example: lab produce --devices 5 --per-second 10

    Example: lab produce --source nyc-weather --factor 3600

    Example: lab produce --source levels.csv --writes levels --key station --time measured

    Example: lab produce --source notes.csv --writes notes --no-key --no-time
    """
    rate = None if per_second == "max" else _number(per_second)
    chosen = None if no_key else key, None if no_time else time
    with _lab() as lab:
        _watch(lab.produce(per_second=rate, key=chosen[0], time=chosen[1], **options))


@main.command()
@click.argument("pipeline")
@click.option("--reads", default=None, help="The topic to read; each pipeline has a default.")
@click.option("--writes", default=None, help="The topic to write; each pipeline has a default.")
@click.option("--from-start", is_flag=True, help="Empty the output topic, and read everything again.")
@click.option("--exactly-once", is_flag=True, help="Write in transactions: a crash duplicates nothing.")
@click.option(
    "--replicas",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Processes that share the partitions of the topic.",
)
def run(pipeline: str, reads: str | None, writes: str | None, replicas: int, **options: Any) -> None:
    """Run one of the lab's pipelines until Ctrl+C.

    The pipelines are alert-filter, alert-counter and average-temperature. Each continues where its last run stopped.

    Example: lab run alert-filter

    Example: lab run average-temperature --replicas 3
    """
    with _lab() as lab:
        from labkit.runs import quix

        quix.load()
        from labkit.pipelines import PIPELINES

        if pipeline not in PIPELINES:
            raise LabError(f"There is no pipeline {pipeline!r}: choose from {', '.join(PIPELINES)}.")
        stage = PIPELINES[pipeline]
        if not reads:  # the lab's own pipelines may be started in any order
            lab.create_topic(stage.reads)
        reads, writes = reads or stage.reads, writes or stage.writes
        _watch(lab.run(stage.function, reads=reads, writes=writes, replicas=replicas, **options))


@main.command("step")
@click.argument("pipelines", nargs=-1, required=True, metavar="PIPELINE...")
@click.option(
    "--reads", multiple=True, required=True, help="The topic to read; several for a pipeline that joins them."
)
@click.option("--records", default=100, show_default=True, help="How many of the newest records of each topic.")
@click.option("--since", help="The first records from this time on instead, such as 2026-11-29T12:00:00 (UTC).")
@click.option("--key", help="Only records with this key.")
@click.option("--raw", is_flag=True, help="Give the pipeline bytes, not parsed JSON.")
@click.option("--save", type=click.Path(path_type=Path, dir_okay=False), help="Write a page to step through.")
def step_command(
    pipelines: tuple[str, ...], reads: tuple[str, ...], raw: bool, save: Path | None, **which: Any
) -> None:
    """Step through a pipeline of your own: what each line does to each record, and what is remembered.

    PIPELINE is a function in a file. The records are only read: copies of them go through the pipeline on a Kafka of
    the command's own. Several functions get the same records, and what one does and another does not is marked.
    Without --save it prints every step. docs/step.md says what it can and cannot tell.

    Example: lab step my_pipeline.py:average --reads orders --records 50 --save average.html
    """
    from labkit.stepping import Comparison

    each = _stepped(pipelines, reads, raw, **which)
    found = each[0] if len(each) == 1 else Comparison(each)
    click.echo(found.summary() if save else "\n\n".join([*map(str, found), found.summary()]))
    if save:
        click.echo(f"{found.save(save)}: open it in a browser")
    if any(steps.trouble for steps in each):
        raise SystemExit(1)


@main.command("why")
@click.argument("pipeline")
@click.option(
    "--reads", multiple=True, required=True, help="The topic to read; several for a pipeline that joins them."
)
@click.option("--records", default=300, show_default=True, help="How many of the newest records of each topic.")
@click.option("--raw", is_flag=True, help="Give the pipeline bytes, not parsed JSON.")
def why_command(pipeline: str, reads: tuple[str, ...], records: int, raw: bool) -> None:
    """Say why nothing comes out of a pipeline of your own.

    PIPELINE is a function in a file; its records are only read, as by `lab step`. What it tells is about its lines,
    windows, keys and records: of a run that is elsewhere, its lag and its group, it knows nothing.

    Example: lab why my_pipeline.py:average --reads orders
    """
    from labkit import why

    (steps,) = _stepped([pipeline], reads, raw, records=records)
    click.echo(why.of_steps(steps))


@main.command()
@click.option("--reads", default="sensor-data", show_default=True, help="The topic to read.")
@click.option("--into", default="flink-files", show_default=True, help="The folder to write to.")
@click.option("--bounded", is_flag=True, help="Stop at the current end of the topic, and close all windows.")
@click.option("--resume", is_flag=True, help="Resume from the newest checkpoint in the folder.")
@click.option("--cluster", help="HOST:PORT of a Flink cluster that runs the job; it must see the folder too.")
@click.option("--kafka", help="Kafka's address as that cluster sees it, if different.")
def flink(**options: Any) -> None:
    """Run the Flink job until Ctrl+C: readings into files, each exactly once.

    Ctrl+C takes a last checkpoint and commits what has been read; --resume continues from the newest checkpoint, also
    after a crash.

    Example: lab flink --into flink-files

    Example: lab flink --into /shared/flink-files --cluster 127.0.0.1:8081
    """
    with _lab() as lab:
        _watch(lab.flink(**options))


@main.command()
@click.argument("topic")
@click.option("--records", default=10, show_default=True, help="How many records to show.")
def peek(topic: str, records: int) -> None:
    """Show the newest records of a topic.

    Example: lab peek alert --records 3
    """
    with _lab() as lab:
        click.echo(lab.peek(topic, records).to_string(index=False))


@main.command()
@click.option("--source", help="A CSV file, or nyc-weather; default: simulated devices.")
@click.option("--devices", default=3, show_default=True, help="The number of simulated devices.")
@click.option("--per-second", "rate", default=1.0, show_default=True, help="Readings per second from each.")
@click.option("--seed", default=0, show_default=True, help="The same seed gives the same temperatures.")
@click.option("--host", default=HOST, show_default=True, help="Where to listen: 0.0.0.0 lets other computers in.")
@click.option("--port", default=8866, show_default=True, help="The port to use; if it is taken, the next free one.")
@click.option("--no-browser", is_flag=True, help="Print the address instead of opening a browser.")
@click.option("--base-url", default="/", hidden=True, help="The path under which a proxy serves the page.")
def dashboard(host: str, port: int, no_browser: bool, base_url: str, **parameters: Any) -> None:
    """Serve the dashboard of notebook 04 as a web page until Ctrl+C.

    Example: lab dashboard --source nyc-weather
    """
    extras.require("notebook")
    from labkit import page

    if parameters["source"] and Path(parameters["source"]).exists():
        parameters["source"] = str(Path(parameters["source"]).resolve())
    shown = page.of_notebook(lessons.folder() / lessons.DASHBOARD, parameters)
    page.serve("dashboard", shown, host, port, not no_browser, base_url)


@main.command("jupyterhub", hidden=True, context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def jupyterhub_command(arguments: tuple[str, ...]) -> None:
    """Be the server of one user of a JupyterHub, which starts it: see deploy/.

    Copies the missing notebooks into the user's home first. Its kernels use sockets in files there: from a port, other
    people on the computer would get everything that is printed.
    """
    lessons.copy_missing(Path.home() / lessons.COPIES)
    private = "--KernelManager.transport=ipc"
    sockets = {"JUPYTER_RUNTIME_DIR": str(Path.home() / ".labkit")}  # a socket's path has no more than 107 characters
    command = ["jupyterhub-singleuser", *_settings(), private, *arguments]
    os.execvpe(command[0], command, os.environ | sockets)


@main.command()
def progress() -> None:
    """Show which exercises have been passed on this computer, and which predictions were right.

    Example: lab progress
    """
    from labkit.predictions import overview

    click.echo(overview.table().to_string(index=False))


@main.command()
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


@main.command("handout")
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


FILE = click.Path(path_type=Path)


@main.command()
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


def _train(installation: AnyInstallation, train: Callable[[AnyInstallation], None], seconds: int) -> None:
    if installation.aot is None:
        click.echo(f"Training the ahead-of-time cache: about {seconds} seconds …")
        try:
            train(installation)
        except LabError as error:  # it is needed by nobody
            click.echo(f"No ahead-of-time cache, so starts stay slow: {error}")
            return
    state = "ready" if installation.aot else "being trained by another lab"
    click.echo(f"Ahead-of-time cache: {state}\n{installation.directory}")


def _watch_over(broker: OwnBroker) -> None:
    """Wait until Kafka has ended. Raises LabError."""
    if len(broker.nodes) > 1:
        _supervise(broker)
    while broker.alive:
        time.sleep(0.2)
    raise LabError(f"Kafka stopped unexpectedly:\n{broker.log(10)}")


def _supervise(broker: OwnBroker) -> None:
    """Start what has ended again after a while, as on a server, until all of it has ended."""
    for each in broker.nodes:
        click.echo(f"Broker {each.number} is process {each.pid}: `kill -9 {each.pid}` kills it.", err=True)
    while any(each.alive for each in broker.nodes):
        ended = [each for each in broker.nodes if not each.alive]
        for each in ended:
            click.echo(f"Broker {each.number} has ended and will be restarted in {RESTART:g} s.", err=True)
        if ended and not wait_until(lambda: not any(each.alive for each in broker.nodes), RESTART):
            broker.start()
            for each in ended:
                click.echo(f"Broker {each.number} is back, as process {each.pid}.", err=True)
        time.sleep(0.2)


@contextlib.contextmanager
def _lab() -> Iterator[Lab]:
    if not properties.address():
        raise LabError(
            "LAB_BROKER is not set: run `lab broker` in another terminal, and copy the line it prints. In a class, set "
            "LAB_KAFKA_CONFIG to the file that you were given."
        )
    with Lab() as lab:
        yield lab


def _watch(worker: Worker) -> None:
    """Show a worker's counts and prints until it ends or Ctrl+C; then how it ended."""
    try:
        while not worker.wait(0.5):
            width = shutil.get_terminal_size().columns - 1  # a line that wraps could not be erased
            _show(worker, worker.summary()[:width])
    except KeyboardInterrupt:
        worker.stop()
    _show(worker, "")
    if worker.error:
        raise LabError(f"{worker.name} failed: {worker.error}")
    click.echo(f"{worker.name} {worker.status}: {worker.summary()}. {worker.note}".rstrip())


def _show(worker: Worker, counts: str) -> None:
    """Show what a worker has printed and, in a terminal, its counts below, in place of the earlier ones."""
    interactive = sys.stderr.isatty()
    if interactive:
        click.echo("\r\033[K", nl=False, err=True)
    while worker.prints:
        click.echo(worker.prints.popleft())
    if interactive:
        click.echo(counts, nl=False, err=True)


def _stepped(places: Sequence[str], reads: tuple[str, ...], raw: bool, **which: Any) -> list[Steps]:
    """Step through the pipelines that FILE:NAME names, one after the other, on a Kafka of the command's own."""
    from labkit import stepping
    from labkit.runs import Spec, quix

    with _lab() as lab, contextlib.closing(OwnBroker(meanwhile=quix.load)) as own:
        functions, topics = [*map(_function, places)], Topics(lab.broker.address, properties.namespace())
        taken = stepping.take(topics, reads, **which)
        names = [each.__name__ for each in functions]
        names = names if len({*names}) == len(names) else [*places]  # such as one of before and one of now
        specs = [Spec(name, each, reads, None, raw) for name, each in zip(names, functions, strict=True)]
        return [stepping.step(each, taken, topics, Topics(own.address), own.directory) for each in specs]


def _function(place: str) -> Callable[..., Any]:
    """The function that FILE:NAME names. Raises LabError if there is none."""
    from labkit.exercises import catalogue

    name, _, function = place.rpartition(":")
    file = Path(name).resolve()
    if not name.endswith(".py"):
        raise LabError(f"{place!r} names no function in a file: write it as my_pipeline.py:function.")
    sys.path.insert(0, str(file.parent))  # it may import what lies beside it
    found: Callable[..., Any] | None = getattr(catalogue.module(file), function, None)
    if not callable(found):
        raise LabError(f"There is no function {function!r} in {name}.")
    return found


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise LabError(f"--per-second is {text!r}: give a number, or max.") from None


def _copies(folder: Path | None) -> Path:
    """Where a student works: in the clone, or in a folder that gets the notebooks that it lacks."""
    if not folder and not lessons.are_packaged():
        return lessons.folder()
    folder = (folder or lessons.COPIES).resolve()
    copied = lessons.copy_missing(folder)
    click.echo(f"The notebooks are in {folder}: {len(copied)} copied there now, the others unchanged.", err=True)
    return folder


def _was_open(notebooks: Path, layouts: Path) -> bool:
    """Whether JupyterLab remembers a notebook of this folder as open: it passes over those that it does not find."""
    for layout in layouts.glob("*.jupyterlab-workspace"):
        with contextlib.suppress(OSError, ValueError, KeyError):  # half written
            names = [each for each in json.loads(layout.read_text())["data"] if each.startswith("notebook:")]
            if any((notebooks / each.removeprefix("notebook:")).exists() for each in names):
                return True
    return False


def _settings() -> list[str]:
    """What JupyterLab is told wherever the lab runs."""
    return [
        # Jupyter's own culling: a closed tab leaves a kernel and its JVMs, and after some notebooks no memory is left.
        *(f"--MappingKernelManager.cull_idle_timeout={IDLE}", f"--MappingKernelManager.cull_interval={IDLE // 12}"),
        # Overrides: a lab may have no network, and students need no question about Jupyter news.
        f"--LabApp.app_settings_dir={SETTINGS}",
    ]


def _jupyterlab(notebooks: Path, port: int, no_browser: bool) -> None:
    if not notebooks.is_dir():
        raise LabError(f"There is no folder {notebooks}.")
    command = [
        sys.executable,
        *("-m", "jupyterlab", "-y", f"--ServerApp.root_dir={notebooks.resolve()}", "--ServerApp.ip=127.0.0.1"),
        *(f"--ServerApp.port={port}", *_settings()),
        *(["--no-browser"] if no_browser else []),
        *(["--allow-root"] if os.geteuid() == 0 else []),  # as in many containers; loopback and a token protect it
    ]
    # A separate layout: the student's other JupyterLab may remember notebooks that are not here.
    layouts = os.environ.get("JUPYTERLAB_WORKSPACES_DIR") or str(platformdirs.user_state_path("labkit") / "workspaces")
    if (notebooks / lessons.FIRST).exists() and not _was_open(notebooks, Path(layouts)):  # else it opens that again
        command.append(f"--LabApp.default_url=/lab/tree/{lessons.FIRST}")
    click.echo(
        f"A notebook that is in no browser tab is shut down after {IDLE // 60} minutes without activity; "
        "File → Close and Shut Down Notebook does so at once.",
        err=True,
    )
    os.execve(sys.executable, command, {**os.environ, "JUPYTERLAB_WORKSPACES_DIR": layouts})
