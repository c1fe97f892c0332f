"""A record for each gap of more than 5 s between the latest time so far and a newer reading of the same device."""

from collections.abc import Iterator, Sequence

from labkit.exercises.records import Row, Sent


def expected(sent: Sequence[Sent]) -> Iterator[Row]:
    heard: dict[str, int] = {}
    for each in sent:
        device, now = str(each.key), each.timestamp
        before = heard.setdefault(device, now)
        if now - before > 5000:
            row = {"device": device, "from": before, "until": now, "seconds": (now - before) / 1000}
            yield {"key": each.key, "time": now, **row}
        heard[device] = max(before, now)
