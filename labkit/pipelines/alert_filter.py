"""Keeps the readings of devices that are too hot."""

from quixstreams.dataframe import StreamingDataFrame

THRESHOLD = 303.0  # kelvin


def alert_filter(readings: StreamingDataFrame, threshold: float = THRESHOLD) -> StreamingDataFrame:
    """Readings in degrees Celsius in; those above `threshold` kelvin out, with `kelvin` added."""
    readings["kelvin"] = readings["temperature"] + 273.15
    return readings[readings["kelvin"] > threshold]
