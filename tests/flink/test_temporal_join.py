"""The join of lesson 08 in both engines: Flink waits for moves that come late, so that both place readings alike."""

import ast
import random
from pathlib import Path
from typing import Any

import nbformat
import pytest

from labkit import Lab
from labkit.readings import now

pytestmark = pytest.mark.slow

LESSON = Path(__file__).parents[2] / "notebooks" / "08_tables_and_joins.ipynb"
DEVICES = ("porch", "oven", "gate", "attic")
LATE = 9_000  # milliseconds; the watermark of the moves is a second further behind
Row = dict[str, Any]


def cell(part: str) -> str:
    """The cell of the lesson that has this in its source."""
    cells = nbformat.read(LESSON, as_version=4).cells
    return str(next(each.source for each in cells if each.cell_type == "code" and part in each.source))


def moves(luck: random.Random, start: int) -> list[Row]:
    """As they come: up to nine seconds after one that is later. None is at the time of another, or of a reading."""
    times = [start + 1 + 2 * each for each in luck.sample(range(60_000), 80)]
    came = sorted(times, key=lambda time: time + luck.uniform(0, LATE))
    return [{"device": luck.choice(DEVICES), "place": f"room {time}", "since": time} for time in came]


def place(came: list[Row], device: str, time: int) -> str | None:
    earlier = [(each["since"], each["place"]) for each in came if each["device"] == device and each["since"] < time]
    return max(earlier)[1] if earlier else None


@pytest.mark.parametrize("seed", [1, 2])
def test_the_temporal_join_gives_what_the_join_of_quix_streams_gives_if_no_move_comes_late(lab: Lab, seed: int) -> None:
    luck, start = random.Random(seed), now() // 60_000 * 60_000 - 300_000
    came = moves(luck, start)
    readings = [{"device": luck.choice(DEVICES), "timestamp": start + 600 * number} for number in range(210)]
    wanted = sorted((*each.values(), place(came, *each.values())) for each in readings)

    lab.create_topic("measured", "moves", "moves-in-order")
    names: Row = {"lab": lab}
    exec(cell("def send("), names)
    names["send"](came, "moves", time="since")
    names["send"](readings, "measured")
    names["send"](sorted(came, key=lambda each: each["since"]), "moves-in-order", time="since")
    for part in ("KAFKA = ", "TABLES = ", "TEMPORAL_JOIN = ", "def in_flink"):
        exec(cell(part), names)
    assert names["flinks"] == wanted

    placed = ast.Module([each for each in ast.parse(cell("def placed")).body if isinstance(each, ast.FunctionDef)], [])
    exec(compile(placed, "placed", "exec"), names)
    lab.run(names["placed"], reads=["measured", "moves-in-order"], writes="placed").wait_until_caught_up()
    assert sorted((each.key, each.timestamp, each.value.get("place")) for each in lab.records("placed")) == wanted
