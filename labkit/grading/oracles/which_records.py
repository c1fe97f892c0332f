"""Only the filter on humidity counts: the other one's result is not used."""

from collections.abc import Iterator, Sequence

from labkit.exercises.records import BASE, Row, Sent


def expected(sent: Sequence[Sent]) -> Iterator[Row]:
    passing = [each.fields["device"] for each in sent if each.fields["humidity"] < 40]
    yield {"key": None, "time": BASE, "answer": passing}
