"""`lab class` as a teacher and two students use it: real nodes with logins over TLS, killed and started again."""

import contextlib
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from labkit.broker.installation import KafkaInstallation
from labkit.loopback import free_ports
from tests.broker.lives import lives
from tests.kafka.secured import Secured, secured
from tests.waiting import eventually

pytestmark = pytest.mark.usefixtures("installation")
LAB = Path(sys.executable).with_name("lab")


@dataclass
class Room:
    """The folder in which a teacher works."""

    path: Path

    def lab(self, *arguments: str, code: int = 0, **variables: str) -> str:
        """Run a command, with these variables alone of the lab's; returns what it says."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("LAB_K")}
        done = subprocess.run(
            [LAB, *arguments], cwd=self.path, env=clean | variables, capture_output=True, text=True, timeout=180
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def student(self, name: str, *arguments: str, **options: object) -> str:
        return self.lab(*arguments, LAB_KAFKA_CONFIG=f"class/students/{name}.properties", **options)  # type: ignore[arg-type]

    def pids(self) -> list[int]:
        return [int(each.read_text()) for each in sorted((self.path / "class").glob("node-*.pid"))]

    def kill(self, node: int) -> None:
        """As the kernel does when memory is short: no method of the lab's is involved."""
        process = psutil.Process(self.pids()[node - 1])
        process.kill()
        eventually(lambda: not lives(process))

    def work(self) -> dict[str, list[str]]:
        """What `status` says of each student, once a busy Kafka answers in time."""

        def said() -> str:
            with contextlib.suppress(AssertionError):
                return self.lab("class", "status")
            return ""

        rows = eventually(said, 180).partition("student ")[2].splitlines()[1:]
        return {name: numbers for name, *numbers in map(str.split, rows)}


@contextlib.contextmanager
def room(path: Path, *arguments: str) -> Iterator[Room]:
    (path / "students.csv").write_text("name,password\nanna,\nBen Åkesson,chosen-by-ben\n")
    found = Room(path)
    try:
        found.lab("class", "start", "--students", "students.csv", "--port", str(free_ports(1)[0]), *arguments)
        yield found
    finally:
        with contextlib.suppress(AssertionError):
            found.lab("class", "stop")
        for each in found.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with room(tmp_path_factory.mktemp("one")) as found:
        yield found


def properties(file: Path) -> dict[str, str]:
    """As another program reads them."""
    lines = [line.partition("=") for line in file.read_text().splitlines()]
    found = {name: value.replace("\\n", "\n") for name, _, value in lines}
    return {name: value for name, value in found.items() if not name.startswith("lab.")}


def test_each_student_needs_one_file_and_reaches_nothing_of_another(one: Room) -> None:
    one.student("anna", "produce", "--records", "30", "--per-second", "max")
    assert "sensor-1" in one.student("anna", "peek", "sensor")
    assert "There is no topic 'sensor'" in one.student("ben.akesson", "peek", "sensor", code=1)
    assert one.work() == {"anna": ["1", "1", "30", "0"], "ben.akesson": ["0", "0", "0", "0"]}

    file = one.path / "class/students/ben.akesson.properties"
    assert properties(file)["sasl.password"] == "chosen-by-ben"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((one.path / "class").stat().st_mode) == 0o700
    refused = []
    producer = Producer(properties(file) | {"logger": None})
    producer.produce("anna-sensor", b"from ben", on_delivery=lambda error, _: refused.append(error.name()))
    producer.flush(30)
    assert refused == ["TOPIC_AUTHORIZATION_FAILED"]
    assert {*AdminClient(properties(file)).list_topics(timeout=10).topics} == set()


def test_nobody_gets_in_without_a_login_by_none_of_its_ports(one: Room) -> None:
    """Other people may be at work on the computer on which it runs."""
    listening = [each for each in psutil.Process(one.pids()[0]).net_connections("tcp") if each.status == "LISTEN"]
    assert len(listening) == 3
    for each in listening:
        for protocol in ("plaintext", "ssl"):
            address = f"127.0.0.1:{each.laddr.port}"
            client = AdminClient(
                {
                    "bootstrap.servers": address,
                    "security.protocol": protocol,
                    "enable.ssl.certificate.verification": False,
                    "log_level": 0,
                }
            )
            with pytest.raises(KafkaException):
                client.list_topics(timeout=1)


@pytest.mark.slow
def test_no_name_makes_a_student_an_administrator(one: Room) -> None:
    own = properties(one.path / "class/admin.properties")["sasl.username"]
    one.student("anna", "produce", "--records", "3", "--per-second", "max")
    for name in (own, "Administrator", "admin", "lab", "ANONYMOUS"):
        (file,) = one.lab("class", "add", name).splitlines()
        assert {*AdminClient(properties(Path(file))).list_topics(timeout=10).topics} == set()


