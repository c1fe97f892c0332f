"""The Flink job on a real Kafka: bad records, stop and resume, SIGKILL, and errors that say what to do."""

import csv
import json
import operator
import random
import re
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request

import psutil
import pytest

from labkit import Lab, LabError
from labkit.flink import SQL, FlinkJob
from labkit.flink.failures import explain
from labkit.flink.installation import FLINK_LOCK, FlinkInstallation, NotInstalled, flink_installation
from labkit.jvm.jars import Lock
from labkit.kafka import clients, tap
from labkit.live import panel
from labkit.readings import BadReading, now, parse
from labkit.runs.system import System
from tests.broker.lives import lives
from tests.damage import damaged
from tests.flink import oracle, results
from tests.kafka.transactions import transactional_producer
from tests.pipelines.oracle import GRACE, Reading
from tests.readings.test_reading import GOOD, nearly
from tests.topics import topics_of
from tests.waiting import eventually

START = 180.0  # seconds that a job may take until it runs, or has caught up, on a busy machine


def send(lab: Lab, topic: str, values: Iterable[bytes | None], partition: int = 0, ago: int = 0) -> None:
    producer = clients.producer(lab.broker.address)
    for value in values:
        producer.produce(lab.full_name(topic), value, b"key", partition=partition, timestamp=now() - ago)
    assert producer.flush(10) == 0


def ended(job: FlinkJob) -> FlinkJob:
    assert job.wait(START)
    assert not job.error
    return job


def check_who_may_do_what(job: FlinkJob) -> None:
    """On this computer everybody may look at the job, and nobody may run code in its processes; elsewhere neither."""
    from py4j.java_gateway import GatewayParameters, JavaGateway, Py4JError

    with urllib.request.urlopen(job.web) as dashboard:
        assert b"Apache Flink" in dashboard.read()
        assert dashboard.headers["Access-Control-Allow-Origin"] in (None, job.web)
    with pytest.raises(HTTPError, match="404"):
        urllib.request.urlopen(Request(f"{job.web}/jars/upload", b"jar", method="POST"))
    leader = psutil.Process(job._process.pid)
    listening = [
        (process.name(), each.laddr)
        for process in (leader, *leader.children(recursive=True))
        for each in process.net_connections("inet")
        if each.status == psutil.CONN_LISTEN
    ]
    assert {address.ip.removeprefix("::ffff:") for _, address in listening} == {"127.0.0.1"}
    ports = [address.port for name, address in listening if "java" in name]
    assert len(ports) >= 2
    for port in ports:
        gateway = JavaGateway(gateway_parameters=GatewayParameters(port=port, read_timeout=2))
        with pytest.raises((Py4JError, OSError)):
            gateway.jvm.java.lang.System.getProperty("user.home")


# ---------------------------------------------------------------------- bad records


def renamed(reading: dict[str, object]) -> bytes:
    """The bytes of a reading, as in `sensor-data`."""
    return json.dumps({"sensor_id" if name == "device" else name: value for name, value in reading.items()}).encode()


def is_reading(value: bytes | None) -> bool:
    """Whether the lab's own parser accepts a record; it calls the sensor `device`."""
    try:
        parse(value and value.replace(b'"sensor_id"', b'"device"'))
    except BadReading:
        return False
    return True


