"""The minimum of each closed hopping window of 7 s, every 2 s."""

from collections.abc import Iterator, Sequence

from labkit.exercises.records import Row, Sent
from labkit.grading.oracles.windows import closed


def expected(sent: Sequence[Sent]) -> Iterator[Row]:
    for key, start, end, records in closed(sent, 7000, 2000):
        minimum = min(each.fields["temperature"] for each in records)
        yield {"key": key, "time": start, "start": start, "end": end, "minimum": minimum}
