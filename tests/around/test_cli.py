"""The command `lab`, as somebody types it."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

import pytest

from labkit import doctor, lessons
from labkit.broker import OwnBroker
from labkit.cli import jupyter
from labkit.kafka import clients
from labkit.pipelines import PIPELINES
from tests import commands
from tests.waiting import eventually

LAB = str(Path(sys.executable).with_name("lab"))
COMMANDS = [
    *("fetch", "doctor", "broker", "produce", "run", "step", "flink", "peek", "dashboard", "progress"),
    *("prove", "handout", "grade"),
]


def lab(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([LAB, *arguments], capture_output=True, text=True, timeout=60, env=os.environ | environment)


class Terminal:
    """A command that goes on until Ctrl+C, which must end it cleanly; `said` is its standard output."""

    def __init__(self, *arguments: str, stderr: int | None = None, **environment: str) -> None:
        here = os.environ | environment
        self.process = subprocess.Popen([LAB, *arguments], stdout=subprocess.PIPE, stderr=stderr, text=True, env=here)
        assert self.process.stdout
        self.stdout = self.process.stdout
        self.said = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self.process.pid, signal.SIGINT)
        self.said = self.stdout.read()
        self.stdout.close()
        assert self.process.wait(15) == 0


@pytest.mark.parametrize("command", [[], *([each] for each in COMMANDS)], ids=lambda each: " ".join(each) or "lab")
def test_every_command_has_help_with_an_example(command: list[str]) -> None:
    result = commands.lab(*command, "--help")
    assert result.exit_code == 0
    assert f"Example: {' '.join(['lab', *command])}" in result.stdout


@pytest.mark.slow
@pytest.mark.usefixtures("installation")
def test_three_terminals_do_what_the_notebooks_do() -> None:
    with Terminal("broker") as broker:
        found = re.fullmatch(r"export LAB_BROKER=(127\.0\.0\.1:\d+)\n", broker.stdout.readline())
        assert found
        here = {"LAB_BROKER": found[1]}
        produce, run = Terminal("produce", "--per-second", "50", **here), Terminal("run", "alert-filter", **here)
        with produce, run:
            eventually(lambda: "sensor-1" in lab("peek", "alert", "--records", "3", **here).stdout, 60)
        written = re.match(r"producer of sensor stopped: (\d+) records written to sensor\.", produce.said)
        assert written
        newest = lab("peek", "sensor", "--records", "1", **here).stdout.splitlines()[1]
        assert int(newest.split()[1]) == int(written[1]) - 1  # the last offset: nothing that was accepted is lost
        assert re.match(r"alert_filter stopped: sensor → alert, \d+ in, \d+ out\.", run.said)


@pytest.mark.slow
@pytest.mark.usefixtures("installation")
def test_one_of_three_brokers_is_killed_and_everything_goes_on() -> None:
    with Terminal("broker", "--nodes", "3", stderr=subprocess.PIPE) as broker:
        found = re.fullmatch(r"export LAB_BROKER=((127\.0\.0\.1:\d+,?){3})\n", broker.stdout.readline())
        assert found
        here = {"LAB_BROKER": found[1]}
        assert broker.process.stderr
        said = [broker.process.stderr.readline() for _ in range(4)]  # "Kafka is ready", and a line for each
        victim = re.fullmatch(r"Broker 2 is process (\d+): `kill -9 \1` kills it\.\n", said[2])
        assert victim
        with Terminal("produce", "--per-second", "50", **here) as produce:
            eventually(lambda: "sensor-1" in lab("peek", "sensor", "--records", "3", **here).stdout, 60)
            os.kill(int(victim[1]), signal.SIGKILL)
            assert "Broker 2 has ended and will be restarted in 30 s" in broker.process.stderr.readline()
            before = newest_time(here)
            eventually(lambda: newest_time(here) > before, 60)
        written = re.match(r"producer of sensor stopped: (\d+) records written to sensor\.", produce.said)
        assert written
        shown = lab("peek", "sensor", "--records", "1", **here).stdout.splitlines()[1]
        assert int(shown.split()[1]) == int(written[1]) - 1
        broker.process.stderr.close()


def newest_time(here: dict[str, str]) -> str:
    return lab("peek", "sensor", "--records", "1", **here).stdout.splitlines()[1].split()[3]


@pytest.mark.slow
def test_a_pipeline_may_be_started_before_what_it_reads(broker: OwnBroker) -> None:
    here = {"LAB_BROKER": broker.address, "LAB_NAMESPACE": "order-"}
    shared = Terminal("run", "alert-filter", "--replicas", "2", "--exactly-once", **here)
    with Terminal("run", "alert-counter", **here), shared as run:
        eventually(lambda: "order-sensor" in clients.admin(broker.address).list_topics(timeout=5).topics, 30)
        assert lab("produce", "--per-second", "max", "--records", "500", **here).returncode == 0
        eventually(lambda: "sensor-1" in lab("peek", "alert", **here).stdout, 60)
    assert re.match(r"alert_filter stopped: sensor → alert, 500 in, \d+ out\.", run.said)


def test_the_dashboard_ends_with_ctrl_c_and_leaves_no_file(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as log:
        options = ("dashboard", "--source", "nyc-weather", "--no-browser", "--port", "0")
        server = subprocess.Popen([LAB, *options], stderr=log, env=os.environ | {"TMPDIR": str(tmp_path)})
        eventually(lambda: "token=" in (tmp_path / "log").read_text(), 60)
        os.kill(server.pid, signal.SIGINT)
        assert server.wait(20) == 0
    assert "Traceback" not in (tmp_path / "log").read_text()
    assert [each.name for each in tmp_path.iterdir()] == ["log"]


def test_a_dashboard_that_cannot_be_served_is_an_error() -> None:
    refused = lab("dashboard", "--no-browser", "--host", "192.0.2.1")  # an address of no computer
    assert refused.returncode == 1
    assert "Error: Voilà has ended with exit code 1" in refused.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda each: each.name)
def test_a_command_that_is_interrupted_has_not_succeeded(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "examine", lambda: [signal.raise_signal(number)])
    result = commands.lab("doctor")
    assert (result.exit_code, result.output) == (130, "")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["produce"], "LAB_BROKER is not set: run `lab broker`"),
        (["run", "alert-filter"], "LAB_BROKER is not set"),
        (["peek", "sensor"], "LAB_BROKER is not set"),
    ],
)
def test_without_a_broker_an_error_is_one_line(command: list[str], message: str) -> None:
    result = lab(*command)
    assert result.returncode == 1
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["run", "alert-fliter"], "There is no pipeline 'alert-fliter': choose from alert-filter, alert-counter, "),
        (["peek", "nothing"], "There is no topic 'nothing'"),
        (["produce", "--per-second", "fast"], "--per-second is 'fast': give a number, or max."),
        (["produce", "--source", "nowhere.csv"], "There is no file nowhere.csv."),
        (["produce", "--source", "nyc-wether"], "no file or recording 'nyc-wether': the recordings are nyc-weather."),
        (["produce", "--source", "nyc-weather", "--start", "summer"], "start is 'summer', not a time"),
        (["produce", "--source", "nyc-weather", "--factor", "nan"], "factor is nan: give a number above 0"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_to_do(broker: OwnBroker, command: list[str], message: str) -> None:
    result = lab(*command, LAB_BROKER=broker.address, LAB_NAMESPACE="mistakes-")
    assert result.returncode == 1
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_csv_file_is_sent_whole(broker: OwnBroker, tmp_path: Path) -> None:
    table = tmp_path / "readings.csv"
    table.write_text(
        "device,temperature,humidity,timestamp\nroof,21.5,40,2024-07-01T12:00:00Z\nroof,22,41,2024-07-01T12:00:01Z\n"
    )
    here = {"LAB_BROKER": broker.address, "LAB_NAMESPACE": "csv-"}
    result = lab("produce", "--source", str(table), "--per-second", "max", "--writes", "roof", **here)
    assert result.stderr == ""
    assert result.stdout.startswith("producer of roof finished: 2 records written to roof. readings.csv: UTF-8")
    assert "2024-07-01 12:00:01" in lab("peek", "roof", **here).stdout


@pytest.mark.slow
def test_a_csv_file_of_any_shape_is_sent_with_its_key_and_its_time(broker: OwnBroker, tmp_path: Path) -> None:
    table = tmp_path / "levels.csv"
    table.write_text("station;level;measured\nKöln;7,94;01.03.2025 12:00\n")
    here = {"LAB_BROKER": broker.address, "LAB_NAMESPACE": "levels-"}
    source = ("--source", str(table), "--writes", "levels")
    result = lab("produce", *source, "--key", "station", "--time", "measured", **here)
    assert (result.stdout, result.stderr) == (
        "producer of levels finished: 1 record written to levels. "
        "levels.csv: UTF-8, separated by semicolons; decimal commas in level; key: station; "
        "measured: day, month, year (UTC), 2025-03-01 to 2025-03-01\n",
        "",
    )
    newest = lab("peek", "levels", **here).stdout.splitlines()[1].split()
    assert newest == ["0", "0", "2025-03-01", "12:00:00", "Köln", "Köln", "7.94", "01.03.2025", "12:00"]
    result = lab("produce", *source, "--no-key", "--no-time", "--records", "1", **here)
    assert result.returncode == 0, result.stderr
    assert lab("peek", "levels", "--records", "1", **here).stdout.splitlines()[1].split()[4] == "None"
    wrong = lab("produce", *source, "--key", "place", "--time", "mesured", **here)
    assert wrong.stderr == "Error: There is no column 'place' for the key. The columns are station, level, measured.\n"


@pytest.mark.slow
def test_recorded_weather_is_replayed_from_a_start_with_a_factor(broker: OwnBroker) -> None:
    here = {"LAB_BROKER": broker.address, "LAB_NAMESPACE": "weather-"}
    source = ("--source", "nyc-weather", "--start", "2013-12-24T05:00-05:00", "--factor", "3.6e6", "--records", "3")
    result = lab("produce", *source, **here)
    assert (result.stdout, result.stderr) == (
        "producer of sensor finished: 3 records written to sensor. start: ISO 8601, 2013-12-24T10:00:00Z\n",
        "",
    )
    shown = lab("peek", "sensor", **here).stdout
    assert shown.count("1387879200000") == 3  # 2013-12-24 10:00 UTC, in `recorded`
    assert [station for station in ("EWR", "JFK", "LGA") if station in shown] == ["EWR", "JFK", "LGA"]


def test_the_help_of_run_names_all_pipelines() -> None:
    named = re.search(r"The pipelines are ([\w, -]+)\.", commands.lab("run", "--help").stdout)
    assert named
    assert re.split(", | and ", named[1]) == list(PIPELINES)


@pytest.mark.usefixtures("installation")
@pytest.mark.parametrize(
    ("layout", "opens_00"),
    [
        (None, True),
        ('{"data": {"notebook:02_filter.ipynb": {}}}', False),
        ('{"data": {"layout-restorer:data": {}}}', True),  # all tabs were closed
        ('{"data": {"notebook:elsewhere.ipynb": {}}}', True),  # of another folder
        ('{"da', True),
    ],
)
def test_the_lab_opens_00_unless_another_notebook_of_the_folder_was_left_open(
    layout: str | None, opens_00: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if layout:
        (tmp_path / "default.jupyterlab-workspace").write_text(layout)
    monkeypatch.setenv("JUPYTERLAB_WORKSPACES_DIR", str(tmp_path))
    begun: list[list[str]] = []
    monkeypatch.setattr(os, "execve", lambda _path, command, _environment: begun.append(command))
    jupyter.open_in_jupyterlab(lessons.CLONED, 8888, no_browser=True)
    assert ("--LabApp.default_url=/lab/tree/00_start_here.ipynb" in begun[0]) == opens_00


def test_doctor_finds_everything_sound() -> None:
    result = lab("doctor")
    assert result.returncode == 0, result.stdout
    assert "the lab's own broker: started at 127.0.0.1:" in result.stdout
    assert "NOT" not in result.stdout


def test_doctor_finds_a_broker_that_does_not_answer() -> None:
    result = lab("doctor", LAB_BROKER="127.0.0.1:1")
    assert result.returncode == 1
    assert "NOT  LAB_BROKER: No Kafka answers at 127.0.0.1:1" in result.stdout


@pytest.mark.slow
def test_whoever_has_the_address_from_a_file_is_told_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "anna.properties"
    file.write_text("bootstrap.servers=127.0.0.1:1\n")
    clean = {"LAB_BROKER": "", "LAB_KAFKA_CONFIG": str(file)}
    said = lab("peek", "sensor", **clean).stderr
    assert said.startswith(f"Error: No Kafka answers at 127.0.0.1:1 ({file}, LAB_KAFKA_CONFIG): start it there")
    assert "or unset LAB_KAFKA_CONFIG and the lab starts one of its own" in said
    assert "NOT  LAB_KAFKA_CONFIG: No Kafka answers" in lab("doctor", **clean).stdout
    file.write_text(f"{file.read_text()}lab.namespace=anna-\n")
    said = lab("peek", "sensor", **clean).stderr
    assert "either the class's Kafka is not running just now, or it has moved: then ask for the new file." in said


@pytest.mark.parametrize("module", ["click", "confluent_kafka"])
def test_ctrl_c_while_it_still_imports_shows_no_traceback(module: str, tmp_path: Path) -> None:
    (tmp_path / f"{module}.py").write_text("raise KeyboardInterrupt")
    ended = lab("run", "alert_filter", PYTHONPATH=str(tmp_path), LAB_BROKER="127.0.0.1:1")
    assert (ended.stdout, ended.stderr) == ("", "")
    assert ended.returncode in (-signal.SIGINT, 130)
    program = "import sys; sys.argv = ['own.py']; import labkit.cli"
    own = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | {"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert "KeyboardInterrupt" in own.stderr, "a program of one's own shows where it was"


def test_doctor_finds_a_registry_that_does_not_answer() -> None:
    result = lab("doctor", LAB_BROKER="127.0.0.1:1", LAB_REGISTRY="http://127.0.0.1:1")
    assert "NOT  LAB_REGISTRY: No schema registry answers at http://127.0.0.1:1" in result.stdout


@pytest.mark.usefixtures("installation", "registry_files", "flink")
def test_fetch_says_what_is_there() -> None:
    result = lab("fetch")
    assert result.returncode == 0
    assert "47 jars, each verified" in result.stdout
    assert "Apicurio Registry 3.3.2: one archive, verified and unpacked" in result.stdout
    assert "Flink 2.3.0: 2 jars, each verified" in result.stdout or "No Flink: Flink " in result.stdout


@pytest.mark.slow
@pytest.mark.usefixtures("flink")
def test_flink_writes_files_until_ctrl_c_and_resumes(broker: OwnBroker, tmp_path: Path) -> None:
    here = {"LAB_BROKER": broker.address, "LAB_NAMESPACE": f"cli-{tmp_path.name}-"}
    folder = tmp_path / "files"
    with Terminal("produce", "--writes", "sensor-data", "--per-second", "20", **here):
        eventually(lambda: "sensor-1" in lab("peek", "sensor-data", **here).stdout, 30)
        for arguments in ([], ["--resume"]):
            before = len(list(folder.glob("readings/part-*")))
            with Terminal("flink", "--into", str(folder), *arguments, **here) as flink:
                eventually(lambda before=before: len(list(folder.glob("readings/part-*"))) > before, 60)
            rows = sum(len(each.read_text().splitlines()) for each in folder.glob("readings/part-*"))
            assert re.match(rf"flink stopped: .*, {rows} read, {rows} readings", flink.said)
            assert not list(folder.rglob(".part*"))
    refused = lab("flink", "--into", str(folder), **here)
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"Error: {folder} holds the results of an earlier job: resume that, or name")
    assert len(refused.stderr.splitlines()) == 1
    assert "Error: No Kafka answers" in lab("flink", LAB_BROKER="127.0.0.1:1").stderr
    nowhere = lab("flink", "--into", str(tmp_path / "more"), "--cluster", "127.0.0.1:1", **here)
    assert nowhere.stderr.startswith("Error: No Flink cluster answers at 127.0.0.1:1")
    assert len(nowhere.stderr.splitlines()) == 1
