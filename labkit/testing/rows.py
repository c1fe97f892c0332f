"""Rows that a test writes down, as the records of a topic."""

import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from labkit.errors import LabError
from labkit.kafka.tap import Record
from labkit.readings import Chosen, Columns, Item, now, read

Row = Mapping[str, Any] | bytes


def records(topic: str, rows: Sequence[Row], key: Chosen, time: Chosen, partitions: int = 1) -> list[Record]:
    """Returns rows as records in their order: a mapping as JSON, with the key and the time that these columns have (or
    functions of a row, or None), and bytes as they are, without a key and at the time of the row before. Records of a
    key are in one of the `partitions`, those without a key in the first.

    Raises LabError for any other row, and for one without a key or a time that others have.
    """
    items, time_before = iter(_items([each for each in rows if not isinstance(each, bytes)], key, time)), now()
    found: list[Record] = []
    offsets: Counter[int] = Counter()
    for row in rows:
        item = Item(None, time_before, {}) if isinstance(row, bytes) else next(items)
        time_before = item.time
        value = row if isinstance(row, bytes) else item.value
        partition = zlib.crc32((item.key or "").encode()) % partitions
        found.append(Record(topic, partition, offsets[partition], item.time, item.key, value, {}))
        offsets[partition] += 1
    return found


def _items(rows: Sequence[Mapping[str, Any]], key: Chosen, time: Chosen) -> Iterator[Item]:
    table = read(rows, Columns(key, time, of_readings=False))
    items = [*table]
    if len(items) < len(rows):
        raise LabError(f"Not all rows have a key and a time: {'; '.join(table.notes)}.")
    yield from items
