"""The files around the code say the same as the code."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
TRACKED = [
    ROOT / name
    for name in subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
]


def test_requirements_are_what_uv_run_installs() -> None:
    result = subprocess.run([ROOT / "scripts/requirements"], capture_output=True, text=True, check=True, timeout=300)
    assert result.stdout == (ROOT / "requirements.txt").read_text(), "run scripts/requirements > requirements.txt"


def test_every_direct_dependency_is_bounded_and_the_date_is_fixed() -> None:
    everything = PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"]
    everything += PROJECT["project"]["optional-dependencies"]["flink"]
    assert [each for each in everything if not re.search(r">=.+,<", each)] == []
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00Z", PROJECT["tool"]["uv"]["exclude-newer"])


def test_conda_gets_the_same_python_and_the_same_requirements() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    python, pip, rest = environment["dependencies"]
    assert python == f"python{PROJECT['project']['requires-python']}"
    assert (pip, rest) == ("pip", {"pip": ["-r requirements.txt"]})


def test_no_file_names_a_registry_or_a_path_of_somebodys_machine() -> None:
    registry = re.compile(r"https?://[a-z0-9.-]*(pypi|pythonhosted|maven|npmjs|conda)", re.IGNORECASE)
    home = re.compile(rf"{re.escape(str(ROOT.parent))}/|{re.escape(str(Path.home()))}/")
    for path in TRACKED:
        if path.is_file() and path.suffix not in {".png", ".gz"}:
            text = path.read_text()
            assert not registry.search(text), path
            assert not home.search(text), path


def test_locks_that_name_registries_stay_out_of_git() -> None:
    assert not {"uv.lock", "pylock.toml"} & {path.name for path in TRACKED}


def test_the_readme_says_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text()
    assert "uv run --all-extras lab\n" in readme
    assert "uv run --all-extras pytest\n" in readme
    assert "\nuv run --all-extras pytest" in (ROOT / ".ci/run").read_text()


# A room may import those below it only.
ROOMS = [
    {"cli", "doctor", "page", "__main__"},
    {"lab", "scene", "__init__"},
    {"live", "cells"},
    {"flink"},
    {"runs"},
    {"broker", "pipelines"},
    {"readings"},
    {"errors"},
]
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


def test_importing_the_lab_loads_neither_quix_streams_nor_widgets_nor_pandas() -> None:
    heavy = "{'quixstreams', 'plotly', 'ipywidgets', 'pandas', 'jgo', 'papermill', 'pyflink'}"
    code = f"import sys; from labkit import Lab; print(*{heavy} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (result.stdout, result.stderr) == ("\n", "")


def test_the_public_surface_is_small() -> None:
    import labkit

    assert labkit.__all__ == ["Lab", "LabError"]
