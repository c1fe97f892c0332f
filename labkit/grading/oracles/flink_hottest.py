"""The hottest reading of each tumbling window of 10 s, of all devices."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from labkit.exercises.flink_tables import window_start
from labkit.exercises.records import Row, Sent


def expected(sent: Sequence[Sent]) -> Iterator[Row]:
    windows = defaultdict(list)
    for each in sent:
        windows[window_start(each.timestamp, 10_000)].append(each)
    for start, records in sorted(windows.items()):
        hottest = max(records, key=lambda each: each.fields["temperature"])
        row = {"sensor_id": hottest.fields["sensor_id"], "temperature": hottest.fields["temperature"]}
        yield {"key": None, "time": records[0].timestamp, "window_start": start, **row}
