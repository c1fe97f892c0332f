"""A Kafka to work with: one that is already running, or one that this process starts and stops."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from labkit.broker import login
from labkit.broker.installation import KafkaInstallation, kafka_installation
from labkit.broker.login import Login
from labkit.broker.node import START_LIMIT, Node, free_for_nodes, wait_until_ready
from labkit.broker.presence import Presence
from labkit.errors import Away, LabError, NoAnswer
from labkit.jvm import store, training
from labkit.jvm.supervised import Supervised
from labkit.kafka import clients, properties
from labkit.waiting import announced, wait_until

ANSWER_LIMIT = 4.0  # seconds that a broker named by LAB_BROKER has to answer ...
CLASS_LIMIT = 30.0  # ... and that of a class, to which everybody comes at the same moment
CLOSED = "This Kafka was closed, and its data is gone: run the cell with `Lab()` again."
CLIENT = "client.properties"  # the file with the login of its clients, if it asks for one


class Log(str):
    """Log lines that display as lines even if they are the last expression of a cell."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class Broker(Protocol):
    """`address` is host:port for any Kafka client; `directory` is for state, and is deleted with the lab;
    the lab's `own` broker can be killed and started again.
    """

    address: str
    directory: Path

    @property
    def own(self) -> bool: ...

    def check(self) -> None:
        """Raise NoAnswer if Kafka has ended for good, and Away if it can come back."""

    def notice(self) -> str:
        """Which of its nodes have ended, when, and what to do; empty if none has, or if nobody can know. The lab asks
        several times a second.
        """

    def kill(self, node: int | None = None) -> None:
        """Kill Kafka or one node of it at once (SIGKILL), as a power cut would. `start` starts it again.

        Raises LabError if there is no such node, or if it is not the lab's own. Example: lab.broker.kill()
        """

    def start(self) -> None:
        """Start Kafka again after `kill`, with the same data and address. Does nothing if all nodes are running.

        Returns when every partition has a leader. Raises LabError if it does not start, or if it is not the lab's own.
        Example: lab.broker.start()
        """

    def log(self, lines: int = 50) -> Log:
        """The last lines logged by Kafka and its clients, which no cell shows by itself. Example: lab.broker.log()"""

    def close(self) -> None: ...


class ExternalBroker:
    """A Kafka that somebody else started: `docker compose`, `lab broker`, a class's cluster."""

    own = False

    def __init__(self, address: str) -> None:
        with announced(f"Waiting for the answer of Kafka at {address}"):
            clients.check_answers(address, _limit(address))
        self.address = address
        self._presence = Presence(address)
        self._supervised = Supervised()
        self._supervised.start()
        self.directory = self._supervised.directory

    def check(self) -> None:
        """Raise Away if nothing listens there any more: nobody here knows whether it has ended for good."""
        if words := self._away():
            raise Away(f"{words}.")

    def notice(self) -> str:
        self._presence.look()
        return self._away()

    def _away(self) -> str:
        if not (since := self._presence.away()):
            return ""
        return (
            f"Kafka at {self.address} has been away {since}, for nothing listens there: what is at work here goes on "
            "when it is back"
        )

    def kill(self, node: int | None = None) -> None:  # noqa: ARG002
        raise self._not_own()

    def start(self) -> None:
        raise self._not_own()

    def _not_own(self) -> LabError:
        return LabError(
            f"The Kafka at {self.address} is somebody else's, and only the lab's own can be killed and started: "
            f"unset {' and '.join(properties.set_by_the_user())}, and run the cell with `Lab()` again."
        )

    def log(self, lines: int = 50) -> Log:
        return Log("\n".join(list(clients.LINES)[-lines:]))

    def close(self) -> None:
        self._supervised.close()


