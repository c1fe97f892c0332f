"""A record for each gap of more than 5 s between the latest time so far and a newer reading of the same device."""

from collections.abc import Iterator, Sequence

from labkit.exercises.records import Row, Sent
from labkit.grading.oracles import state


def expected(sent: Sequence[Sent]) -> dict[str, list[Row]]:
    return {"out": [*_silences(sent)], **state.bounded()}


def _silences(sent: Sequence[Sent]) -> Iterator[Row]:
    heard: dict[str, int] = {}
    for each in sent:
        device, now = each.fields["device"], each.fields["timestamp"]
        before = heard.setdefault(device, now)
        if now - before > 5000:
            row = {"device": device, "from": before, "until": now, "seconds": (now - before) / 1000}
            yield {"key": each.key, "time": each.timestamp, **row}
        heard[device] = max(before, now)
