"""Tumbling windows of 5 s with a grace of 2 s, and the readings that came too late for theirs."""

from collections.abc import Sequence

from labkit.exercises.records import Row, Sent
from labkit.grading.oracles.windows import closed, late


def expected(sent: Sequence[Sent]) -> dict[str, list[Row]]:
    windows = [
        {"key": key, "time": start, "start": start, "end": end, "count": len(records)}
        for key, start, end, records in closed(sent, 5000, 5000, 2000)
    ]
    collected = [{"key": each.key, "time": each.timestamp, **each.fields} for each in late(sent, 5000, 5000, 2000)]
    return {"out": windows, "late": collected}
