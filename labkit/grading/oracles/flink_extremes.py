"""The extremes of each device in each tumbling window of 10 s; the end of the topic closes them all."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from labkit.exercises.flink_tables import window_start
from labkit.exercises.records import Row, Sent


def expected(sent: Sequence[Sent]) -> Iterator[Row]:
    windows = defaultdict(list)
    for each in sent:
        windows[each.fields["sensor_id"], window_start(each.timestamp, 10_000)].append(each)
    for (device, start), records in sorted(windows.items()):
        degrees = [each.fields["temperature"] for each in records]
        row = {"lowest": min(degrees), "highest": max(degrees), "readings": len(degrees)}
        yield {"key": None, "time": records[0].timestamp, "sensor_id": device, "window_start": start, **row}
