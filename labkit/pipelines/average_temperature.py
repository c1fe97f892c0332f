"""Averages the temperature of each device."""

from quixstreams.dataframe import StreamingDataFrame
from quixstreams.dataframe.windows import Mean

from labkit.pipelines.windows import GRACE_MS, with_device


def average_temperature(readings: StreamingDataFrame) -> StreamingDataFrame:
    """Readings in; out come `device`, `start`, `end` (epoch ms) and the mean `temperature` in degrees Celsius.

    There is one window for the 10 s up to each full second. It closes, and is emitted, once a later reading of the same
    device is past its end plus the grace period.
    """
    windows = readings.hopping_window(duration_ms=10_000, step_ms=1_000, grace_ms=GRACE_MS)
    means = windows.agg(temperature=Mean("temperature")).final(closing_strategy="key")
    return means.apply(with_device, metadata=True)
