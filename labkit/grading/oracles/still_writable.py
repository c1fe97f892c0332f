"""The topics with at least min.insync.replicas on brokers that are alive: one of these replicas leads, or will."""

from collections.abc import Iterator, Sequence

from labkit.exercises.records import BASE, Row, Sent


def expected(sent: Sequence[Sent]) -> Iterator[Row]:
    killed, topics = sent[0].fields.values()
    in_sync = {name: {*each["replicas"]} - {*killed} for name, each in topics.items()}
    writable = [name for name, each in topics.items() if len(in_sync[name]) >= each["least"]]
    yield {"key": None, "time": BASE, "answer": writable}