@pytest.mark.slow
def test_bad_records_are_the_same_as_everywhere_and_kept_raw_with_the_reason(lab: Lab, tmp_path: Path) -> None:
    good = GOOD | {"timestamp": now() - 1000}
    names = ["sensor-1", "ü 漢 😀", 'with "quotes"', "back\\slash", "comma,\nline", "[]", "'"]
    fine = [good | {"device": name} for name in names]
    fine += [good | each for each in ({"temperature": 30}, {"temperature": -273.15}, {"temperature": 1000})]
    fine += [good | each for each in ({"humidity": 0}, {"humidity": 100.0}, {"timestamp": 0}, {"more": [1, {}]})]
    missing = [{name: value for name, value in good.items() if name != left_out} for left_out in good]
    odd = [good | {field: value} for field, several in nearly.items() for value in several]
    values = [renamed(each) for each in (*fine, *missing, *odd)]
    values += [b" \r\n\t" + renamed(good) + b"\n"]
    values += [
        renamed(good) + tail for tail in (b" x", b" {}", b"}", b"]", b", 1", b', "b": 1', b"\xff", b"} x", b"] x")
    ]
    values += [renamed(good).replace(b"sensor-1", b"\xff"), renamed(good | {"temperature": "hot", "humidity": -1})]
    values += [None, b"", b"?", b"null", b"[]", b"{}", b"5", b"\xff\xfe", b'{"sensor_id": "a"', renamed(good)[:-1]]
    ahead = renamed(good | {"timestamp": now() + 2 * 3_600_000})  # valid for the lab, but the watermark would run ahead
    dice = random.Random(0)
    hurt = [damaged(renamed(good), dice) for _ in range(10_000)]
    values += [each for each in hurt if not (is_reading(each) and json.loads(each)["timestamp"] > now())]
    dice.shuffle(values)
    lab.create_topic("sensor-data")
    send(lab, "sensor-data", [*values, ahead])

    job = ended(lab.flink(into=tmp_path, bounded=True))

    readings = [each for each in values if is_reading(each)]
    assert len(fine) + 1 < len(readings) < len(values) / 2
    fields = operator.itemgetter("sensor_id", "temperature", "humidity", "timestamp")
    found = [fields(each) for each in results.objects(tmp_path, "readings")]
    assert found == [fields(json.loads(each)) for each in readings]
    letters = tap.newest(topics_of(lab), "sensor-data.dead-letter", len(values), raw=True)
    assert [each.value for each in letters] == [*(each for each in values if not is_reading(each)), ahead]
    assert {each.key for each in letters} == {"key"}
    places = [place for place, value in enumerate([*values, ahead]) if value == ahead or not is_reading(value)]
    index = list(csv.reader(results.lines(tmp_path, "unreadable")))
    assert index == [["0", str(n), each.headers["reason"]] for n, each in zip(places, letters, strict=True)]
    assert all(each.headers["reason"] for each in letters)
    assert "ahead" in letters[-1].headers["reason"]
    two = "temperature is missing or not a number; humidity is not between 0 and 100 percent"
    assert two in {each.headers["reason"] for each in letters}
    assert job.progress.unreadable == len(letters)
    assert job.status == "finished"
    assert job.progress.checkpoints.done, "files appear with a checkpoint"


# ------------------------------------------------------------------ stop, resume, kill


@pytest.mark.slow
def test_a_stop_commits_all_that_was_read_and_resume_goes_on_from_there(lab: Lab, tmp_path: Path) -> None:
    tmp_path /= "Übung 1, 100 %"
    sensors = lab.produce(writes="sensor-data", per_second=20)
    lab.wait_for("sensor-data")
    job = lab.flink(into=tmp_path)
    eventually(lambda: job.progress.checkpoints.done and job.total() > 20, START)
    check_who_may_do_what(job)
    with pytest.raises(LabError, match="Another job is writing"):
        lab.flink(into=tmp_path, name="other", resume=True)
    workers, _ = System(topics_of(lab), lambda: [job]).state()
    (worker,) = workers
    assert (worker.status, worker.reads, worker.writes) == ("running", ("sensor-data",), None)
    eventually(lambda: job.lag() < 100)
    assert str(tmp_path) in panel.render(panel.collect(job))
    for refused in ({"into": tmp_path}, {"resume": True, "bounded": True}, {"into": __file__}):
        with pytest.raises(LabError):
            lab.flink(**refused)
    assert job.status == "running"
    job.stop()
    assert (job.status, job.error, job.note) == ("stopped", None, "")
    files = results.lines(tmp_path, "readings")
    assert 20 < len(files) == job.progress.readings == job.progress.read
    assert not list(tmp_path.rglob(".part*"))

    with pytest.raises(LabError, match="holds the results of an earlier job"):
        lab.flink(into=tmp_path)
    with pytest.raises(LabError, match="with a different SQL: name another folder"):
        lab.flink(into=tmp_path, resume=True, sql=SQL.replace("> 303", "> 305"))
    again = lab.flink(into=tmp_path, resume=True)
    sensors.stop()
    again.wait_until_caught_up(START)
    assert again.lag() == 0
    again.stop()
    assert results.lines(tmp_path, "readings")[: len(files)] == files
    assert results.written(tmp_path) == results.sent(lab)
    topics_of(lab).delete([lab.full_name("sensor-data")])
    lab.produce(writes="sensor-data", records=1).wait(5)
    with pytest.raises(LabError, match="with a different topic: name another folder"):
        lab.flink(into=tmp_path, resume=True)