def test_a_wrong_password_is_one_line(one: Room) -> None:
    file = one.path / "wrong.properties"
    file.write_text((one.path / "class/students/anna.properties").read_text().replace("password=", "password=x"))
    said = one.lab("peek", "sensor", code=1, LAB_KAFKA_CONFIG=str(file))
    assert re.fullmatch(
        r"Error: Kafka at \S+ refused the login: are user and password in \S+ right\? "
        r"Or is it an old one\? Then ask for the new file\.\n",
        said,
    )


def test_a_greedy_student_is_slowed_down(one: Room) -> None:
    """12 MB at 1 MB a second: Kafka says by how much it delays its answers."""
    throttles: list[float] = []
    file = properties(one.path / "class/students/ben.akesson.properties")
    producer = Producer(file | {"throttle_cb": lambda event: throttles.append(event.throttle_time)})
    for _ in range(1200):
        producer.produce("ben.akesson-bulk", os.urandom(10_000))
        producer.poll(0)
    assert eventually(lambda: producer.poll(0.1) is not None and throttles, 60)
    producer.purge()


@pytest.mark.slow
def test_whoever_creates_thousands_of_partitions_waits_and_is_seen_and_the_teacher_deletes_them(one: Room) -> None:
    """500, of which 110 are free: Kafka lets the connection wait for 39 s."""
    client = AdminClient(properties(one.path / "class/students/ben.akesson.properties"))

    def create(name: str, partitions: int) -> "Future[None]":
        future: Future[None] = client.create_topics([NewTopic(f"ben.akesson-{name}", partitions)])[
            f"ben.akesson-{name}"
        ]
        return future

    create("huge", 500).result(60)
    with pytest.raises(TimeoutError):
        create("one-more", 1).result(5)
    assert int(one.work()["ben.akesson"][1]) >= 500
    assert "topics and 0 groups deleted" in one.lab("class", "reset", "ben.akesson")
    assert one.work()["ben.akesson"][:3] == ["0", "0", "0"]
    one.student("anna", "produce", "--writes", "meanwhile", "--records", "5", "--per-second", "max")


def test_what_is_forbidden_fills_no_log_and_a_log_has_an_end(one: Room) -> None:
    log = one.path / "class/logs/node-1.log"
    before = log.stat().st_size
    client = AdminClient(properties(one.path / "class/students/ben.akesson.properties"))
    for _ in range(50):
        (asked,) = client.create_topics([NewTopic("anna-sensor", 1)]).values()
        assert "TOPIC_AUTHORIZATION_FAILED" in str(asked.exception(60))
    assert log.stat().st_size - before < 10_000
    (settings,) = re.findall(r"-Dlog4j2\.configurationFile=(\S+classroom\S+)", " ".join(command_line(one)))
    assert {"appender.out.policies.size.size = 10MB", "appender.out.strategy.max = 3"} <= {
        *Path(settings).read_text().splitlines()
    }


def command_line(room: Room) -> list[str]:
    return psutil.Process(room.pids()[0]).cmdline()


def test_status_says_how_full_the_disk_is(one: Room) -> None:
    said = one.lab("class", "status")
    assert re.search(r"Node 1 runs \(\d+ MB of data; log: \S+\)\nThe disk has [\d.]+ GB left\.\n", said)


@pytest.mark.slow
def test_after_a_crash_it_has_its_data_and_its_users(one: Room) -> None:
    one.student("anna", "produce", "--writes", "kept", "--records", "5", "--per-second", "max")
    one.kill(1)
    assert "Node 1 does NOT run: lab class start starts it" in one.lab("class", "status", code=1)
    assert "Kafka is not running: lab class start" in one.lab("class", "add", "eve", code=1)
    one.lab("class", "start")
    assert len(one.student("anna", "peek", "kept").splitlines()) == 6
    assert "runs" in one.lab("class", "status")
    one.lab("class", "start")  # once more: nothing to do
    assert {"anna", "ben.akesson"} <= {*one.work()}


@pytest.mark.slow
def test_students_come_later_and_begin_anew(one: Room) -> None:
    assert "class/students/carla.c.properties" in one.lab("class", "add", "Carla Ç")
    one.student("carla.c", "produce", "--records", "5", "--per-second", "max")
    before = (one.path / "class/students/carla.c.properties").read_text()
    (one.path / "old.properties").write_text(before)
    assert one.lab("class", "reset", "carla Ç", "--password").startswith("carla.c: 1 topics and 0 groups deleted")
    assert one.work()["carla.c"] == ["0", "0", "0", "0"]
    assert "refused the login" in one.lab("peek", "sensor", code=1, LAB_KAFKA_CONFIG=str(one.path / "old.properties"))
    assert "There is no topic" in one.student("carla.c", "peek", "sensor", code=1)
    assert one.lab("class", "add", "Carla Ç").endswith(
        "carla.c.properties is in the class already. For another person of that name, add one that differs, such as "
        "carla.c2.\n"
    )
    assert "Nobody in this class is called 'dora': there are a" in one.lab("class", "reset", "dora", code=1)


