"""The lab's Kafka clients: they connect quickly and print nothing in a student's cells."""

import collections
import logging
import re
import socket
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient

from labkit.errors import LabError, NoAnswer
from labkit.kafka import properties

REACHED = 2.0  # seconds that a connection may take

# How errors of librdkafka begin that concern a node of the cluster; only metadata, an answer of Kafka, tells it the
# number behind the slash. It may then leave the bootstrap address before its caller has had that answer.
NODE = re.compile(r"(?:\w+://)?(\S+)/\d+: ")

LOGGER = logging.getLogger("labkit.clients")
LINES: collections.deque[str] = collections.deque(maxlen=2000)


class _Memory(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        LINES.append(self.format(record))


MEMORY = _Memory()
MEMORY.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s (%(name)s)", "%H:%M:%S"))


def keep_quiet(logger: logging.Logger) -> None:
    """Send this logger's messages to the lab's own log instead of the student's cell."""
    if MEMORY not in logger.handlers:
        logger.addHandler(MEMORY)
        logger.setLevel(logging.INFO)
        logger.propagate = False


keep_quiet(LOGGER)


# The Java clients and Quix Streams partition by this hash of the key; librdkafka's default is a different one. Records
# without a key go to random partitions.
PARTITIONER = {"partitioner": "murmur2_random"}

# A reading may wait this long to share a batch: at hundreds a second that halves the work of Kafka and its consumers.
BATCHES = {"linger.ms": 10}

# By default librdkafka waits 100 ms to 10 s between attempts.
RECONNECT = {"reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 500}


def connection(address: str) -> dict[str, Any]:
    """Settings by which any client connects, Quix Streams' too; the user's client properties are among them."""
    return RECONNECT | properties.of(address)


def common(address: str) -> dict[str, Any]:
    """Settings that every client of the lab shares."""
    own = {"bootstrap.servers": address, "logger": LOGGER, "error_cb": lambda error: LOGGER.warning("%s", error)}
    return connection(address) | own


def admin(address: str) -> AdminClient:
    return AdminClient(common(address))


def consumer(address: str, **settings: Any) -> Consumer:
    """Returns a consumer that joins no consumer group: it must `assign` its partitions, and it commits nothing."""
    return Consumer(common(address) | {"group.id": "labkit-none", "enable.auto.commit": False} | settings)


def producer(address: str, **settings: Any) -> Producer:
    """Returns an idempotent producer with acks=all that partitions keys as the Java clients do."""
    own = PARTITIONER | BATCHES | {"enable.idempotence": True, "acks": "all"}
    return Producer(common(address) | own | settings)


def answers(address: str) -> bool:
    """Whether a Kafka at the address names a broker within a second."""
    try:
        return bool(admin(address).list_topics(timeout=1).brokers)
    except KafkaException:
        return False


def has_leaders(client: AdminClient, nodes: int) -> bool:
    """Whether a Kafka has exactly `nodes` brokers now, and one of them leads each partition."""
    try:
        found = client.list_topics(timeout=1)
    except KafkaException:
        return False
    partitions = [each for topic in found.topics.values() for each in topic.partitions.values()]
    return len(found.brokers) == nodes and all(each.leader in found.brokers for each in partitions)


def check_answers(address: str, timeout: float) -> None:
    """Raise NoAnswer unless a Kafka at the address answers a metadata request within `timeout` seconds.

    Raises LabError if the client properties are wrong.
    """
    met: list[KafkaError] = []
    before = {*LINES}
    settings = common(address) | {"error_cb": met.append}
    try:
        client = AdminClient(settings)
    except KafkaException as error:
        raise LabError(f"{properties.path()}: {properties.hidden(error.args[0].str())}.") from None
    try:
        found = client.list_topics(timeout=timeout)
    except KafkaException:
        client.poll(0)  # calls error_cb
        raise NoAnswer(_no_answer(address, met, {*LINES} - before)) from None
    advertised = {f"{each.host}:{each.port}" for each in found.brokers.values()}
    if not any(map(is_reachable, advertised)):
        raise NoAnswer(_sent_astray(address, advertised))


def is_reachable(address: str) -> bool:
    """Whether anything takes connections at an address."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), REACHED).close()
    except (OSError, ValueError):
        return False
    return True


def _sent_astray(address: str, advertised: set[str]) -> str:
    return (
        f"Kafka answers at {address}, but sends its clients to {' and '.join(sorted(advertised))}, where nothing can "
        "be reached from here: its advertised.listeners must name an address that can (docs/cluster.md)."
    )


def _no_answer(address: str, met: list[KafkaError], logged: set[str]) -> str:
    """Say why a Kafka does not answer, judging by the errors that its client has met and logged."""
    codes, file = {each.code() for each in met}, properties.path()
    of_a_class = properties.is_of_a_class()
    or_new = " Or is it an old one? Then ask for the new file." if of_a_class else ""
    if KafkaError._AUTHENTICATION in codes:
        return f"Kafka at {address} refused the login: are user and password in {file} right?{or_new}"
    if KafkaError._SSL in codes:
        return f"No secure connection to Kafka at {address}: is its certificate signed by the CA in {file}?{or_new}"
    if any("state APIVERSION_QUERY" in each for each in logged):  # it hung up at the first request
        return (
            f"Kafka at {address} requires another security.protocol: name a file with client properties in "
            f"{properties.FILE}, such as security.protocol=SASL_SSL (docs/cluster.md)."
        )
    if advertised := {found[1] for each in met if (found := NODE.match(each.str()))}:
        return _sent_astray(address, advertised)
    nobody = f"No Kafka answers at {address} ({properties.named()})"
    if of_a_class:
        return (
            f"{nobody}: either the class's Kafka is not running just now, or it has moved: then ask for the new file."
        )
    return (
        f"{nobody}: start it there (`docker compose up -d`, `lab broker`), "
        f"or unset {properties.named().rpartition(' ')[2]} and the lab starts one of its own."
    )
