"""Each reading once: the first with its device and timestamp."""

from collections.abc import Iterator, Sequence

from labkit.exercises.records import Row, Sent


def expected(sent: Sequence[Sent]) -> Iterator[Row]:
    seen = set()
    for each in sent:
        if (each.key, each.timestamp) not in seen:
            seen.add((each.key, each.timestamp))
            yield {"key": each.key, "time": each.timestamp, **each.fields}
