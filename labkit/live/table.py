"""Records as a table."""

from collections.abc import Sequence

import pandas as pd

from labkit.runs.groups import Bookmark
from labkit.runs.tap import Record

PLACE = ["partition", "offset", "time", "key"]


def of(records: Sequence[Record]) -> pd.DataFrame:
    """One row a record: where it stands, its Kafka timestamp (UTC), its key, then its fields and headers.

    A value that is no JSON object stands whole in the column `value`.
    """
    rows = []
    for record in records:
        fields = record.value if isinstance(record.value, dict) else {"value": record.value}
        place = (
            record.partition,
            record.offset,
            pd.Timestamp(record.timestamp, unit="ms"),
            record.key,
        )
        rows.append(dict(zip(PLACE, place, strict=True)) | fields | record.headers)
    return pd.DataFrame(rows, columns=None if rows else PLACE)


def of_groups(bookmarks: Sequence[Bookmark]) -> pd.DataFrame:
    """One row a consumer group and partition."""
    return pd.DataFrame(bookmarks, columns=list(Bookmark._fields))
