"""docker-compose.yml is the same Kafka, with the same settings, as the lab's own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from labkit.broker import cache, node, server
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
    text = server.properties(Path("data"), 1, [server.Ports(9092, 9093)])
    where = {"listeners", "advertised.listeners", "controller.quorum.voters", "log.dirs"}
    own = {name: value for name, value in (line.split("=", 1) for line in text.splitlines()) if name not in where}
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
        assert node.wait_until_ready(kept, f"127.0.0.1:{port}"), kept.log()
        check = ["org.apache.kafka.tools.BrokerApiVersionsCommand", "--bootstrap-server", f"127.0.0.1:{port}"]
        subprocess.run(server.java(installation.classpath, check), check=True, capture_output=True, timeout=60)
    finally:
        kept.close()


# Docker's default capabilities (its documentation, "Runtime privilege and Linux capabilities").
OF_DOCKER = (
    "audit_write,chown,dac_override,fowner,fsetid,kill,mknod,net_bind_service,net_raw,setfcap,setgid,setpcap,setuid,"
    "sys_chroot"
)
ASKS_FOR_A_SANDBOX = "from labkit.grading import enclosure; enclosure.require()"


def in_a_container(*added: str) -> subprocess.CompletedProcess[str]:
    """Ask for a sandbox as root in a container would."""
    kept = ",".join(f"+{each}" for each in (*OF_DOCKER.split(","), *added))
    command = [
        "setpriv",
        "--bounding-set",
        f"-all,{kept}",
        "--inh-caps",
        "-all",
        sys.executable,
        "-c",
        ASKS_FOR_A_SANDBOX,
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.mark.skipif(sys.platform != "linux", reason="there is no bubblewrap")
def test_the_container_for_grading_has_the_capabilities_that_a_sandbox_needs() -> None:
    """No Docker here: the same capabilities in a plain process, if this is root's."""
    grading = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["grading"]
    added = [each.lower() for each in grading["cap_add"]]
    assert added == ["sys_admin", "net_admin"]
    if os.geteuid() == 0:
        assert in_a_container(*added).returncode == 0
        assert all(in_a_container(each).returncode for each in added)


def test_the_container_for_grading_is_only_there_when_asked_for_and_reaches_no_network() -> None:
    grading = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["grading"]
    assert (grading["profiles"], grading["network_mode"]) == (["grading"], "none")
    assert "apt-get install -y --no-install-recommends bubblewrap" in grading["build"]["dockerfile_inline"]
