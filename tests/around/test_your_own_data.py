"""What the page about one's own data shows works as it is written there."""

import re
from pathlib import Path

import pytest

from labkit import Lab
from tests.waiting import eventually

PAGE = Path(__file__).parents[2] / "docs/your_own_data.md"


def blocks() -> dict[str, str]:
    """The only block of each language."""
    found = re.findall(r"^```(\w+)\n(.*?)^```", PAGE.read_text(), flags=re.DOTALL | re.MULTILINE)
    assert len(found) == len(dict(found)) > 0
    return dict(found)


def test_your_own_data(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = blocks()
    (tmp_path / "levels.csv").write_text(shown["text"])
    monkeypatch.chdir(tmp_path)
    exec(compile(shown["python"], PAGE.name, "exec"), {"lab": lab})
    producer, run = lab.workers
    assert producer.wait(20)
    run.wait_until_caught_up()
    assert producer.note == (
        "levels.csv: UTF-8, separated by semicolons; decimal commas in level; "
        "key: station; measured: day, month, year (UTC), 2025-03-01 to 2025-03-01; "
        "1 missing value is null: in a pipeline, .notnull() leaves such out"
    )
    levels, floods = lab.records("levels"), lab.records("floods")
    assert [(each.key, each.value["level"]) for each in levels] == [
        *(("Köln", 7.94), ("Bonn", 6.1), ("Köln", 8.21), ("Bonn", None), ("Köln", 8.52)),
    ]
    assert [round(each.timestamp - levels[0].timestamp, -2) for each in levels] == [0, 0, 1000, 1000, 2000]
    assert [each.value for each in floods] == [levels[2].value, levels[4].value]
    chart, tiles = (view for view, _ in lab._started._views)
    eventually(lambda: "Köln in floods: 2 records, 8.21 to 8.52 m" in chart.summary())
    assert "Threshold 8 m." in chart.summary()
    eventually(lambda: "Köln: levels: latest level, 8.52 m" in tiles.summary())