class OwnBroker:
    """A Kafka that is removed, with its data, on `close` or when this process ends, however that happens."""

    own = True

    def __init__(
        self,
        installation: KafkaInstallation | None = None,
        meanwhile: Callable[[], object] = lambda: None,
        nodes: int = 1,
    ) -> None:
        """Three `nodes` form one cluster. `meanwhile` is called while Kafka starts."""
        installation = store.prepare(installation or kafka_installation())
        options, access = installation.aot_options(), login.new()
        self.nodes = _start_on_free_ports(installation, options, meanwhile, nodes, access)
        self.address = ",".join(each.address for each in self.nodes)
        self.directory = self.nodes[0].process.directory
        self.client_properties = self.directory / CLIENT if access else None  # a file
        self._trainer = None if options else training.start(installation, "labkit.broker.training")

    @property
    def alive(self) -> bool:
        """Whether all nodes of this Kafka are still running."""
        return all(each.alive for each in self.nodes)

    def kill(self, node: int | None = None) -> None:
        """Kill Kafka or one node of it at once (SIGKILL), as a power cut would. `start` starts it again.

        Raises LabError if there is no such node. Example: lab.broker.kill()
        """
        if node is not None and not 1 <= node <= len(self.nodes):
            raise LabError(f"Kafka has no node {node} here: nodes are numbered from 1 to {len(self.nodes)}.")
        for each in self.nodes if node is None else (self.nodes[node - 1],):
            each.kill()

    def start(self) -> None:
        """Start Kafka again after `kill`, with the same data and address. Does nothing if all nodes are running.

        Returns when every partition has a leader. Raises LabError if it does not start. Example: lab.broker.start()
        """
        if not self.directory.exists():
            raise LabError(CLOSED)
        dead = [each for each in self.nodes if not each.alive]
        if not dead:
            return
        for each in dead:
            each.start_again()
        for each in dead:
            if not wait_until_ready(each.process, each.address):
                raise LabError(f"Kafka did not start again: {each.cause()}")
        admin = clients.admin(self.address)
        if not wait_until(
            lambda: clients.has_leaders(admin, len(self.nodes)),
            START_LIMIT,
            progress=lambda: "Kafka elects a leader for every partition",
        ):
            raise LabError("Kafka started again, but not every broker answers: `print(lab.broker.log())` says more.")

    def check(self) -> None:
        """Raise NoAnswer once it is closed, and Away if it has ended: of three nodes, two can do without the third."""
        ended = [each for each in self.nodes if not each.alive]
        if 2 * len(ended) < len(self.nodes):
            return
        if not self.directory.exists():
            raise NoAnswer(CLOSED)
        raise Away(f"{_away(ended, len(self.nodes))}. Its log says more: `print(lab.broker.log())`.")

    def notice(self) -> str:
        ended = [each for each in self.nodes if not each.alive]
        return _away(ended, len(self.nodes)) if ended else ""

    def log(self, lines: int = 50) -> Log:
        several = len(self.nodes) > 1
        said: list[str] = []
        for each in self.nodes:
            said += [
                f"Kafka, node {each.number}:" if several else "Kafka:",
                *each.process.log().splitlines()[-lines:],
                "",
            ]
        return Log("\n".join([*said, "Clients:", *list(clients.LINES)[-lines:]]))

    def close(self) -> None:
        if self._trainer:
            self._trainer.close()
        if self.client_properties:
            properties.forget_own(self.client_properties)
        for each in self.nodes:
            each.process.close()


def find_or_start(meanwhile: Callable[[], object] = lambda: None, nodes: int = 1) -> Broker:
    """The broker that LAB_BROKER names, else a new one; `meanwhile` is called while it starts.

    Raises LabError if neither can be reached or started, and for any number of nodes but 1 and 3.
    """
    if nodes not in (1, 3):
        raise LabError("A lab's own Kafka has 1 or 3 brokers: two would stop working as soon as one of them fails.")
    if address := properties.address():
        return ExternalBroker(address)
    return OwnBroker(meanwhile=meanwhile, nodes=nodes)


def _limit(address: str) -> float:
    """Returns for how many seconds to wait for the answer of somebody else's Kafka."""
    is_busy = properties.is_of_a_class() and any(map(clients.is_reachable, address.split(",")))
    return CLASS_LIMIT if is_busy else ANSWER_LIMIT


def _away(ended: Sequence[Node], nodes: int) -> str:
    """Say which of so many nodes have ended, since when, and what to do."""
    numbers, since = " and ".join(str(each.number) for each in ended), ended[-1].since()
    if len(ended) > 1:
        return f"Brokers {numbers} of {nodes} have been away{since}: `lab.broker.start()` starts them with their data"
    which = f"Broker {numbers} of {nodes}" if nodes > 1 else "Kafka"
    return f"{which} has been away{since}: `lab.broker.start()` starts it again with its data"


def _start_on_free_ports(
    installation: KafkaInstallation,
    options: list[str],
    meanwhile: Callable[[], object],
    count: int,
    access: Login | None,
) -> tuple[Node, ...]:
    more = access.of_server() if access else ""
    for _ in range(3):  # another program may take a port before Kafka binds it
        ports = free_for_nodes(count)
        nodes: list[Node] = []
        log = cause = ""
        is_ready = False
        try:
            for number in range(1, count + 1):
                nodes.append(Node(installation, number, ports, options, more))
            if access:
                servers = {properties.SERVERS: ",".join(each.address for each in nodes)}
                properties.write_own(nodes[0].process.directory / CLIENT, servers | access.of_client())
            meanwhile()
            failed = next((each for each in nodes if not wait_until_ready(each.process, each.address)), None)
            log, cause = (failed.process.log(), failed.cause()) if failed else ("", "")
            is_ready = not failed
        finally:  # an interrupt must not leave an unknown broker running
            for each in () if is_ready else nodes:
                each.process.close()
        if is_ready:
            return tuple(nodes)
        if "Address already in use" not in log:
            break
    raise LabError(f"Kafka did not start: {cause} (`lab doctor` looks for the cause)")
