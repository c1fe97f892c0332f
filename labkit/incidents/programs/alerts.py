"""Passes on the readings that are above 30 °C (303 K), as agreed with the fire brigade."""

from quixstreams.dataframe import StreamingDataFrame

LIMIT = 303.0  # kelvin


def alerts(readings: StreamingDataFrame) -> StreamingDataFrame:
    readings["kelvin"] = readings["temperature"] + 273.15
    return readings[readings["kelvin"] > LIMIT]
