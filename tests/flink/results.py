"""What a Flink job has left in its folder, as any tool would read it."""

import csv
import datetime
import itertools
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from labkit import Lab
from tests.flink.oracle import Window


def lines(folder: Path, kind: str) -> list[str]:
    """In order of the file names: the parts of one run in the order in which they were written."""
    parts = sorted((folder / kind).glob("part-*"), key=lambda part: (part.stat().st_mtime_ns, part.name))
    return [line for part in parts for line in part.read_text().splitlines()]


def objects(folder: Path, kind: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines(folder, kind)]


def sent(lab: Lab) -> Counter[tuple[str, int, float]]:
    """The readings in the topic."""
    values = [each.value for each in lab.records("sensor-data") if isinstance(each.value, dict)]
    return Counter((each["sensor_id"], each["timestamp"], each["temperature"]) for each in values)


def written(folder: Path) -> Counter[tuple[str, int, float]]:
    """The readings in the committed files."""
    found = objects(folder, "readings")
    return Counter((each["sensor_id"], each["timestamp"], each["temperature"]) for each in found)


def windows(folder: Path) -> list[Window]:
    """In order of sensor and start."""
    rows = csv.reader(lines(folder, "windows"))
    return sorted(
        Window(sensor, milliseconds(start), milliseconds(end), float(mean), float(least), float(most), int(count))
        for sensor, start, end, mean, least, most, count in rows
    )


def assert_equal(found: Sequence[Window], wanted: Sequence[Window]) -> None:
    """All is equal except the last digits of the average: Flink adds second by second, in as many tasks as there are,
    so it rounds differently.
    """
    exact = [[each._replace(average=0) for each in several] for several in (found, wanted)]
    differences = (pair for pair in itertools.zip_longest(*exact) if pair[0] != pair[1])
    assert list(itertools.islice(differences, 2)) == []
    assert [each.average for each in found] == pytest.approx([each.average for each in wanted], rel=1e-12)


def milliseconds(text: str) -> int:
    return round(datetime.datetime.fromisoformat(text).timestamp() * 1000)