def kill(job: FlinkJob) -> None:
    job.kill()
    assert job.status == "failed"
    assert "killed by signal 9: resume it" in str(job.error)


@pytest.mark.slow
@pytest.mark.parametrize("kills", [1, pytest.param(5, marks=pytest.mark.soak)])
def test_kills_at_random_moments_lose_nothing_and_double_nothing(lab: Lab, tmp_path: Path, kills: int) -> None:
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")  # pytest shows it if the test fails
    dice = random.Random(seed)
    sensors = lab.produce(writes="sensor-data", per_second=100)
    lab.wait_for("sensor-data")
    for number in range(kills):
        job = lab.flink(into=tmp_path, resume=number > 0)
        # Anywhere from its first reading to beyond its second checkpoint.
        begun = eventually(job.total, START)
        moment = begun + dice.randrange(900)
        eventually(lambda job=job, moment=moment: job.total() >= moment, START)
        send(lab, "sensor-data", [b"no reading"])
        kill(job)
    sensors.stop()
    job = lab.flink(into=tmp_path, resume=True)
    job.wait_until_caught_up(START)
    job.stop()
    assert not job.error
    assert results.written(tmp_path) == results.sent(lab)
    assert [each.value for each in lab.records("sensor-data.dead-letter")] == [b"no reading"] * kills
    assert job.progress.unreadable == kills
    readings = [Reading(*each) for each in results.sent(lab).elements()]
    wanted, _ = oracle.results(sorted(readings, key=lambda each: each.timestamp))
    newest = max(each.timestamp for each in readings)
    closed = [each for each in wanted if each.end - 1 <= newest - GRACE]  # a stop closes no windows before their time
    assert [each._replace(average=0) for each in results.windows(tmp_path)] == [
        each._replace(average=0) for each in closed
    ]
    assert len(closed) > 10
    assert not list(tmp_path.rglob(".part*")), "what the killed jobs left half-written"


HOLD = """
import sys
from labkit import Lab
lab = Lab()
lab.produce(writes="sensor-data").wait(1)
job = lab.flink()
while job.status == "starting":
    job.wait(0.1)
print(job._process.directory, flush=True)
sys.stdin.read()
"""


@pytest.mark.slow
@pytest.mark.usefixtures("installation")
def test_a_killed_kernel_takes_the_job_with_it() -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", HOLD], text=True, **pipes) as kernel:
        assert kernel.stdout
        directory = Path(kernel.stdout.readline().strip())
        group = int((directory / "pid").read_text())
        processes = [psutil.Process(group), *psutil.Process(group).children(recursive=True)]
        assert any("java" in each.name() for each in processes)
        eventually(lambda: [*directory.glob("minicluster*")])  # what Flink keeps for a while goes with it
        kernel.kill()
    eventually(lambda: not [each for each in processes if lives(each)] and not directory.exists())


