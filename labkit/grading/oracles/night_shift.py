"""The one cause that the records and groups of a night show, with the record to blame.

Each rule yields what it finds, or nothing. A case in which two rules find something, or none does, is no case: that is
an error here.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from labkit.exercises.records import BASE, Row, Sent

BEHIND = 4  # records: a group that is further behind does not read on
AHEAD = 30_000  # ms between two records of a partition
SILENT = 3000  # ms between the newest records of partitions
BACKFILL = "backfill"
Answer = list[Any]  # letter, partition, offset


class Line(NamedTuple):
    partition: int
    offset: int
    key: str
    time: int
    value: str


class Group(NamedTuple):
    name: str
    partition: int
    committed: int
    end: int


def expected(sent: Sequence[Sent]) -> Iterator[Row]:
    _, records, groups = sent[0].fields.values()
    lines, state = [Line(*each) for each in records], [Group(*each) for each in groups]
    (answer,) = [found for rule in RULES if (found := next(rule(lines, state), None))]
    yield {"key": None, "time": BASE, "answer": answer}


def parsed(line: Line) -> dict[str, Any] | None:
    try:
        value: dict[str, Any] = json.loads(line.value)
    except ValueError:
        return None
    return value


def stuck(groups: Sequence[Group]) -> Iterator[tuple[int, list[str], int]]:
    """Yields partitions in which groups do not read on, these groups, and what the last of them has committed."""
    for partition in sorted({each.partition for each in groups}):
        behind = [each for each in groups if each.partition == partition and each.end - each.committed > BEHIND]
        if behind:
            yield partition, [each.name for each in behind], min(each.committed for each in behind)


def poison_or_stalled(lines: Sequence[Line], groups: Sequence[Group]) -> Iterator[Answer]:
    for partition, names, committed in stuck(groups):
        if names == ["archive"]:
            waiting = [each for each in lines if each.partition == partition and each.offset >= committed]
            poison = [each.offset for each in waiting if (parsed(each) or {}).get("humidity") == 0]
            yield ["a", partition, min(poison)] if poison else ["h", partition, committed]


def open_transaction(lines: Sequence[Line], groups: Sequence[Group]) -> Iterator[Answer]:
    for partition, names, committed in stuck(groups):
        if len(names) > 1:
            mine = [each for each in lines if (each.partition, each.key) == (partition, BACKFILL)]
            yield ["g", partition, min(each.offset for each in mine if each.offset >= committed)]


def fast_clock(lines: Sequence[Line], _: Sequence[Group]) -> Iterator[Answer]:
    usual = sorted(each.time for each in lines)[len(lines) // 2]
    for each in lines:
        if each.time - usual > AHEAD:
            yield ["b", each.partition, each.offset]


def another_partitioner(lines: Sequence[Line], _: Sequence[Group]) -> Iterator[Answer]:
    in_time = sorted((each for each in lines if each.key != BACKFILL), key=lambda each: each.time)
    homes: dict[str, int] = {}
    for each in in_time:
        if homes.setdefault(each.key, each.partition) != each.partition:
            yield ["c", each.partition, each.offset]


def schema_change(lines: Sequence[Line], _: Sequence[Group]) -> Iterator[Answer]:
    for each in lines:
        if (parsed(each) or {}).get("unit") == "F":
            yield ["d", each.partition, each.offset]


def dead_letters(lines: Sequence[Line], _: Sequence[Group]) -> Iterator[Answer]:
    for each in lines:
        if parsed(each) is None:
            yield ["e", each.partition, each.offset]


def silent_partition(lines: Sequence[Line], _: Sequence[Group]) -> Iterator[Answer]:
    newest = {each.partition: each for each in lines}  # in the order of their offsets
    times = {partition: max(x.time for x in lines if x.partition == partition) for partition in newest}
    for partition, last in newest.items():
        if all(time - times[partition] > SILENT for other, time in times.items() if other != partition):
            yield ["f", partition, last.offset]


Rule = Callable[[Sequence[Line], Sequence[Group]], Iterator[Answer]]
RULES: tuple[Rule, ...] = (
    poison_or_stalled,
    open_transaction,
    fast_clock,
    another_partitioner,
    schema_change,
    dead_letters,
    silent_partition,
)
