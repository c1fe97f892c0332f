"""Spans of time in words, and points in time as fine as a span requires."""

import datetime

from labkit.live import theme

DAY = 86_400_000.0  # milliseconds
LENGTHS = (("days", DAY), ("h", 3_600_000.0), ("min", 60_000.0))


def length(span: float) -> str:
    """Returns a span in milliseconds in the largest unit of which it has more than two."""
    unit, one = next(((unit, one) for unit, one in LENGTHS if span > 2 * one), ("s", 1000.0))
    return f"{f'{span / one:.1f}'.removesuffix('.0')} {unit}"


def moment(time: float, span: float) -> str:
    """Returns a time in epoch milliseconds (UTC) on an axis of this span; longer than a day, it has the date too."""
    if span <= DAY:
        return theme.clock(time)
    return f"{datetime.datetime.fromtimestamp(time / 1000, datetime.UTC):%Y-%m-%d %H:%M}"
