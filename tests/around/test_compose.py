"""docker-compose.yml is the same Kafka, with the same settings, as the lab's own."""

import re
import subprocess
from pathlib import Path

import yaml

from labkit.broker import broker, cache, server
from labkit.jvm import jars
from labkit.jvm.kept import Kept
from labkit.loopback import free_ports

ROOT = Path(__file__).parents[2]
SERVICE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["kafka"]


def settings() -> dict[str, str]:
    """What the image makes of its environment: KAFKA_NODE_ID is node.id."""
    environment = {name: value for name, value in SERVICE["environment"].items() if name != "KAFKA_HEAP_OPTS"}
    return {name.removeprefix("KAFKA_").lower().replace("_", "."): value for name, value in environment.items()}


def test_the_image_is_the_official_one_at_the_locked_version() -> None:
    assert SERVICE["image"] == f"apache/kafka:{jars.Lock.read(cache.LOCK).version}"


def test_the_settings_are_those_of_the_labs_own_broker() -> None:
    own = dict(line.split("=", 1) for line in server.SETTINGS.splitlines())
    where = {"listeners", "advertised.listeners", "controller.quorum.voters"}
    assert {name: value for name, value in settings().items() if name not in where} == own
    assert all(flag in server.FLAGS for flag in SERVICE["environment"]["KAFKA_HEAP_OPTS"].split())


def test_only_this_computer_can_reach_it() -> None:
    assert SERVICE["ports"] == ["127.0.0.1:9092:9092"]
    assert settings()["advertised.listeners"] == "BROKER://127.0.0.1:9092"


def test_it_has_a_health_check_that_asks_kafka() -> None:
    assert "kafka-broker-api-versions.sh --bootstrap-server 127.0.0.1:9092" in SERVICE["healthcheck"]["test"]


def test_kafka_starts_with_these_settings_and_its_health_check_passes(installation: cache.Installation) -> None:
    """No Docker here: the same settings, on other ports, in a plain process; and the class behind the script."""
    port, controller = free_ports(2)
    kept = Kept()
    text = "".join(f"{name}={value}\n" for name, value in settings().items()) + f"log.dirs={kept.directory / 'data'}\n"
    text = re.sub(r"\b9092\b", str(port), text)
    text = re.sub(r"\b9093\b", str(controller), text).replace("BROKER://:", "BROKER://127.0.0.1:")
    file = kept.directory / "server.properties"
    file.write_text(text)
    subprocess.run(server.java(installation.classpath, server.format_arguments(file)), check=True, capture_output=True)
    kept.start(server.java(installation.classpath, server.server_arguments(file)))
    try:
        assert broker.wait_until_ready(kept, port), kept.log()
        check = ["org.apache.kafka.tools.BrokerApiVersionsCommand", "--bootstrap-server", f"127.0.0.1:{port}"]
        subprocess.run(server.java(installation.classpath, check), check=True, capture_output=True, timeout=60)
    finally:
        kept.close()
