"""What a Flink job has left in its folder, as any tool would read it."""

import csv
import datetime
import json
from pathlib import Path
from typing import Any

from tests.flink.oracle import Window


def lines(folder: Path, kind: str) -> list[str]:
    """In order of the file names: the parts of one run in the order in which they were written."""
    parts = sorted((folder / kind).glob("part-*"), key=lambda part: (part.stat().st_mtime_ns, part.name))
    return [line for part in parts for line in part.read_text().splitlines()]


def objects(folder: Path, kind: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines(folder, kind)]


def windows(folder: Path) -> list[Window]:
    """In order of sensor and start."""
    rows = csv.reader(lines(folder, "windows"))
    return sorted(
        Window(sensor, milliseconds(start), milliseconds(end), float(mean), float(least), float(most), int(count))
        for sensor, start, end, mean, least, most, count in rows
    )


def milliseconds(text: str) -> int:
    return round(datetime.datetime.fromisoformat(text).timestamp() * 1000)
