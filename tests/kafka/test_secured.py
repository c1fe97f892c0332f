"""The same lab on a Kafka that asks for a login over TLS: with LAB_BROKER, and LAB_KAFKA_CONFIG for all else."""

import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from quixstreams import Application

from labkit import Lab, LabError
from labkit.broker import find_or_start
from labkit.broker.installation import KafkaInstallation
from labkit.flink import security
from labkit.kafka import clients, java, properties
from labkit.live import panel
from labkit.pipelines import alert_filter, average_temperature
from labkit.readings import now
from labkit.runs.replicas import Replicas
from tests.flink import results
from tests.kafka.secured import SECRET, Secured, secured
from tests.waiting import eventually

LAB = Path(sys.executable).with_name("lab")


@pytest.fixture(scope="module")
def kafka(installation: KafkaInstallation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    with secured(installation, tmp_path_factory.mktemp("secured")) as found:
        yield found


@pytest.fixture
def lab(kafka: Secured, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """A lab on it."""
    monkeypatch.setenv("LAB_BROKER", kafka.address)
    monkeypatch.setenv("LAB_KAFKA_CONFIG", str(kafka.properties()))
    monkeypatch.setenv("LAB_NAMESPACE", f"{uuid.uuid4().hex[:8]}-")
    with Lab() as lab:
        yield lab
        lab.reset()


@pytest.mark.slow
def test_pipelines_run_unchanged_in_a_thread_a_process_and_exactly_once(lab: Lab) -> None:
    common = {"device": "sensor-1", "temperature": 40.0, "humidity": 50.0}
    begin = now() // 1000 * 1000 - 60_000
    lab.produce([common | {"timestamp": begin + 1000 * second} for second in range(60)], per_second=None).wait(20)
    shown = [lab.run(alert_filter, reads="sensor", writes="alert")]
    for number, options in enumerate(({"in_process": True}, {"exactly_once": True}), 1):
        name = f"avg-temp-{number}"
        shown.append(lab.run(average_temperature, reads="sensor", writes=name, name=name, **options))
    assert isinstance(shown[1], Replicas)
    chart, tiles = lab.chart("sensor", "alert"), lab.tiles("sensor")
    for run in shown:
        run.wait_until_caught_up(30)
        assert (run.status, run.error, run.records_in) == ("running", None, 60)
    windows = [[each.value for each in lab.records(name)] for name in ("avg-temp-1", "avg-temp-2")]
    assert windows[0] == windows[1] != []
    eventually(lambda: "sensor-1" in chart.summary() and "sensor-1" in tiles.summary(), 20)
    panels = [panel.render(panel.collect(run)) for run in shown]
    said = " ".join(map(str, (lab, lab.broker.log(5000), chart.summary(), lab.workers, lab.connection, *panels)))
    assert SECRET not in said
    task = next(Path(lab.broker.directory).rglob("start-1/task"))
    assert SECRET.encode() not in task.read_bytes()


@pytest.mark.slow
def test_a_program_of_a_lesson_connects_with_the_labs_connection(lab: Lab) -> None:
    app = Application(broker_address=lab.connection, loglevel=None)
    lab.create_topic("letters")
    with app.get_producer() as producer:
        producer.produce(topic=lab.full_name("letters"), key=b"a", value=b"1")
    assert [each.value for each in lab.records("letters")] == [1]


@pytest.mark.slow
@pytest.mark.usefixtures("flink")
def test_the_flink_job_reads_and_writes_dead_letters_over_the_same_login(lab: Lab, tmp_path: Path) -> None:
    lab.produce(writes="sensor-data", records=200, per_second=None).wait(20)
    producer = clients.producer(lab.broker.address)
    producer.produce(lab.full_name("sensor-data"), b"{broken")
    assert producer.flush(10) == 0
    job = lab.flink(into=tmp_path / "files", bounded=True)
    assert job.wait(120)
    assert job.error is None
    assert len(results.lines(tmp_path / "files", "readings")) == 200
    assert [each.value for each in lab.records("sensor-data.dead-letter")] == [b"{broken"]
    assert SECRET not in job._process.log() + job.summary() + str(panel.render(panel.collect(job)))
    assert SECRET not in "".join(each.read_text(errors="replace") for each in tmp_path.rglob("*") if each.is_file())


@pytest.mark.slow
def test_the_command_line_logs_in_too_and_shows_no_secret(lab: Lab) -> None:
    lab.produce(records=30, per_second=None).wait(20)

    def said(*arguments: str) -> str:
        done = subprocess.run([LAB, *arguments], capture_output=True, text=True, timeout=60, check=True)
        return done.stdout + done.stderr

    assert "sensor-1" in said("peek", "sensor")
    produced = said("produce", "--writes", "more", "--records", "3", "--per-second", "max")
    examined = said("doctor")
    assert "3 records written to more" in produced
    assert f"LAB_BROKER and LAB_KAFKA_CONFIG: {lab.broker.address} answers" in examined
    assert SECRET not in produced + examined


def test_the_address_may_stand_in_the_file(kafka: Secured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "all.properties"
    file.write_text(f"bootstrap.servers={kafka.address}\n{kafka.properties().read_text()}")
    monkeypatch.setenv("LAB_KAFKA_CONFIG", str(file))
    found = find_or_start()
    found.close()
    assert found.address == kafka.address
    monkeypatch.setenv("LAB_BROKER", "127.0.0.1:1")
    with pytest.raises(LabError, match=r"LAB_BROKER is 127.0.0.1:1, but .*all.properties has bootstrap.servers="):
        find_or_start()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"requires another security.protocol: name a file with client properties in LAB_KAFKA_CONFIG"),
        ("security.protocol=SASL_SSL\n{secret} without a sign\n", r"Line 2 of .* is not name=value"),
        ("security.protocol=SASL_SSL\nsasl.pasword={secret}\n", r"No such configuration property: .sasl.pasword"),
        (
            "security.protocol=SASL_SSL\nsasl.mechanism=SCRAM-SHA-512\nsasl.username=admin\nsasl.password=wrong-{secret}\n"
            "ssl.ca.location={ca}\n",
            r"refused the login: are user and password in .* right\?",
        ),
        (
            "security.protocol=SASL_SSL\nsasl.mechanism=SCRAM-SHA-512\nsasl.username=admin\nsasl.password={secret}\n",
            r"No secure connection to Kafka at .*certificate",
        ),
    ],
    ids=["nothing", "no sign", "unknown", "wrong password", "no certificate"],
)
def test_what_is_wrong_in_the_file_is_one_line_without_a_secret(
    kafka: Secured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, message: str
) -> None:
    file = tmp_path / "client.properties"
    file.write_text(text.format(secret=SECRET, ca=kafka.ca))
    monkeypatch.setenv("LAB_BROKER", kafka.address)
    monkeypatch.setenv("LAB_KAFKA_CONFIG", str(file))
    with pytest.raises(LabError, match=message) as error:
        find_or_start()
    assert SECRET not in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_a_file_that_is_missing_or_says_nothing_of_an_address_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LAB_KAFKA_CONFIG", str(tmp_path / "nowhere"))
    with pytest.raises(LabError, match=r"Cannot read .*nowhere \(LAB_KAFKA_CONFIG\): No such file"):
        find_or_start()
    (tmp_path / "nowhere").write_text("security.protocol=SSL\n")
    with pytest.raises(LabError, match="does not say where Kafka is: set LAB_BROKER=host:port"):
        find_or_start()


