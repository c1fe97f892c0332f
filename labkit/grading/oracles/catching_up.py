"""What is waiting, which then changes second by second: by what is written, and what is handled."""

from collections.abc import Iterator, Sequence
from itertools import count

from labkit.exercises.records import BASE, Row, Sent


def expected(sent: Sequence[Sent]) -> Iterator[Row]:
    rate, handled, stood, kept = (sent[0].fields[name] for name in ("rate", "handled", "stood", "kept"))
    waiting = sum(rate for second in range(60 * stood) if second < 60 * kept)
    seconds = next(n for n in count() if waiting + n * rate - n * handled <= 0)
    yield {"key": None, "time": BASE, "answer": [waiting, seconds]}
