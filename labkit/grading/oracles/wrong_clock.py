"""Readings at most a minute ahead of the newest reading of their device that was let through."""

from collections.abc import Iterator, Sequence

from labkit.exercises.records import Row, Sent


def expected(sent: Sequence[Sent]) -> Iterator[Row]:
    newest: dict[str | None, int] = {}
    for each in sent:
        known = newest.get(each.key, each.timestamp)
        if each.timestamp - known <= 60_000:
            newest[each.key] = max(known, each.timestamp)
            yield {"key": each.key, "time": each.timestamp, **each.fields}
