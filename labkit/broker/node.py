"""One node of the lab's own Kafka, broker and controller at once: a JVM with a data directory of its own."""

import base64
import contextlib
import datetime
import re
import uuid
from collections.abc import Sequence
from pathlib import Path

from labkit.broker import server
from labkit.broker.installation import KafkaInstallation
from labkit.broker.server import Ports
from labkit.jvm.supervised import Supervised
from labkit.kafka import clients
from labkit.loopback import HOST, free_ports
from labkit.waiting import wait_until

STARTED = "Kafka Server started"
PAUSE = 0.01  # seconds between two checks whether it has started
START_LIMIT = 60.0  # seconds; a start takes about one, on a busy laptop with a cold cache about ten
END_LIMIT = 10.0  # seconds that a killed node may take to end


class Node:
    """One node of a cluster with as many nodes as `ports`, numbered from 1. Its constructor starts it."""

    def __init__(
        self,
        installation: KafkaInstallation,
        number: int,
        ports: Sequence[Ports],
        options: Sequence[str],
        more: str = "",
    ) -> None:
        """`options` are for the JVM, and `more` are further lines of `server.properties`."""
        self.number = number
        self.address = f"{HOST}:{ports[number - 1].broker}"
        self.process = Supervised()
        data = self.process.directory / "data"
        self._settings = self.process.directory / "server.properties"
        try:
            installation.copy_data(data)
            renumber(data, number)
            self._settings.write_text(server.properties(data, number, ports) + more)
            self.process.start(server.java(installation.classpath, server.server_arguments(self._settings), *options))
        except BaseException:  # a full disk, or an interrupt: nobody else knows of the directory yet
            self.process.close()
            raise

    @property
    def alive(self) -> bool:
        return self.process.alive

    @property
    def pid(self) -> int:
        """The process id of its JVM, even after that has ended."""
        return self.process.pid

    def kill(self) -> None:
        """Kill it at once (SIGKILL)."""
        self.process.kill()
        self.process.wait(END_LIMIT)

    def start_again(self) -> None:
        """Start it again with its old data after it has ended, without waiting until it is ready."""
        with self._settings.open("a") as settings:
            settings.write(server.SHORT_SESSION)
        self.process.start_again()

    def since(self) -> str:
        """Since when it has been away, in words; empty if nobody was left to note its end."""
        with contextlib.suppress(OSError):
            ended = (self.process.directory / "exit").stat().st_mtime
            return f" since {datetime.datetime.fromtimestamp(ended, datetime.UTC):%H:%M:%S} UTC"
        return ""

    def cause(self) -> str:
        """Returns the log line that best explains why it ended."""
        return cause(self.process.log())


def cause(log: str) -> str:
    """Returns the line of a log that best explains why a node ended: the innermost exception, else the last error."""
    exceptions = re.findall(r"^(?:Caused by: )?([\w.$]+(?:Exception|Error): .+)", log, flags=re.MULTILINE)
    errors = [line for line in log.splitlines() if "rror" in line]
    return next(reversed(exceptions or errors), "it logged nothing")


def free_for_nodes(count: int) -> list[Ports]:
    """Returns ports that are free now for so many nodes; another program may take one before it is used."""
    numbers = free_ports(2 * count)
    return [Ports(*pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)]


def wait_until_ready(process: Supervised, address: str) -> bool:
    """Wait until a node answers a metadata request at its address; False if it ended instead or took too long."""

    ready = False

    def is_ready() -> bool:  # the port alone says nothing: another program may have taken it
        nonlocal ready
        ready = STARTED in process.log() and clients.answers(address)
        return ready

    def progress() -> str:
        return f"Kafka at {address} is {'ready' if ready else 'starting'}"

    return wait_until(lambda: not process.alive or is_ready(), START_LIMIT, PAUSE, progress) and process.alive


def renumber(data: Path, number: int) -> None:
    """Give a copy of the first node's data directory the number of another: its other content is the same for all."""
    if number == 1:
        return
    meta = data / "meta.properties"
    directory_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    text = re.sub(r"(?m)^node\.id=.*$", f"node.id={number}", meta.read_text())
    meta.write_text(re.sub(r"(?m)^directory\.id=.*$", f"directory.id={directory_id}", text))
