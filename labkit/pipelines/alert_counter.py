"""Counts the alerts of each device."""

from quixstreams.dataframe import StreamingDataFrame
from quixstreams.dataframe.windows import Count

from labkit.pipelines.windows import GRACE_MS, with_device


def alert_counter(alerts: StreamingDataFrame) -> StreamingDataFrame:
    """Alerts in; out come `device`, `start`, `end` (epoch ms) and `count`, for the 5 s up to each full second.

    A window closes, and is emitted, once a later alert of the same device is past its end plus the grace period.
    """
    windows = alerts.hopping_window(duration_ms=5_000, step_ms=1_000, grace_ms=GRACE_MS)
    counts = windows.agg(count=Count()).final(closing_strategy="key")
    return counts.apply(with_device, metadata=True)
