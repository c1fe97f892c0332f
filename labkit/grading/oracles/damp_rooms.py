"""Damp rooms: one record for each reading above 60 % humidity, with its dew point.

The rule of thumb for the dew point is Lawrence's (2005, "The Relationship between Relative Humidity and the Dewpoint
Temperature in Moist Air"): t - (100 - RH) / 5.
"""

from collections.abc import Iterator, Sequence

from labkit.exercises.records import Row, Sent


def expected(sent: Sequence[Sent]) -> Iterator[Row]:
    for each in sent:
        value = each.fields
        if value["humidity"] > 60:
            dew_point = value["temperature"] - (100 - value["humidity"]) / 5
            yield {"key": each.key, "time": each.timestamp, **value, "dew_point": dew_point}