@pytest.mark.slow
def test_records_of_an_aborted_transaction_are_not_read(lab: Lab, tmp_path: Path) -> None:
    """As a killed exactly-once pipeline leaves them. A marker of Kafka's ends each transaction, and so the topic."""
    lab.create_topic("sensor-data")
    producer = transactional_producer(lab)
    for second, end in enumerate(
        [producer.commit_transaction, producer.abort_transaction, producer.commit_transaction]
    ):
        producer.begin_transaction()
        value = renamed(GOOD | {"timestamp": now() - 60_000 + 1000 * second})
        producer.produce(lab.full_name("sensor-data"), value, timestamp=now())
        assert producer.flush(10) == 0  # an abort takes back what has not been sent yet
        end(10)
    job = ended(lab.flink(into=tmp_path, bounded=True))
    assert len(results.lines(tmp_path, "readings")) == job.progress.readings == 2
    assert job.lag() == 0


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of PyFlink, as it is imported
@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("a; b", [(1, "a"), (1, "b")]),
        ("a;\n\nb;\n", [(1, "a"), (3, "b")]),
        ("a; -- done; really\nb /* ; */ c", [(1, "a"), (2, "b /* ; */ c")]),
        ("-- the job; in short\nselect ';', '''; --', `;`\n;", [(2, "select ';', '''; --', `;`")]),
        ("/* two\nlines */ a - b / c;;\n--", [(2, "a - b / c")]),
        ("", []),
    ],
)
def test_a_semicolon_ends_a_statement_but_in_texts_names_and_comments(
    sql: str, expected: list[tuple[int, str]]
) -> None:
    from labkit.flink.job import statements

    found = [*statements(sql)]
    assert [(line, words.strip()) for line, words in found] == expected
    for line, words in found:  # so that Flink counts lines as the author does
        assert words[: len(words) - len(words.lstrip())].count("\n") == line - 1


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_labs_own_job_is_read_as_it_is() -> None:
    from labkit.flink.job import statements

    lines = SQL.splitlines()
    assert all(lines[line - 1].startswith(words.split()[0]) for line, words in statements(SQL))
    inserts = [words.split()[2] for _, words in statements(SQL) if words.lstrip().startswith("INSERT")]
    assert inserts == ["reading_lines", "alert_lines", "windows", "unreadable", "dead_letters"]


# ------------------------------------------------------------------------ time


@pytest.mark.slow
def test_a_silent_partition_does_not_hold_time_back(lab: Lab, tmp_path: Path) -> None:
    lab.create_topic("sensor-data", partitions=2)
    send(lab, "sensor-data", [renamed(GOOD | {"timestamp": now() - 60_000})], partition=1, ago=60_000)
    begin = now() - 30_000
    send(lab, "sensor-data", [renamed(GOOD | {"timestamp": begin + 100 * each}) for each in range(200)], ago=10_000)
    job = lab.flink(into=tmp_path)
    eventually(lambda: job.progress.windows >= 10, START)
    job.stop()
    assert any(each.count == 100 for each in results.windows(tmp_path))


# ---------------------------------------------------------------------- errors


def test_each_error_is_one_line_that_says_what_to_do_and_leaves_nothing(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "temporary"  # other tests write to the common one
    own.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(own))
    with pytest.raises(LabError, match="There is no topic 'nothing' yet: `lab produce --writes nothing`"):
        lab.flink(reads="nothing")
    lab.create_topic("sensor-data")
    (tmp_path / "file").write_text("")
    with pytest.raises(LabError, match=r"Cannot write to .*file.*: name another folder"):
        lab.flink(into=tmp_path / "file")
    with pytest.raises(LabError, match="There is no job to resume in"):
        lab.flink(into=tmp_path / "new", resume=True)
    with pytest.raises(LabError, match="A bounded job cannot be resumed"):
        lab.flink(into=tmp_path / "new", bounded=True, resume=True)
    assert not lab.workers
    assert not list(own.iterdir())


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"into": 5}, r'into is 5, and must be the path of a folder, as in lab\.flink\(into="results"\)'),
        ({"sql": ""}, "sql must be the text of a job that inserts into a table, not ''"),
        ({"sql": "job.sql"}, r"not 'job\.sql': Path\('job\.sql'\)\.read_text\(\) is that of a file"),
        ({"sql": "SELECT 1"}, "inserts into a table, not 'SELECT 1'"),
    ],
)
def test_what_is_no_folder_or_no_job_is_refused_at_once(lab: Lab, given: dict[str, Any], words: str) -> None:
    lab.create_topic("sensor-data")
    with pytest.raises(LabError, match=words):
        lab.flink(**given)
    assert not lab.workers


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("INSERT INTO windows", "INSERT INTO window", r"The SQL cannot .* in line \d+: INSERT INTO window$"),
        ("AVG(temperature)", "AVG(temprature)", r"The SQL is not valid: .* in line \d+: AVG\(temprature\),$"),
        ("'connector' = 'filesystem'", "'connector' = 'file'", r"Flink ended: .*'file'"),
    ],
)
def test_wrong_sql_ends_in_one_line(lab: Lab, old: str, new: str, line: str) -> None:
    lab.create_topic("sensor-data")
    job = lab.flink(sql=SQL.replace(old, new), bounded=True)
    assert job.wait(START)
    assert_one_line(job, line)


