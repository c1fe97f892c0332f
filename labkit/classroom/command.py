"""`lab class`: a Kafka for a class in one command."""

import itertools
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from labkit import extras
from labkit.broker.installation import kafka_installation
from labkit.broker.login import Login
from labkit.broker.node import free_for_nodes
from labkit.classroom import boards, nodes, students, users
from labkit.classroom.folder import Folder, Settings, Wall, authority_of
from labkit.errors import LabError
from labkit.jvm import store
from labkit.kafka import clients, properties
from labkit.kafka.topics import Topics
from labkit.loopback import HOST
from labkit.waiting import announced
from labkit.wall import given, serving
from labkit.wall.given import SAID

ANSWER_LIMIT = 10.0  # seconds that a Kafka of somebody else has to answer
ADMINISTRATOR = "class-administrator"  # no student is called so, for no login has a hyphen
ANOTHER = "For another person of that name, add one that differs, such as {}2."
AT_ONCE = 50  # students in one request
FILE = click.Path(path_type=Path, dir_okay=False)
folder_option = click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default="class",
    show_default=True,
    help="The folder of the class: its data, passwords, certificate and log.",
)


@click.group("class")
def class_command() -> None:
    """Run a Kafka for a class: a login, a namespace and a quota for each student. docs/class.md explains it.

    Example: lab class start --students students.csv --host 192.168.1.20
    """


@class_command.command()
@folder_option
@click.option("--students", "file", type=FILE, help="A CSV file: a name in each line, and a password if you like.")
@click.option("--host", help=f"This computer's name or address as students reach it; default: {HOST}, only this one.")
@click.option(
    "--port", type=click.IntRange(1, 65_533), help="The port; three nodes have it and the next two. Default: 9092."
)
@click.option("--nodes", "count", type=click.Choice(["1", "3"]), help="Brokers in the cluster; default: 1.")
@click.option("--open", "is_open", is_flag=True, help="No login, no TLS: anybody in the network reads and deletes all.")
@click.option("--wall/--no-wall", default=None, help="A wall, which shows how far everybody is: lab class board.")
@click.option("--bootstrap", help="HOST:PORT of a Kafka that runs already: only its users are administered.")
@click.option("--admin", type=FILE, help="Client properties of its administrator, in the form of LAB_KAFKA_CONFIG.")
def start(
    folder: Path, file: Path | None, host: str | None, port: int | None, count: str | None, is_open: bool,
    wall: bool | None, bootstrap: str | None, admin: Path | None,
) -> None:  # fmt: skip
    """Start Kafka, or what has ended of it, and write a file for each student.

    Kafka goes on when the command has ended. Started again, it has its data, and students their passwords.

    Example: lab class start --students students.csv

    Example: lab class start --students students.csv --host lab.example.org --nodes 3

    Example: lab class start --wall

    Example: lab class start --students students.csv --bootstrap kafka.example.org:9092 --admin admin.properties
    """
    place = Folder(folder)
    wanted = students.read(file) if file else {}
    if not place.exists and not wanted:
        raise LabError("Who is in the class? Name a file with a student in each line: --students students.csv.")
    if bootstrap or admin:
        settings = _of_others(place, bootstrap, admin)
    else:
        settings = _settings(place, host, port, count, is_open)
        known = place.logins()
        place.keep_logins(students.with_passwords(wanted, known) | known)  # also if the start is interrupted
        _start(place, settings)
    settings = _with_wall(place, settings, wall)
    _admit(place, settings, wanted, anew=True)
    _say(place, settings)


@class_command.command()
@folder_option
@click.option("--students", "file", type=FILE, help="A CSV file, as for start; who is in the class already stays.")
@click.argument("names", nargs=-1)
def add(folder: Path, file: Path | None, names: tuple[str, ...]) -> None:
    """Add students while the class is at work.

    Example: lab class add anna ben

    Example: lab class add --students latecomers.csv
    """
    place = Folder(folder)
    settings = _running(place)
    wanted = (students.read(file) if file else {}) | {students.login_of(each): None for each in names}
    if not wanted or "" in wanted:
        raise LabError("Whom? Name students, such as lab class add anna ben, or a file: --students students.csv.")
    known = place.logins()
    _admit(place, settings, wanted)
    for login in wanted:
        already = f" is in the class already. {ANOTHER.format(login)}" if login in known else ""
        click.echo(f"{place.files / f'{login}.properties'}{already}")


@class_command.command()
@folder_option
@click.option("--password", is_flag=True, help="A new password, too: the old file no longer works.")
@click.argument("student")
def reset(folder: Path, student: str, password: bool) -> None:
    """Delete all topics and consumer groups of a student, who begins anew.

    Example: lab class reset anna
    """
    place = Folder(folder)
    settings = _running(place)
    login = students.one_of(student, place.logins())
    topics, groups = users.forget(_address(settings), login)
    click.echo(f"{login}: {topics} topics and {groups} groups deleted.")
    if password:
        _admit(place, settings, {login: students.new_password()})


