"""What the Flink job must write, in plain Python, independent of Flink; tests/pipelines/oracle.py says it for Quix.

The windows are the same: one for the 10 s up to each full second, partial ones at the beginning. What differs:

- There is one clock for all sensors, the latest timestamp that any has sent; the watermark is 2 s behind it.
- A window is closed once the watermark has reached its last millisecond, which is one before its end. (Quix Streams:
  once the sensor's own latest timestamp has reached the end and the grace.)
- The end of a bounded topic closes all windows. (Quix Streams knows no end: the last windows stay open.)
"""

from collections.abc import Iterable
from typing import NamedTuple

from tests.pipelines.oracle import GRACE, STEP, Reading, mean, starts

DURATION = 10_000


class Window(NamedTuple):
    sensor_id: str
    start: int
    end: int
    average: float
    minimum: float
    maximum: float
    count: int


def results(readings: Iterable[Reading]) -> tuple[list[Window], list[bool]]:
    """The windows in order of sensor and start, and of each reading whether it is late: missing in a window."""
    watermark, held, late = -1, {}, []
    for device, timestamp, temperature in readings:
        late.append(timestamp // STEP * STEP + STEP - 1 <= watermark)
        for start in starts(timestamp, DURATION):
            if start + DURATION - 1 > watermark:
                held.setdefault((device, start), []).append(temperature)
        watermark = max(watermark, timestamp - GRACE)
    windows = [
        Window(device, start, start + DURATION, mean(values), min(values), max(values), len(values))
        for (device, start), values in sorted(held.items())
    ]
    return windows, late
