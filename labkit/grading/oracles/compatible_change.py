"""Who reads with version 2 gets all fields, for old records the defaults; who reads with version 1 gets the old ones.

The input says which records are new: they have a battery, if only null.
"""

from collections.abc import Sequence

from labkit.exercises.records import Row, Sent

DEFAULTS = {"battery": None, "place": "unknown"}


def expected(sent: Sequence[Sent]) -> dict[str, list[Row]]:
    every: list[Row] = [{"key": each.key, "time": each.timestamp, **DEFAULTS, **each.fields} for each in sent]
    new = [row for row, each in zip(every, sent, strict=True) if "battery" in each.fields]
    old = [{name: value for name, value in row.items() if name not in DEFAULTS} for row in new]
    newest = max(each.timestamp for each in sent)
    registry: list[Row] = [{"key": None, "time": newest, "level": "FULL", "taken": True}]
    return {"out": every, "old": old, "registry": registry}
