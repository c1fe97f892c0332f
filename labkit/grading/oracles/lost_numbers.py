"""A record for each reading whose number is more than 1 above all earlier ones of its device."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from labkit.exercises.records import Row, Sent
from labkit.grading.oracles import state


def expected(sent: Sequence[Sent]) -> dict[str, list[Row]]:
    return {"out": [*_gaps(sent)], **state.bounded()}


def _gaps(sent: Sequence[Sent]) -> Iterator[Row]:
    earlier: defaultdict[str, list[int]] = defaultdict(list)
    for each in sent:
        device, n, timestamp = (each.fields[name] for name in ("device", "n", "timestamp"))
        missing = range(max(earlier[device], default=n) + 1, n)
        if missing:
            row = {"device": device, "first": missing[0], "last": missing[-1], "timestamp": timestamp}
            yield {"key": each.key, "time": each.timestamp, **row}
        earlier[device].append(n)
