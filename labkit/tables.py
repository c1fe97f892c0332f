"""Records, topics, partitions and groups as DataFrames."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd

from labkit.kafka.groups import GroupOffset
from labkit.kafka.tap import Record
from labkit.kafka.topics import Leader

COLUMNS = ["partition", "offset", "time", "key"]


def of(records: Sequence[Record]) -> pd.DataFrame:
    """Returns one row per record: its partition and offset, Kafka timestamp (UTC) and key, then its fields and headers.

    A value that is not a JSON object goes into the column `value`. A field with the name of one of Kafka's columns goes
    into `value.<name>`, a header with such a name, or with the name of a field, into `header.<name>`.
    """
    values = [_named(_fields(record), "value", COLUMNS) for record in records]
    taken = {*COLUMNS, *(name for value in values for name in value)}
    rows = [
        _place(record) | value | _named(record.headers, "header", taken)
        for record, value in zip(records, values, strict=True)
    ]
    return pd.DataFrame(rows, columns=None if rows else COLUMNS)


def _place(record: Record) -> dict[str, Any]:
    # pandas has no times before 1677 and after 2262; -1 stands for no time, and other programs send nanoseconds.
    time = pd.to_datetime(record.timestamp, unit="ms", errors="coerce") if record.timestamp >= 0 else pd.NaT
    return dict(zip(COLUMNS, (record.partition, record.offset, time, record.key), strict=True))


def _fields(record: Record) -> dict[str, Any]:
    return record.value if isinstance(record.value, dict) else {"value": record.value}


def _named(fields: Mapping[str, Any], origin: str, taken: Collection[str]) -> dict[str, Any]:
    return {f"{origin}.{name}" if name in taken else name: value for name, value in fields.items()}


def of_groups(offsets: Sequence[GroupOffset]) -> pd.DataFrame:
    """Returns one row per consumer group and partition; `committed` is missing where nothing has been committed."""
    return pd.DataFrame(offsets, columns=list(GroupOffset._fields)).astype({"committed": "Int64"})


def of_leaders(leaders: Sequence[Leader]) -> pd.DataFrame:
    """Returns one row per partition: which broker leads it, and which brokers have an in-sync replica."""
    rows = [(each.partition, each.leader, ", ".join(map(str, each.in_sync))) for each in leaders]
    return pd.DataFrame(rows, columns=["partition", "leader", "in sync"]).astype({"leader": "Int64"})


def of_topics(topics: Sequence[tuple[str, int, int]]) -> pd.DataFrame:
    """Returns one row per topic: its name, partitions and records."""
    return pd.DataFrame(topics, columns=["topic", "partitions", "records"])


def of_subjects(versions: Sequence[tuple[str, int, int, str]]) -> pd.DataFrame:
    """Returns one row per version of a subject in a schema registry: its number, the id and the kind of its schema."""
    return pd.DataFrame(versions, columns=["subject", "version", "id", "type"])
