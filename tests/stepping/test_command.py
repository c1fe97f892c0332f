"""`lab step`: a pipeline of one's own, on a Kafka that it only reads."""

import sys
from pathlib import Path

import pytest

from labkit import Lab
from tests import commands
from tests.stepping.records import Raw, reading, send
from tests.topics import topics_of

PIPELINE = """
from units import kelvin

def hot(orders):
    orders["kelvin"] = orders["temperature"].apply(kelvin)
    return orders[orders["kelvin"] > 300]

def broken(orders):
    return orders.apply(lambda order: 1 / 0)
"""


@pytest.fixture
def pipeline(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    send(lab, "orders", *(reading("porch", n, 20 + n) for n in range(10)))
    (tmp_path / "my_pipeline.py").write_text(PIPELINE)
    (tmp_path / "units.py").write_text("def kelvin(celsius):\n    return celsius + 273.15\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    return "my_pipeline.py:hot"


@pytest.mark.slow
@pytest.mark.usefixtures("installation")
def test_it_prints_every_step_or_saves_a_page(lab: Lab, pipeline: str, tmp_path: Path) -> None:
    printed = commands.lab("step", pipeline, "--reads", "orders", "--records", "3")
    assert printed.exit_code == 0
    assert "record 2 of 0 to 2: orders, partition 0, offset 9, porch" in printed.output
    assert 'orders["kelvin"] = orders["temperature"].apply(kelvin)  kelvin 302.15' in printed.output
    assert printed.output.endswith("hot: 3 records in, 3 out\n")
    saved = commands.lab("step", pipeline, "--reads", "orders", "--since", "2023-11-14T22:13:25", "--save", "out.html")
    assert saved.output == "hot: 5 records in, 3 out\nout.html: open it in a browser\n"
    assert "302.15" in (tmp_path / "out.html").read_text()
    assert {each for each in topics_of(lab).requests.metadata() if "step-" in each} == set()
    assert [*lab.topics()["topic"]] == ["orders"]


@pytest.mark.slow
@pytest.mark.usefixtures("installation")
def test_two_functions_get_the_same_records(pipeline: str, tmp_path: Path) -> None:
    (tmp_path / "before.py").write_text(PIPELINE.replace("> 300", "> 301"))
    printed = commands.lab("step", pipeline, "before.py:hot", "--reads", "orders")
    assert printed.exit_code == 0
    assert "They part: my_pipeline.py:hot in line 6: goes on as it is | before.py:hot in line 6: " in printed.output
    assert "kelvin is 300.15, not > 301: left out here" in printed.output
    assert printed.output.count("≠") == 2
    last = printed.output.splitlines()[-1]
    assert last.startswith(
        "my_pipeline.py:hot: 10 records in, 3 out; before.py:hot: 10 records in, 2 out; what comes out"
    )
    assert last.endswith("differs at 1 of 10 records: 7; their lines part at 1 of 10 records: 7")
    saved = commands.lab("step", pipeline, "my_pipeline.py:broken", "--reads", "orders", "--save", "out.html")
    assert saved.exit_code == 1
    assert "hot: 10 records in, 3 out; broken: 1 record in, 0 out; it failed at record 0" in saved.output
    assert "Next where lines part" in (tmp_path / "out.html").read_text()


@pytest.mark.slow
@pytest.mark.usefixtures("installation")
def test_a_pipeline_that_fails_is_shown_and_the_command_fails(pipeline: str) -> None:
    failed = commands.lab("step", pipeline.replace("hot", "broken"), "--reads", "orders")
    assert failed.exit_code == 1
    assert "ZeroDivisionError" in failed.output


@pytest.mark.usefixtures("installation", "pipeline")
@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("my_pipeline.py:cold", "There is no function 'cold' in my_pipeline.py"),
        pytest.param("my_pipeline:hot", "names no function in a file", marks=pytest.mark.slow),
        pytest.param("other.py:hot", "There is no file", marks=pytest.mark.slow),
    ],
)
def test_a_function_that_is_not_there_is_said(place: str, words: str) -> None:
    refused = commands.lab("step", place, "--reads", "orders")
    assert refused.exit_code == 1
    assert words in refused.output


@pytest.mark.usefixtures("installation", "pipeline")
def test_without_a_kafka_it_says_how_to_name_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAB_BROKER")
    assert "LAB_BROKER is not set" in commands.lab("step", "my_pipeline.py:hot", "--reads", "orders").output


@pytest.mark.slow
@pytest.mark.usefixtures("installation")
def test_raw_records_of_a_key(lab: Lab, tmp_path: Path) -> None:
    send(lab, "bytes", Raw(b"a", b"12", 1_700_000_000_000), Raw(b"b", b"1", 1_700_000_000_000))
    file = tmp_path / "lengths.py"
    file.write_text("def lengths(stream):\n    return stream.apply(lambda value: {'length': len(value)})\n")
    found = commands.lab("step", f"{file}:lengths", "--reads", "bytes", "--raw", "--key", "a")
    assert "length 2" in found.output
    assert "1 record in, 1 out" in found.output