@pytest.mark.slow
def test_another_class_needs_another_folder_and_another_port(one: Room) -> None:
    assert "has --nodes 1, with logins, and keeps them" in one.lab("class", "start", "--nodes", "3", code=1)
    port = re.search(r":(\d+)\.", one.lab("class", "status"))
    assert port
    said = one.lab("class", "start", "--folder", "b", "--students", "students.csv", "--port", port[1], code=1)
    assert f"Port {port[1]} cannot be used: Address already in use" in said
    for host in ("http://x", "127.0.0.1:9092", "no.such.host.example", "-"):
        assert "is no address, nor a name" in one.lab("class", "start", "--host", host, code=1)
    assert "runs" in one.lab("class", "status")
    assert "There is no class in" in one.lab("class", "status", "--folder", "c", code=1)
    assert "Who is in the class?" in one.lab("class", "start", "--folder", "c", code=1)


@pytest.mark.slow
def test_with_three_nodes_one_may_end_and_with_none_of_them_the_data_stays(tmp_path: Path) -> None:
    with room(tmp_path, "--nodes", "3") as three:
        three.student("anna", "produce", "--records", "10", "--per-second", "max")
        three.kill(2)
        three.student("anna", "produce", "--records", "10", "--per-second", "max")
        assert "Node 2 does NOT run" in three.lab("class", "status")
        assert len(three.student("anna", "peek", "sensor", "--records", "99").splitlines()) == 21
        three.lab("class", "start")
        assert "NOT" not in three.lab("class", "status")
        ended = [psutil.Process(each) for each in three.pids()]
        assert "its data stays" in three.lab("class", "stop")
        eventually(lambda: not any(map(lives, ended)))
        old = (three.path / "class/students/anna.properties").read_text()
        three.lab("class", "start", "--port", str(free_ports(1)[0]))  # the computer may have another address, too
        (three.path / "old.properties").write_text(old)
        said = three.lab("peek", "sensor", code=1, LAB_KAFKA_CONFIG="old.properties")
        assert re.fullmatch(r"Error: No .*/old\.properties.* [tT]hen ask for the new file\.\n", said), said
        assert len(three.student("anna", "peek", "sensor", "--records", "99").splitlines()) == 21


@pytest.mark.slow
def test_an_open_one_says_so_loudly_and_asks_nobody(tmp_path: Path) -> None:
    with room(tmp_path, "--open") as opened:
        assert "Anybody in this network can read, write and delete" in opened.lab("class", "start")
        opened.student("anna", "produce", "--records", "5", "--per-second", "max")
        file = properties(tmp_path / "class/students/ben.akesson.properties")
        assert [*file] == ["bootstrap.servers"]
        assert "anna-sensor" in AdminClient(file).list_topics(timeout=10).topics


@pytest.mark.slow
def test_a_cluster_that_runs_already_gets_users_and_nothing_else(
    installation: KafkaInstallation, tmp_path: Path
) -> None:
    (tmp_path / "students.csv").write_text("anna\nben\n")
    outside = Room(tmp_path)
    with secured(installation, tmp_path) as kafka:
        found = ("--bootstrap", kafka.address, "--admin", str(kafka.properties()))
        outside.lab("class", "start", "--students", "students.csv", *found)
        outside.student("anna", "produce", "--records", "5", "--per-second", "max")
        assert "There is no topic" in outside.student("ben", "peek", "sensor", code=1)
        assert outside.work() == {"anna": ["1", "1", "5", "0"], "ben": ["0", "0", "0", "0"]}
        old = (tmp_path / "class/students/ben.properties").read_text()
        assert "ben has a new password" in outside.lab("class", "reset", "ben", "--password")
        assert (tmp_path / "class/students/ben.properties").read_text() != old
        assert "There is no topic" in outside.student("ben", "peek", "sensor", code=1)
        assert "has users of the names admin already" in outside.lab("class", "add", "Admin", code=1)
        assert "somebody else's" in outside.lab("class", "stop", code=1)
        assert answers(kafka)


def answers(kafka: Secured) -> bool:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAB_BROKER", kafka.address)
        patch.setenv("LAB_KAFKA_CONFIG", str(kafka.properties()))
        kafka.wait()
    return True
