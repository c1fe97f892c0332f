"""The lowest and the highest level of each closed hour, with a grace of 10 minutes, if they differ by 1 m or more."""

from collections.abc import Iterator, Sequence

from labkit.exercises.records import Row, Sent
from labkit.grading.oracles.windows import closed


def expected(sent: Sequence[Sent]) -> Iterator[Row]:
    measured = [each for each in sent if each.fields["level"] is not None]
    for key, start, end, records in closed(measured, 3_600_000, 3_600_000, 600_000):
        levels = [each.fields["level"] for each in records]
        low, high = min(levels), max(levels)
        if high - low >= 1:
            yield {"key": key, "time": start, "start": start, "end": end, "low": low, "high": high, "swing": high - low}
