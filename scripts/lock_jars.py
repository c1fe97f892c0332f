"""Write a lock of jars: coordinates, SHA-256 and size, resolved from Maven by coordinate.

uv run scripts/lock_jars.py kafka 4.3.1 > labkit/broker/kafka.lock.toml
uv run scripts/lock_jars.py flink 2.3.0 > labkit/flink/flink.lock.toml
uv run scripts/lock_jars.py apicurio 3.3.2 > labkit/schema_registry/apicurio.lock.toml
"""

import hashlib
import sys

import jgo
from jgo.maven import Artifact, MavenContext

SLF4J_BINDING = "org.apache.logging.log4j:log4j-slf4j-impl"  # Kafka's jars log through slf4j and bring no binding
CONNECTOR = "5.0.0-2.2"  # the newest Kafka connector: its own version, and the version of Flink that it was built for


def kafka(version: str) -> list[Artifact]:
    """Every jar that the broker's JVM may load."""
    broker = jgo.resolve(f"org.apache.kafka:kafka_2.13:{version}")
    log4j = next(jar.version for jar in broker if jar.artifactId == "log4j-core")
    # The console consumer and other tools: their jar needs nothing from Kafka Connect.
    return [*broker, jar("org.apache.kafka:kafka-tools", version), jar(SLF4J_BINDING, log4j)]


def flink(version: str) -> list[Artifact]:
    """What Flink's JVM loads besides the jars of the package apache-flink."""
    return [
        jar("org.apache.flink:flink-sql-connector-kafka", CONNECTOR),
        jar("org.apache.flink:flink-table-planner_2.12", version),
    ]


def apicurio(version: str) -> list[Artifact]:
    """The schema registry, with all its jars in one archive."""
    return [jar("io.apicurio:apicurio-registry-app", version, "all", "tar.gz")]


def jar(name: str, version: str, classifier: str = "", packaging: str = "jar") -> Artifact:
    group, artifact = name.split(":")
    return MavenContext().project(group, artifact).at_version(version).artifact(classifier, packaging)


def main() -> None:
    what, version = sys.argv[1:]
    jars = {"kafka": kafka, "flink": flink, "apicurio": apicurio}[what](version)
    print(f"# Written by scripts/lock_jars.py {what} {version}.")
    print(f'version = "{version}"')
    for each in sorted(jars, key=lambda each: (each.groupId, each.artifactId)):
        content = each.resolve().read_bytes()
        print("\n[[jar]]")
        kind = "" if each.packaging == "jar" else f":{each.packaging}:{each.classifier}"
        print(f'coordinates = "{each.groupId}:{each.artifactId}:{each.version}{kind}"')
        print(f'sha256 = "{hashlib.sha256(content).hexdigest()}"')
        print(f"size = {len(content)}")


if __name__ == "__main__":
    main()