def test_a_labs_own_kafka_is_not_asked_for_a_login(kafka: Secured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_BROKER", kafka.address)
    monkeypatch.setenv("LAB_KAFKA_CONFIG", str(kafka.properties()))
    assert properties.of("127.0.0.1:1") == {}
    assert properties.of(kafka.address)["security.protocol"] == "SASL_SSL"


# ----------------------------------------------------------------- in the words of Java


def test_properties_of_librdkafka_are_told_to_flink_in_javas_words(tmp_path: Path) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    certificate.write_text("chain")
    key.write_text("key")
    found = java.translated(
        {
            "security.protocol": "SASL_SSL",
            "sasl.mechanisms": "PLAIN",
            "sasl.username": "anna",
            "sasl.password": 'a"b\\c',
            "ssl.ca.location": "/ca.pem",
            "ssl.certificate.location": str(certificate),
            "ssl.key.location": str(key),
            "socket.keepalive.enable": "true",
        }
    )
    login = found.pop("sasl.jaas.config")
    assert re.fullmatch(r'\S+\.plain\.PlainLoginModule required username="anna" password="a\\"b\\\\c";', login)
    assert found == {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "PLAIN",
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": "/ca.pem",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.certificate.chain": "chain",
        "ssl.keystore.key": "key",
    }


@pytest.mark.parametrize("given", [{"enable.ssl.certificate.verification": "false"}, {"sasl.mechanism": "GSSAPI"}])
def test_what_flink_cannot_be_told_is_said(given: dict[str, str]) -> None:
    with pytest.raises(LabError, match="The lab cannot pass to a Java client"):
        java.translated(given)


def test_every_kafka_table_of_a_job_gets_the_properties_and_quotes_do_no_harm() -> None:
    sql = "CREATE TABLE a (x INT) WITH ('properties.bootstrap.servers' = 'it''s:1',\n 'b' = 'c');\n" * 2
    done = security.secured(sql, {"security.protocol": "it's"})
    assert done.count("'properties.security.protocol' = 'it''s'") == 2
    assert security.secured(sql, {}) == sql
