"""The alerts without an acknowledgement in the 60 s after them, if a later record shows that these are over."""

from collections.abc import Iterator, Sequence

from labkit.exercises.records import INPUT, Row, Sent

LIMIT = 60_000  # ms


def expected(sent: Sequence[Sent]) -> Iterator[Row]:
    for each in sent:
        after = [(other.timestamp - each.timestamp, other.topic) for other in sent if other.key == each.key]
        is_answered = any(0 < later <= LIMIT and topic != INPUT for later, topic in after)
        is_over = any(later > LIMIT for later, _ in after)
        if each.topic == INPUT and is_over and not is_answered:
            yield {"key": each.key, "time": each.timestamp, **each.fields}
