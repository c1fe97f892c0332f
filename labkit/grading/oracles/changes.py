"""Each reading but the first of its device, with the difference to the one before."""

from collections.abc import Iterator, Sequence

from labkit.exercises.records import Row, Sent
from labkit.grading.oracles import state


def expected(sent: Sequence[Sent]) -> dict[str, list[Row]]:
    return {"out": [*_changes(sent)], **state.bounded()}


def _changes(sent: Sequence[Sent]) -> Iterator[Row]:
    last: dict[str, float] = {}
    for each in sent:
        value, device = each.fields, str(each.key)
        if device in last:
            change = value["temperature"] - last[device]
            yield {"key": each.key, "time": each.timestamp, **value, "change": change}
        last[device] = value["temperature"]
