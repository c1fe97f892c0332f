"""The fewest processes such that none is overloaded, if partitions are shared as evenly as possible."""

from collections.abc import Iterator, Sequence
from math import ceil

from labkit.exercises.records import BASE, Row, Sent


def expected(sent: Sequence[Sent]) -> Iterator[Row]:
    partitions, in_all, rate, started = sent[0].fields.values()
    enough = (n for n in range(1, partitions + 1) if ceil(partitions / n) * in_all / partitions <= rate)
    yield {"key": None, "time": BASE, "answer": [next(enough), started - partitions]}
