"""A Kafka to work with: one that is already running, or one that this process starts and stops."""

import os
import re
import shutil
from collections.abc import Callable
from typing import Protocol

from labkit.broker import cache, server
from labkit.errors import LabError
from labkit.jvm import store, training
from labkit.jvm.kept import Kept
from labkit.kafka import clients
from labkit.loopback import HOST, free_ports
from labkit.waiting import wait_until

STARTED = "Kafka Server started"
PROPERTIES = "server.properties"
PAUSE = 0.01  # seconds between two looks whether it has started
START_LIMIT = 60.0  # seconds; a start takes about one, a cold and busy laptop some ten
END_LIMIT = 10.0  # seconds that a killed Kafka may take to be gone
ANSWER_LIMIT = 4.0  # seconds that a broker named by LAB_BROKER has to answer


class Log(str):
    """Log lines that are displayed as lines, even as the last expression of a cell."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class Broker(Protocol):
    """`address` is host:port, for any Kafka client; `kept` holds a directory for state that is deleted with the lab;
    an `own` one can be killed and started again.
    """

    address: str
    kept: Kept

    @property
    def own(self) -> bool: ...

    def check(self) -> None:
        """Raise LabError if Kafka is known to have ended."""

    def log(self, lines: int = 50) -> Log:
        """The last lines that Kafka and its clients logged, which never appear in a cell. Example: lab.broker.log()"""

    def close(self) -> None: ...


class ExternalBroker:
    """A Kafka that somebody else started: `docker compose`, `lab broker`, a class's cluster."""

    own = False

    def __init__(self, address: str) -> None:
        clients.check_answers(address, ANSWER_LIMIT)
        self.address = address
        self.kept = Kept()
        self.kept.start()

    def check(self) -> None:
        """Do nothing: a foreign Kafka may come back, and whether it has ended is not known here."""

    def log(self, lines: int = 50) -> Log:
        return Log("\n".join(list(clients.LINES)[-lines:]))

    def close(self) -> None:
        self.kept.close()


class OwnBroker:
    """A Kafka that ends, with its data, when `close` is called or this process ends, however it ends."""

    own = True

    def __init__(
        self, installation: cache.Installation | None = None, meanwhile: Callable[[], object] = lambda: None
    ) -> None:
        """`meanwhile` is called while Kafka starts."""
        installation = store.prepare(installation or cache.installation())
        options = installation.aot_options()
        self.address, self.kept = _start_on_free_ports(installation, options, meanwhile)
        self._killed = False
        self._trainer = None if options else training.start(installation, "labkit.broker.training")

    @property
    def alive(self) -> bool:
        """Whether Kafka is still running."""
        return self.kept.exit_code() is None

    def kill(self) -> None:
        """End Kafka at once, as a power cut would (SIGKILL); `start` starts it again. Example: lab.broker.kill()"""
        self._killed = True
        self.kept.kill()
        self.kept.wait(END_LIMIT)

    def start(self) -> None:
        """Start Kafka again after `kill`, with the same data at the same address. Does nothing while it runs.

        Raises LabError if it does not start. Example: lab.broker.start()
        """
        if not self.alive:
            with (self.kept.directory / PROPERTIES).open("a") as settings:
                settings.write(server.SHORT_SESSION)
            self.kept.start_again()
            if not wait_until_ready(self.kept, int(self.address.rpartition(":")[2])):
                raise LabError(f"Kafka did not start again: {_cause(self.kept.log())}")
        self._killed = False

    def check(self) -> None:
        if not self.alive and not self._killed:
            raise LabError(
                f"The lab's own Kafka has ended, at {self.address}: run the cell with `Lab()` again. "
                "Its log says more: `print(lab.broker.log())`."
            )

    def log(self, lines: int = 50) -> Log:
        kafka_lines = self.kept.log().splitlines()[-lines:]
        return Log("\n".join(["Kafka:", *kafka_lines, "", "Clients:", *list(clients.LINES)[-lines:]]))

    def close(self) -> None:
        if self._trainer:
            self._trainer.close()
        self.kept.close()


def find_or_start(meanwhile: Callable[[], object] = lambda: None) -> Broker:
    """The broker that LAB_BROKER names, else a new one; `meanwhile` is called while it starts.

    Raises LabError if neither can be reached or started.
    """
    address = os.environ.get("LAB_BROKER", "").strip()
    return ExternalBroker(address) if address else OwnBroker(meanwhile=meanwhile)


def _start_on_free_ports(
    installation: cache.Installation, options: list[str], meanwhile: Callable[[], object]
) -> tuple[str, Kept]:
    for _ in range(3):  # another program may take the port before Kafka binds it
        ports = free_ports(2)
        kept = start_kafka(installation, ports, options)
        ready = False
        try:
            meanwhile()
            ready = wait_until_ready(kept, ports[0])
        finally:  # an interrupt must not leave an unknown broker running
            log = kept.log()
            if not ready:
                kept.close()
        if ready:
            return f"{HOST}:{ports[0]}", kept
        if "Address already in use" not in log:
            break
    raise LabError(f"Kafka did not start: {_cause(log)} (`lab doctor` looks for the cause)")


def _cause(log: str) -> str:
    """The line of a Kafka log that best says why Kafka ended: the innermost exception, else the last error."""
    exceptions = re.findall(r"^(?:Caused by: )?([\w.$]+(?:Exception|Error): .+)", log, flags=re.MULTILINE)
    errors = [line for line in log.splitlines() if "rror" in line]
    return next(reversed(exceptions or errors), "it said nothing")


def start_kafka(installation: cache.Installation, ports: list[int], options: list[str]) -> Kept:
    """Start Kafka's JVM on a copy of the formatted data directory; it is not ready yet."""
    kept = Kept()
    shutil.copytree(installation.data, kept.directory / "data")
    settings = kept.directory / PROPERTIES
    settings.write_text(server.properties(kept.directory / "data", *ports))
    kept.start(server.java(installation.classpath, server.server_arguments(settings), *options))
    return kept


def wait_until_ready(kept: Kept, port: int) -> bool:
    """Wait for a metadata answer that names a broker; False if Kafka ended instead or took too long."""

    def is_running() -> bool:
        return kept.exit_code() is None

    def is_ready() -> bool:  # the port alone says nothing: another program may have taken it
        return STARTED in kept.log() and clients.answers(f"{HOST}:{port}")

    return wait_until(lambda: not is_running() or is_ready(), START_LIMIT, PAUSE) and is_running()
