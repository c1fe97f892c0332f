"""What deploy/tljh/lab.py does before it starts a server, without a hub."""

import os
import pwd
import stat
import sys
import types
from pathlib import Path
from types import SimpleNamespace

import pytest
from traitlets.config import Config

LAB = Path(__file__).parents[2] / "deploy/tljh/lab.py"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """The configuration for a class of two, with somebody else's file beside it."""
    students = tmp_path / "class/students"
    students.mkdir(parents=True)
    for name in ("anna.ek", "ben"):
        (students / f"{name}.properties").write_text(f"sasl.username={name}\n")
    (tmp_path / "class/admin.properties").write_text("sasl.username=admin\n")
    for name, folder in (("LAB_CLASS", "class"), ("LAB_HANDED_OUT", "run")):
        monkeypatch.setenv(name, str(tmp_path / folder))
    me = pwd.struct_passwd(("me", "x", os.getuid(), os.getgid(), "", str(tmp_path), "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwnam", lambda name: asked.append(name) or me)
    asked: list[str] = []
    found = Config()
    found.asked_for = asked
    exec(compile(LAB.read_text(), LAB, "exec"), {"get_config": lambda: found})
    return found


def started(config: Config, name: str, **environment: str) -> dict[str, str]:
    """The environment with which the server of a user starts."""
    given = {**config.Spawner.environment, **environment}
    spawner = SimpleNamespace(user=SimpleNamespace(name=name), environment=given)
    config.Spawner.pre_spawn_hook(spawner)
    assert spawner.environment is not given
    return spawner.environment


def test_a_student_gets_a_file_that_is_theirs_alone(config: Config, tmp_path: Path) -> None:
    file = Path(started(config, "anna.ek")["LAB_KAFKA_CONFIG"])
    assert file == tmp_path / "run/anna.ek.properties"
    assert file.read_text() == "sasl.username=anna.ek\n"
    assert (stat.S_IMODE(file.stat().st_mode), file.stat().st_uid) == (0o400, os.getuid())
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o711
    assert config.Spawner.environment.keys() == {"LAB_CACHE"}


def test_the_file_is_the_newest_whatever_lies_in_its_place(config: Config, tmp_path: Path) -> None:
    started(config, "ben")
    (tmp_path / "class/students/ben.properties").write_text("sasl.password=new\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("as it was")
    for name in ("ben.properties", ".ben.properties"):
        (tmp_path / "run" / name).unlink(missing_ok=True)
        (tmp_path / "run" / name).symlink_to(elsewhere)
    assert Path(started(config, "ben")["LAB_KAFKA_CONFIG"]).read_text() == "sasl.password=new\n"
    assert elsewhere.read_text() == "as it was"
    assert [each.name for each in (tmp_path / "run").iterdir()] == ["ben.properties"]


@pytest.mark.parametrize("name", ["eve", "../admin", "../students/ben", "anna-ek", "Ben", "*", ""])
def test_whoever_is_not_in_the_class_gets_no_file_and_not_the_one_from_before(config: Config, name: str) -> None:
    assert "LAB_KAFKA_CONFIG" not in started(config, name, LAB_KAFKA_CONFIG="of a class that they have left")


def test_the_littlest_jupyterhub_makes_the_linux_user_first(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    normalize, user = types.ModuleType("tljh.normalize"), types.ModuleType("tljh.user")
    normalize.generate_system_username = lambda name: name[:26]
    user.ensure_user = made.append
    for module in (types.ModuleType("tljh"), normalize, user):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    started(config, "anna.ek")
    assert made == config.asked_for == ["jupyter-anna.ek"]
