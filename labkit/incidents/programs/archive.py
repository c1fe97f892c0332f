"""Archives every reading, with its dryness. While the file PAUSED holds the id of a process, that process waits."""

import os
import time
from typing import Any

from quixstreams.dataframe import StreamingDataFrame

PAUSED = ""
COST = 0.0005  # seconds that the archive takes for a reading


def store(_: dict[str, Any]) -> None:
    while is_paused():
        time.sleep(0.1)
    time.sleep(COST)


def is_paused() -> bool:
    if not os.path.exists(PAUSED):
        return False
    with open(PAUSED) as file:
        return file.read() == str(os.getpid())


def archive(readings: StreamingDataFrame) -> StreamingDataFrame:
    readings["dryness"] = readings["temperature"] / readings["humidity"]
    return readings.update(store)
