"""`lab why`: of a pipeline in a file, on a Kafka that it only reads."""

import sys
from pathlib import Path

import pytest

from labkit import Lab
from tests import commands
from tests.stepping.records import Raw, reading, send

pytestmark = pytest.mark.slow

PIPELINE = """
from quixstreams.dataframe.windows import Count

def hot(orders):
    return orders[orders["temperature"] > 99]

def counts(orders):
    return orders.tumbling_window(60_000).agg(n=Count()).final()"""


@pytest.mark.usefixtures("installation")
def test_it_says_why_nothing_comes_out(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    send(lab, "orders", *(reading("porch", n, 20 + n) for n in range(10)), *[Raw(b"porch", b"?", 0)] * 2)
    (tmp_path / "mine.py").write_text(PIPELINE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])

    def said(name: str) -> list[str]:
        asked = commands.lab("why", f"mine.py:{name}", "--reads", "orders")
        assert asked.exit_code == 0
        return asked.output.splitlines()

    first, stopped, unreadable, *_ = said("hot")
    assert first == "hot, given 12 records."
    assert stopped.endswith('`return orders[orders["temperature"] > 99]`: the highest temperature was 29.')
    assert unreadable.startswith("2 of 12 records could not be read, and went to orders.dead-letter: 2 of the newest 2")
    assert "closes when porch sends a record of 22:14:00 or later" in said("counts")[1]
    assert [*lab.topics()["topic"]] == ["orders"]
