"""The wheel, outside a clone: the core alone, and the notebooks that it brings."""

import os
import re
import signal
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
DATE = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["uv"]["exclude-newer"]
LAB = "from labkit.cli import main; main()"

SCRIPT = """
from labkit import Lab, LabError, cells
from labkit.pipelines import alert_filter

with Lab() as lab:
    hot = {"device": "oven", "temperature": 40.0, "humidity": 1.0}
    lab.produce([hot | {"timestamp": 1763800000000 + second * 1000} for second in range(1, 51)], per_second=None)
    lab.run(alert_filter, reads="sensor", writes="alert")
    lab.wait_for("alert", records=50)
    assert [*lab.peek("alert", records=2).kelvin] == [313.15, 313.15]
    print(lab.check("damp-rooms", lambda readings: readings).points)
    before = len(lab.workers)
    for refused in (lambda: lab.chart("alert"), lab.dashboard, lab.topology):
        try:
            refused()
        except LabError as error:
            print(error)
    assert len(lab.workers) == before

cells.current = lambda: cells.Cell("a cell", "one execution of it")
try:
    Lab()
except LabError as error:
    print(error)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, as it would be published."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(["uv", "build", "--quiet", "--wheel", "--out-dir", folder, ROOT], check=True, timeout=120)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def unpacked(wheel: Path) -> Path:
    """The same, to import beside the extras of this environment."""
    folder = wheel.parent / "unpacked"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def core(wheel: Path) -> Path:
    """The executables of an environment with the wheel and what it requires, in the locked versions: no extra."""
    environment, locked = wheel.parent / "core", wheel.parent / "locked.txt"
    versions = re.findall(r"^\w\S*==.*(?= \\$)", (ROOT / "requirements.txt").read_text(), flags=re.MULTILINE)
    locked.write_text("\n".join(versions))
    install = ["uv", "pip", "install", "--quiet", "--python", environment, "--constraint", locked, wheel]
    for command in (["uv", "venv", "--quiet", "--python", sys.executable, environment], install):
        subprocess.run(command, check=True, timeout=300, env=os.environ | {"UV_EXCLUDE_NEWER": DATE})
    return environment / "bin"


@pytest.mark.slow
@pytest.mark.usefixtures("installation")
def test_the_core_runs_pipelines_and_checks_and_says_what_a_chart_needs(core: Path, tmp_path: Path) -> None:
    command = [core / "python", "-c", SCRIPT]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert (result.returncode, result.stderr) == (0, "")
    points, *refused = result.stdout.splitlines()
    assert points == "3"
    needs = "This needs the extra `notebook`, but jupyterlab is missing: "
    advice = 'pip install "stream-processing-lab[notebook]", or in a clone `uv run --all-extras lab`.'
    assert refused == [needs + advice] * 4


OWN_TEST = """
def test_{name}(pipeline, kafka):
    print("works on", kafka.broker.address)
    pipeline(lambda orders: orders[orders["n"] > 1]).given([{{"n": 1}}, {{"n": 2}}]).gives([{{"n": {expected}}}])
"""


@pytest.mark.slow
@pytest.mark.usefixtures("installation")
def test_the_core_tests_pipelines_in_several_processes_each_with_a_kafka(core: Path, tmp_path: Path) -> None:
    """With pytest, which the core does not require, in an environment without JupyterLab."""
    locked = core.parents[1] / "locked.txt"
    install = ["uv", "pip", "install", "--quiet", "--python", core / "python", "--constraint", locked]
    versions = os.environ | {"UV_EXCLUDE_NEWER": DATE}
    subprocess.run([*install, "pytest", "pytest-xdist"], check=True, timeout=120, env=versions)
    for name, expected in (("right", 2), ("wrong", 3)):
        (tmp_path / f"test_{name}.py").write_text(OWN_TEST.format(name=name, expected=expected))
    environment = {name: each for name, each in os.environ.items() if not name.startswith("PYTEST_")}
    command = [core / "python", "-m", "pytest", "-n2", "-rA", "-Werror", "-p", "no:cacheprovider"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, env=environment)
    assert "1 failed, 1 passed" in result.stdout, result.stdout + result.stderr
    assert "→ wrong  #1" in result.stdout
    assert len({*re.findall(r"works on (\S+)", result.stdout)}) == 2


@pytest.mark.parametrize(
    ("command", "extra"),
    [
        ([], "notebook"),
        pytest.param(["dashboard"], "notebook", marks=pytest.mark.slow),
        pytest.param(["grade", "x"], "grading", marks=pytest.mark.slow),
    ],
)
def test_a_command_of_the_core_says_which_extra_it_needs(
    core: Path, tmp_path: Path, command: list[str], extra: str
) -> None:
    result = subprocess.run([core / "lab", *command], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert result.returncode == 1
    assert f'pip install "stream-processing-lab[{extra}]"' in result.stderr
    assert result.stderr.count("\n") == 1
    assert [*tmp_path.iterdir()] == []


def served(unpacked: Path, elsewhere: Path, *arguments: str) -> str:
    """What `lab` of the wheel says until it serves a page; then Ctrl+C ends it."""
    log, command = elsewhere.with_suffix(".log"), [sys.executable, "-c", LAB, *arguments, "--no-browser", "--port", "0"]
    environment = os.environ | {"PYTHONPATH": str(unpacked), "JUPYTERLAB_WORKSPACES_DIR": str(elsewhere / "layouts")}
    with (
        log.open("w") as said,
        subprocess.Popen(command, cwd=elsewhere, stderr=said, env=environment) as server,
    ):
        try:
            eventually(lambda: "token=" in log.read_text() or server.poll() is not None, 60)
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(20)
    return log.read_text()


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


@pytest.mark.slow
def test_lab_opens_copies_of_the_notebooks_and_overwrites_none(unpacked: Path, elsewhere: Path) -> None:
    copies = elsewhere / "labkit-notebooks"
    copies.mkdir()
    (copies / NOTEBOOKS[0].name).write_text("mine")
    said = served(unpacked, elsewhere)
    assert f"The notebooks are in {copies}: {len(NOTEBOOKS) - 1} copied there now" in said
    assert f"Serving notebooks from local directory: {copies}" in said
    assert (copies / NOTEBOOKS[0].name).read_text() == "mine"
    for each in NOTEBOOKS[1:]:
        assert (copies / each.name).read_bytes() == each.read_bytes()


@pytest.mark.slow
def test_the_copies_go_where_copy_to_says(unpacked: Path, elsewhere: Path) -> None:
    said = served(unpacked, elsewhere, "--copy-to", "my/course")
    assert f"The notebooks are in {elsewhere}/my/course: {len(NOTEBOOKS)} copied there now" in said
    assert {each.name for each in (elsewhere / "my/course").iterdir()} >= {each.name for each in NOTEBOOKS}


def test_lab_dashboard_finds_its_notebook_in_the_wheel(unpacked: Path, elsewhere: Path) -> None:
    assert "token=" in served(unpacked, elsewhere, "dashboard")