@class_command.command()
@folder_option
def status(folder: Path) -> None:
    """Show what runs, and what each student has in Kafka.

    Example: lab class status
    """
    import pandas as pd

    place = Folder(folder)
    settings = place.settings()
    for each in nodes.of(place, settings):
        state = "runs" if each.alive else "does NOT run: lab class start starts it with its data"
        click.echo(f"Node {each.number} {state} ({each.held / 1e6:.0f} MB of data; log: {each.log})")
    if settings.nodes:
        click.echo(f"The disk has {shutil.disk_usage(place.path).free / 1e9:.1f} GB left.")
    _running(place)
    click.echo(f"Students reach Kafka at {settings.address}.")
    table = pd.DataFrame(users.work(_address(settings), place.logins()), columns=users.Work._fields)
    shown = table.rename(columns={"at_work": "groups at work"}).to_string(index=False)
    click.echo("There are no students yet: lab class add anna ben adds some." if table.empty else shown)


@class_command.command()
@folder_option
def stop(folder: Path) -> None:
    """Stop Kafka. Data and users stay, and start finds them again.

    Example: lab class stop
    """
    place = Folder(folder)
    settings = place.settings()
    if not settings.nodes:
        raise LabError(f"The Kafka at {settings.address} is somebody else's: whoever started it can stop it.")
    ended = nodes.stop(place, settings)
    click.echo("Kafka has been stopped; its data stays." if ended else "Kafka was not running.")


@class_command.command()
@folder_option
@click.option("--host", default=HOST, show_default=True, help="Where to listen: 0.0.0.0 lets other computers in.")
@click.option("--port", default=8867, show_default=True, help="The port to use; if it is taken, the next free one.")
@click.option("--no-browser", is_flag=True, help="Print the address instead of opening a browser.")
def board(folder: Path, host: str, port: int, no_browser: bool) -> None:
    """Show the wall of the class as a web page until Ctrl+C: for the projector.

    Nothing is lost while it does not run: what students have sent meanwhile is counted when it does.

    Example: lab class board
    """
    extras.require("notebook")
    from labkit import page

    place = Folder(folder)
    settings = _running(place)
    if not settings.wall:
        raise LabError("The class has no wall: lab class start --wall gives it one, then hand out the files again.")
    with boards.counting(place, _address(settings), settings.wall):
        page.serve("wall", page.of_code(boards.CELL.format(folder=str(place.path))), host, port, not no_browser)


def _settings(place: Folder, host: str | None, port: int | None, count: str | None, is_open: bool) -> Settings:
    """What was there before, with what has been asked for. Raises LabError for what cannot be changed later."""
    old = place.settings() if place.exists else None
    if host:
        nodes.check(host)
    if old and not old.nodes:
        raise LabError(f"The class in {place.path} is on the Kafka at {old.address}: give another --folder.")
    if old and ((count and int(count) != len(old.nodes)) or is_open > old.open):
        kept = f"--nodes {len(old.nodes)}, {'without' if old.open else 'with'} logins"
        raise LabError(f"The class in {place.path} has {kept}, and keeps them: give another --folder for a new one.")
    place.create()
    count_now = len(old.nodes) if old else int(count or 1)
    host, port = host or (old.host if old else HOST), port or (old.port if old else 9092)
    moved = not old or (host, port) != (old.host, old.port)
    running = bool(old and nodes.running(place, old))
    if running and moved:
        raise LabError("Kafka is running at another address: lab class stop, then start it at the new one.")
    settings = Settings(
        address=",".join(f"{host}:{port + each}" for each in range(count_now)),
        host=host,
        port=port,
        nodes=old.nodes if old and (running or nodes.are_free(old.nodes)) else tuple(free_for_nodes(count_now)),
        administrator=old.administrator if old else Login.random(ADMINISTRATOR),
        open=old.open if old else is_open,
        wall=old.wall if old else None,
    )
    if moved and not settings.open:
        nodes.certify(place, host)
    place.keep(settings)
    return settings


def _start(place: Folder, settings: Settings) -> None:
    assert settings.administrator
    installation = store.prepare(kafka_installation())
    address = nodes.inside(settings)
    _log_in(place, {properties.SERVERS: address} | settings.administrator.of_client())
    nodes.start(installation, place, settings)
    if not settings.open:
        users.limit(installation, address)


