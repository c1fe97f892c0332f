"""Write the lock of the broker's jars: coordinates, SHA-256 and size, resolved from Maven by coordinate.

uv run scripts/lock_jars.py 4.3.1 > labkit/broker/kafka.lock.toml
"""

import hashlib
import sys

import jgo
from jgo.maven import Artifact, MavenContext

SLF4J_BINDING = "org.apache.logging.log4j:log4j-slf4j-impl"  # Kafka's jars log through slf4j and bring no binding


def artifacts(kafka: str) -> list[Artifact]:
    broker = jgo.resolve(f"org.apache.kafka:kafka_2.13:{kafka}")
    log4j = next(jar.version for jar in broker if jar.artifactId == "log4j-core")
    maven = MavenContext()
    # The console consumer and the other tools: their own jar needs nothing of Kafka Connect.
    tools = maven.project("org.apache.kafka", "kafka-tools").at_version(kafka).artifact()
    group, name = SLF4J_BINDING.split(":")
    return [*broker, tools, maven.project(group, name).at_version(log4j).artifact()]


def main() -> None:
    kafka = sys.argv[1]
    print("# Written by scripts/lock_jars.py. Every jar that the broker's JVM may load.")
    print(f'kafka = "{kafka}"')
    for jar in sorted(artifacts(kafka), key=lambda jar: (jar.groupId, jar.artifactId)):
        content = jar.resolve().read_bytes()
        print("\n[[jar]]")
        print(f'coordinates = "{jar.groupId}:{jar.artifactId}:{jar.version}"')
        print(f'sha256 = "{hashlib.sha256(content).hexdigest()}"')
        print(f"size = {len(content)}")


if __name__ == "__main__":
    main()
