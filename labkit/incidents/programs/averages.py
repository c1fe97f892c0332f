"""Averages the temperature (°C) of each device over every second, and counts the readings, `n`."""

from quixstreams.dataframe import StreamingDataFrame
from quixstreams.dataframe.windows import Count, Mean


def averages(readings: StreamingDataFrame) -> StreamingDataFrame:
    windows = readings.tumbling_window(1000, grace_ms=1000)  # radio links may take most of a second
    return windows.agg(temperature=Mean("temperature"), n=Count()).final()
