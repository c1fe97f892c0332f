"""Tumbling windows of 5 s with a grace of 2 s, of the readings that are at most 1 s ahead, in °C."""

from collections.abc import Iterator, Sequence

from labkit.exercises.records import Row, Sent
from labkit.grading.oracles.windows import closed


def expected(sent: Sequence[Sent]) -> Iterator[Row]:
    near = [each for each in sent if each.fields["age"] >= -1000]
    for key, start, end, records in closed(near, 5000, 5000, 2000):
        mean = sum(map(celsius, records)) / len(records)
        yield {"key": key, "time": start, "start": start, "end": end, "temperature": mean, "n": len(records)}


def celsius(record: Sent) -> float:
    temperature: float = record.fields["temperature"]
    return (temperature - 32) * 5 / 9 if record.fields.get("unit") == "F" else temperature
