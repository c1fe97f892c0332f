"""Each reading once, with its device as the key and its own time."""

from collections.abc import Iterator, Sequence

from labkit.exercises.records import Row, Sent


def expected(sent: Sequence[Sent]) -> Iterator[Row]:
    for each in sent:
        value = each.fields
        yield {"key": value["device"], "time": value["timestamp"], **value}
