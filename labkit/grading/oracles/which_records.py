"""Only the filter on humidity counts: the other one's result is not used."""

from collections.abc import Iterator, Sequence

from labkit.exercises.exercise import BASE, Row, Sent
from labkit.exercises.kinds import digest

RECORDS = {"A": (35.0, 55.0), "B": (22.0, 31.0), "C": (31.5, 40.0), "D": (33.0, 38.0), "E": (18.0, 39.9)}


def expected(sent: Sequence[Sent]) -> Iterator[Row]:  # noqa: ARG001
    passing = [letter for letter, (_, humidity) in RECORDS.items() if humidity < 40]
    yield {"key": None, "time": BASE, "answer": digest("which-records", passing)}
