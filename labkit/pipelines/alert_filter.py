"""Keeps the readings of devices that are too hot."""

from quixstreams.dataframe import StreamingDataFrame


def alert_filter(readings: StreamingDataFrame) -> StreamingDataFrame:
    """Readings in degrees Celsius in; those above 303 K out, with the temperature in kelvin as `kelvin`."""
    readings["kelvin"] = readings["temperature"] + 273.15
    return readings[readings["kelvin"] > 303]
