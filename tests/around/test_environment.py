"""The files around the code agree with the code."""

import ast
import datetime
import re
import shutil
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from labkit.extras import DISTRIBUTION, MODULES

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
TRACKED = [
    ROOT / name
    for name in subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
]


MIRROR_LAG = datetime.timedelta(days=14)
FORGOTTEN = "pyproject.toml was changed after requirements.txt was written: scripts/requirements > requirements.txt"
MOVED = (
    "the registry has moved: requirements.txt fits pyproject.toml, but a new resolve gives other versions. "
    "Set an earlier date in [tool.uv] exclude-newer, then scripts/requirements > requirements.txt"
)


def resolve(root: Path, *options: str) -> str | None:
    """What scripts/requirements writes; None if the requirements cannot all be met."""
    command = [root / "scripts/requirements", *options]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0 or "No solution found" in result.stderr, result.stderr
    return result.stdout if result.returncode == 0 else None


def difference(root: Path, *options: str) -> str:
    """Why requirements.txt is not what `uv run` installs; empty if it is."""
    written = (root / "requirements.txt").read_text()
    if resolve(root, *options) == written:
        return ""
    return MOVED if resolve(root, "--constraint", "requirements.txt", *options) == written else FORGOTTEN


def difference_offline(root: Path) -> str:
    """The same in a fraction of the time, from what an earlier `resolve` has fetched."""
    return difference(root, "--offline")