def assert_one_line(job: FlinkJob, line: str) -> None:
    """It failed for a reason that is one line, and has kept its log."""
    assert job.status == "failed"
    (reason,) = str(job.error).splitlines()
    assert re.match(line, reason.partition(" Its log is ")[0])
    assert (job.folder / ".job/flink.log").exists()


def test_a_job_is_written_and_its_folder_called_as_one_likes_and_one_that_did_nothing_is_not_in_the_way(
    lab: Lab, tmp_path: Path
) -> None:
    folder = tmp_path / "My course, 100 % Übung #1?;'x"
    assert lab.produce([GOOD | {"device": "a;b"}] * 20, writes="sensor-data", per_second=None).wait(10)
    failed = lab.flink(into=folder, sql=SQL.replace("SELECT", "SELEKT"))
    assert failed.wait(START)
    line = r"The SQL cannot be parsed: .* in the statement that begins in line \d+: CREATE VIEW fields AS$"
    assert_one_line(failed, line)
    sql = SQL.replace("INSERT INTO", "insert into").replace(");\n", "); -- done; really\n", 1) + "\n-- the end; at last"
    job = ended(lab.flink(into=folder, bounded=True, sql=sql))
    assert job.progress.readings == len(results.lines(folder, "readings")) == 20
    assert [*tmp_path.iterdir()] == [folder]


def test_a_checkpoint_of_another_job_that_only_flink_can_tell() -> None:
    said = "java.lang.IllegalStateException: Failed to rollback to checkpoint/savepoint file:/c/chk-3. Cannot map"
    log = f"more\nCaused by: {said}"
    assert explain(1, log, SQL) == "The checkpoint file:/c/chk-3 is from another job."


def test_without_a_network_one_line_names_the_jar(tmp_path: Path, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = Lock.read(FLINK_LOCK)
    empty = FlinkInstallation("Flink's jars", lock, tmp_path)
    monkeypatch.setattr("labkit.flink.engine.flink_installation", lambda: empty)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nobody listens at the discard port
    monkeypatch.setenv("NO_PROXY", "")
    lab.create_topic("sensor-data")
    with pytest.raises(LabError, match=r"Could not download org.apache.flink:.* check the network"):
        lab.flink()


def test_without_pyflink_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, lab: Lab) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(NotInstalled, match="`uv run --all-extras lab`"):
        lab.flink()
    monkeypatch.setattr("sys.version_info", (3, 13, 0))
    with pytest.raises(NotInstalled, match=r"needs Python 3\.11 or 3\.12, not 3\.13: `uv run --python 3\.12"):
        lab.flink()


def test_a_user_without_an_entry_in_the_password_file_has_a_name_for_pyflink(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    nobody = ["bwrap", "--dev-bind", "/", "/", "--unshare-user", "--uid", "12345", sys.executable, "-c"]
    asking = [*nobody, "import getpass; print(getpass.getuser())"]  # as PyFlink does
    assert b"uid not found" in subprocess.run(asking, check=False, capture_output=True).stderr
    given = flink_installation().environment(tmp_path)
    assert subprocess.run(asking, check=True, capture_output=True, env=given).stdout
    lost = {name: value for name, value in given.items() if not name.startswith(("HOME", "XDG_"))}
    says = "try: store.root()\nexcept Exception as error: print(error)"
    told = subprocess.run([*nobody, f"from labkit.jvm import store\n{says}"], capture_output=True, env=lost, check=True)
    assert b"set HOME or XDG_CACHE_HOME" in told.stdout
