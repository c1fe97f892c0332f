"""Each reading with the place of the last move of its device before it, or unknown."""

from collections.abc import Iterator, Sequence

from labkit.exercises.records import INPUT, Row, Sent


def expected(sent: Sequence[Sent]) -> Iterator[Row]:
    for each in sent:
        if each.topic == INPUT:
            moves = [move for move in sent if move.topic != INPUT and move.key == each.key]
            earlier = [move.fields["place"] for move in moves if move.timestamp < each.timestamp]
            place = (earlier[-1] if earlier else None) or "unknown"
            yield {"key": each.key, "time": each.timestamp, **each.fields, "place": place}
