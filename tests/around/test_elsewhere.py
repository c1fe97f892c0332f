"""The ways into the lab that are not a laptop: CI, a dev container, Binder. They agree with the code."""

import json
import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import click
import yaml
from packaging.requirements import Requirement

from labkit import cli

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PYTHONS = [each.split(" :: ")[-1] for each in PROJECT["classifiers"]]
CI = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
CONTAINER = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())
BINDER = ROOT / ".binder"


def lab_commands(script: str) -> list[list[str]]:
    """The calls of the command `lab` in a script, as the words after it."""
    commands = [shlex.split(line) for line in re.split(r"&&|\n", script)]
    return [words[words.index("lab") + 1 :] for words in commands if "lab" in words]


def flink_runs_on(python: str) -> bool:
    (flink,) = (Requirement(each) for each in PROJECT["optional-dependencies"]["flink"])
    return bool(flink.marker and flink.marker.evaluate({"python_version": python}))


def test_ci_runs_the_one_script_on_every_python_and_weekly_on_what_is_newest() -> None:
    job, triggers = CI["jobs"]["ci"], CI[True]  # YAML takes `on` for true
    assert job["strategy"]["matrix"] == {"os": ["ubuntu-latest", "macos-latest"], "python": PYTHONS}
    assert job["env"] == {"UV_PYTHON": "${{ matrix.python }}"}
    assert {step["run"] for step in job["steps"] if "run" in step} >= {".ci/run"}
    (newest,) = (step for step in job["steps"] if step.get("if") == "github.event_name == 'schedule'")
    assert "UV_EXCLUDE_NEWER=" in newest["run"]
    assert [each["cron"].split()[-1] for each in triggers["schedule"]] == ["1"]


def test_the_dev_container_opens_the_lab() -> None:
    assert flink_runs_on(re.fullmatch(r"python:([\d.]+)-\w+", CONTAINER["image"])[1])
    assert lab_commands(CONTAINER["postCreateCommand"]) == [["fetch"]]
    assert lab_commands(CONTAINER["postAttachCommand"]) == [["--no-browser"]]
    (port,) = (each for each in cli.main.params if each.name == "port")
    assert CONTAINER["forwardPorts"] == [port.default]


def test_binder_installs_what_a_laptop_does_and_opens_the_lab() -> None:
    (line,) = (BINDER / "requirements.txt").read_text().splitlines()
    assert (BINDER / line.removeprefix("-r ")).resolve() == ROOT / "requirements.txt"
    assert flink_runs_on((BINDER / "runtime.txt").read_text().strip().removeprefix("python-"))
    script = (BINDER / "postBuild").read_text()
    assert lab_commands(script) == [["fetch"]]
    assert all((ROOT / path).exists() for path in re.findall(r"labkit/\S+", script))
    subprocess.run(["bash", "-n", BINDER / "postBuild"], check=True)
    assert (BINDER / "postBuild").stat().st_mode & 0o100


def test_the_command_that_they_call_is_there() -> None:
    assert isinstance(cli.main, click.Group)
    assert "fetch" in cli.main.commands


def test_the_license_is_the_one_that_the_package_names() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert PROJECT["license"] == "Apache-2.0"
    assert "Apache License" in text
    assert "Version 2.0" in text


def test_the_notice_names_all_data_that_are_not_ours() -> None:
    """Each comes with a page that says where it is from."""
    notice = (ROOT / "NOTICE").read_text()
    data = list((ROOT / "labkit").rglob("*.csv.gz"))
    assert data
    for path in data:
        assert str(path.relative_to(ROOT)) in notice
        assert path.with_name(path.name.removesuffix(".csv.gz") + ".md").exists()


def test_a_tag_is_released_with_what_its_changelog_says() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())
    commands = [step["run"] for step in workflow["jobs"]["release"]["steps"] if "run" in step]
    assert commands.index(".ci/run") < commands.index("scripts/release")
    newest = re.search(r"^## \[(.+)\] - \d{4}-\d\d-\d\d$", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)
    assert newest
    assert newest[1] == PROJECT["version"]
    assert f"-{PROJECT['version']}-" in (ROOT / "docs/installing.md").read_text()