def _of_others(place: Folder, bootstrap: str | None, admin: Path | None) -> Settings:
    if not admin:
        raise LabError("Who administers that Kafka? Name the client properties: --admin admin.properties.")
    given = properties.parsed(admin, str(admin))
    address = bootstrap or given.get(properties.SERVERS, "")
    if not address:
        raise LabError("Where is that Kafka? Give --bootstrap HOST:PORT.")
    if place.exists and (old := place.settings()).address != address:
        raise LabError(f"The class in {place.path} is on the Kafka at {old.address}: give another --folder.")
    place.create()
    _log_in(place, given | {properties.SERVERS: address})
    clients.check_answers(address, ANSWER_LIMIT)
    if authority := authority_of(given):
        place.authority.write_text(authority)
    settings = place.settings() if place.exists else Settings(address=address)
    place.keep(settings)
    users.limit(store.prepare(kafka_installation()), address)
    return settings


def _with_wall(place: Folder, settings: Settings, wanted: bool | None) -> Settings:
    """The settings with a wall or without, as wanted; None leaves it as it is. Its topics are there in the end.

    Raises LabError if the class has no logins.
    """
    if wanted and settings.open:
        raise LabError("A wall needs logins: without them anybody reads it. Start the class without --open.")
    old, wall = settings.wall, settings.wall if wanted is None else None
    if wanted:
        wall = old or Wall(namespace=given.new_namespace(), key=given.new_key())
    if old and not wall:
        users.let_nobody_write(_address(settings), old.topic(SAID))
        click.echo(f"The class has no wall any more. Hand out the files in {place.files} again.")
    if wall and not old:
        click.echo(f"The class has a wall now. Hand out the files in {place.files}, and show it with lab class board.")
    settings = settings.model_copy(update={"wall": wall})
    place.keep(settings)
    if wall:
        serving.create_topics(Topics(_address(settings), wall.namespace))
    return settings


def _log_in(place: Folder, given: dict[str, str]) -> None:
    """Connect as the administrator from now on, whatever this terminal's environment says."""
    properties.write(place.admin, given)
    _as_administrator(place)


def _as_administrator(place: Folder) -> None:
    for name in (properties.ADDRESS, properties.OWN_FILE):
        os.environ.pop(name, None)
    os.environ[properties.FILE] = str(place.admin)


def _running(place: Folder) -> Settings:
    """The settings of a class whose Kafka answers. Raises LabError if it does not."""
    settings = place.settings()
    _as_administrator(place)
    if settings.nodes and 2 * (alive := len(nodes.running(place, settings))) <= len(settings.nodes):
        some = f" ({alive} of {len(settings.nodes)} nodes are)" if alive else ""
        raise LabError(f"Kafka is not running{some}: lab class start starts it with its data.")
    clients.check_answers(_address(settings), ANSWER_LIMIT)
    return settings


def _address(settings: Settings) -> str:
    """Where the administrator reaches Kafka."""
    return nodes.inside(settings) or settings.address


def _admit(place: Folder, settings: Settings, wanted: Mapping[str, str | None], anew: bool = False) -> None:
    """Give the wanted students what they need, and with `anew` all others once more; then write the files.

    Raises LabError if a Kafka of somebody else has a user with the name of a new student.
    """
    known = place.logins()
    logins = known | students.with_passwords(wanted, known)
    new = {login: secret for login, secret in logins.items() if anew or known.get(login) != secret}
    if new and not settings.open:
        if not settings.nodes:
            users.check_free(_address(settings), new.keys() - known.keys())
        with announced(f"Kafka is told of {len(new)} students"):
            for some in _in_parts(new):
                users.admit(_address(settings), some)
                if settings.wall:
                    users.let_write(_address(settings), some, settings.wall.topic(SAID))
    for login in sorted(new.keys() & known.keys()):
        if new[login] != known[login]:
            click.echo(f"{login} has a new password: hand out {place.files / f'{login}.properties'} again.")
    place.keep_logins(logins)
    place.hand_out(settings, logins)


def _in_parts(logins: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yields some students at a time: for hundreds at once Kafka takes longer than a request may."""
    everybody = iter(logins.items())
    while some := dict(itertools.islice(everybody, AT_ONCE)):
        yield some


def _say(place: Folder, settings: Settings) -> None:
    count = len(place.logins())
    kind = "WITHOUT a login" if settings.open else "with a login for each student, over TLS"
    click.echo(f"Kafka answers at {settings.address}, {kind}.")
    if settings.host == HOST:
        click.echo("Only this computer reaches it; with --host ADDRESS the computers of a room do.")
    elif settings.host and not nodes.is_here(settings.host):
        click.echo(f"{settings.host} is not an address of this computer: something must forward the port to it.")
    if settings.open:
        click.secho("Anybody in this network can read, write and delete everything in it.", bold=True, err=True)
    click.echo(f"Students: {count}. Give each the file {place.files}/NAME.properties, and this line:")
    click.echo("  LAB_KAFKA_CONFIG=NAME.properties uv run --all-extras lab")
    click.echo(f"Data and passwords are in {place.path}. See who is at work with lab class status.")