@pytest.mark.slow
def test_requirements_are_what_uv_run_installs() -> None:
    why = difference(ROOT)
    if why == MOVED:  # no forgotten update: a mirror has gained or lost a version
        pytest.xfail(MOVED)
    assert why == "", why


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A copy of the files that say what is installed."""
    for name in ("pyproject.toml", "requirements.txt", "scripts/requirements"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.mark.slow
def test_a_moved_registry_is_told_from_forgotten_requirements(elsewhere: Path) -> None:
    """As if requirements.txt had been written where the newest version of one package was not available yet."""
    requirements, lag = elsewhere / "requirements.txt", elsewhere / "lag.txt"
    lag.write_text("certifi<" + re.search(r"^certifi==(\S+)", requirements.read_text(), flags=re.MULTILINE)[1])
    resolve(elsewhere)
    requirements.write_text(resolve(elsewhere, "--constraint", "lag.txt"))
    assert difference_offline(elsewhere) == MOVED


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "after"),
    [(r'"click>=[^"]*"', '"click<8.3"'), (r"(exclude-newer = .*)T00:", r"\1T01:")],
    ids=["another bound", "another date"],
)
def test_forgotten_requirements_are_told_from_a_moved_registry(elsewhere: Path, before: str, after: str) -> None:
    project = elsewhere / "pyproject.toml"
    changed, count = re.subn(before, after, project.read_text())
    assert count == 1
    project.write_text(changed)
    resolve(elsewhere)
    assert difference_offline(elsewhere) == FORGOTTEN


def test_the_date_lay_two_weeks_back_when_it_was_set() -> None:
    """Of a line that is not committed yet, `git blame` says that it was changed just now."""
    command = ["git", "blame", "--porcelain", "-L", "/^exclude-newer/,+1", "pyproject.toml"]
    blame = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    since = int(re.search(r"^committer-time (\d+)", blame, flags=re.MULTILINE)[1])
    date = datetime.datetime.fromisoformat(PROJECT["tool"]["uv"]["exclude-newer"])
    assert datetime.datetime.fromtimestamp(since, datetime.UTC) - date >= MIRROR_LAG


def test_every_direct_dependency_is_bounded_and_the_date_is_fixed() -> None:
    extras = PROJECT["project"]["optional-dependencies"].values()
    everything = PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"] + [*chain(*extras)]
    assert [each for each in everything if not re.search(r">=.+,<", each)] == [f"{DISTRIBUTION}[notebook]"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00Z", PROJECT["tool"]["uv"]["exclude-newer"])


def test_each_extra_is_told_by_the_modules_of_its_packages() -> None:
    assert PROJECT["project"]["name"] == DISTRIBUTION
    names = {"apache-flink": "pyflink"}  # the others are called like their modules
    for extra, requirements in PROJECT["project"]["optional-dependencies"].items():
        found = {Requirement(each).name for each in requirements}
        also = MODULES["notebook"] if DISTRIBUTION in found else ()
        assert {names.get(each, each) for each in found - {DISTRIBUTION}} | {*also} == {*MODULES[extra]}


def test_conda_gets_the_same_python_and_the_same_requirements() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    python, pip, rest = environment["dependencies"]
    assert python == f"python{PROJECT['project']['requires-python']}"
    assert (pip, rest) == ("pip", {"pip": ["-r requirements.txt"]})


PYTHONS = ("3.11", "3.12", "3.13", "3.14")
LINUX_X86, LINUX_ARM = "x86_64-manylinux_2_28", "aarch64-manylinux_2_28"
MAC_X86, MAC_ARM = "x86_64-apple-darwin", "aarch64-apple-darwin"
FLINK_PYTHONS = ("3.11", "3.12")
SOURCE_ONLY = {"crcmod", "dill", "docopt", "hdfs"}  # dependencies of apache-beam that were never published as wheels
COMPILED = {LINUX_ARM: {"apache-flink"}, MAC_ARM: {"apache-beam"}}  # these need a C compiler, as the README says


def without_wheels(python: str, platform: str, expected: set[str]) -> str:
    """Why the locked versions cannot be installed from wheels, apart from the expected packages; empty if they can."""
    entries = re.split(r"\n(?=[a-z0-9])", (ROOT / "requirements.txt").read_text())
    wanted = "\n".join(each for each in entries if each.partition("==")[0] not in expected)
    command = ["uv", "pip", "compile", "--quiet", "--no-deps", "--only-binary", ":all:", "-"]
    command += ["--python", sys.executable]  # uv would look for the other Pythons, and for nothing
    target = ["--exclude-newer", PROJECT["tool"]["uv"]["exclude-newer"], "--python-version", python]
    result = subprocess.run(
        [*command, *target, "--python-platform", platform], cwd=ROOT, input=wanted, capture_output=True, text=True
    )
    return result.stderr if result.returncode else ""


@pytest.mark.slow
@pytest.mark.parametrize("platform", [LINUX_X86, LINUX_ARM, MAC_X86, MAC_ARM])
def test_every_promised_python_and_platform_has_wheels(platform: str) -> None:
    for python in PYTHONS:
        expected = SOURCE_ONLY | COMPILED.get(platform, set()) if python in FLINK_PYTHONS else set()
        assert without_wheels(python, platform, expected) == "", (python, platform)


def test_the_next_python_is_refused_as_long_as_it_has_no_wheels() -> None:
    """Otherwise uv would take a Python 3.15 of the machine, and try to compile; so it fetches one that fits."""
    assert PROJECT["project"]["requires-python"] == ">=3.11,<3.15"
    assert [each.rpartition(" ")[2] for each in PROJECT["project"]["classifiers"]] == [*PYTHONS]
    assert "confluent-kafka" in without_wheels("3.15", LINUX_X86, set())


def test_no_file_names_a_registry_or_a_path_of_somebodys_machine() -> None:
    registry = re.compile(r"https?://[a-z0-9.-]*(pypi|pythonhosted|maven|npmjs|conda)", re.IGNORECASE)
    home = re.compile(rf"{re.escape(str(ROOT.parent))}/|{re.escape(str(Path.home()))}/")
    for path in TRACKED:
        if path.is_file() and path.suffix not in {".png", ".gif", ".gz"}:
            text = path.read_text()
            assert not registry.search(text), path
            assert not home.search(text), path


def test_locks_that_name_registries_stay_out_of_git() -> None:
    assert not {"uv.lock", "pylock.toml"} & {path.name for path in TRACKED}


def test_the_readme_says_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text()
    assert "uv run --all-extras lab\n" in readme
    assert "uv run --all-extras pytest\n" in readme
    assert "\nuv run --all-extras pytest #" in (ROOT / ".ci/run").read_text()


def rooms() -> list[list[str]]:
    """The drawing of the architecture, line by line: the names before the gap."""
    page = (ROOT / "docs/architecture.md").read_text()
    drawing = page.partition("```rooms\n")[2].partition("```")[0]
    return [re.match(r"\w+(?:  \w+)*", line)[0].split() for line in drawing.splitlines()]


# A room may import only those below it.
ROOMS = rooms()
LEVEL = {room: level for level, rooms in enumerate(ROOMS) for room in rooms}


def imports(path: Path) -> set[str]:
    """The rooms of labkit that a file imports."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "labkit":
            names += [f"{node.module}.{alias.name}" for alias in node.names]
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names if alias.name.split(".")[0] == "labkit"]
    return {room for name in names if (room := [*name.split("."), ""][1]) in LEVEL}


@pytest.mark.parametrize("path", sorted((ROOT / "labkit").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    room = path.relative_to(ROOT / "labkit").parts[0].removesuffix(".py")
    assert {other for other in imports(path) if other != room and LEVEL[other] < LEVEL[room]} == set()


def test_the_drawing_of_the_architecture_has_every_room() -> None:
    found = {each.stem for each in (ROOT / "labkit").iterdir() if each.suffix == ".py" or any(each.glob("*.py"))}
    assert {*LEVEL} == found


def test_importing_the_lab_loads_neither_quix_streams_nor_widgets_nor_pandas() -> None:
    heavy = "{'quixstreams', 'plotly', 'ipywidgets', 'pandas', 'jgo', 'papermill', 'pyflink'}"
    code = f"import sys; from labkit import Lab; print(*{heavy} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (result.stdout, result.stderr) == ("\n", "")


def test_trying_an_answer_loads_no_pandas() -> None:
    code = "import sys; from labkit.exercises import answer_types, checks; print('pandas' in sys.modules)"
    result = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "False\n"


def test_the_public_surface_is_small() -> None:
    import labkit

    assert labkit.__all__ == ["Lab", "LabError"]
