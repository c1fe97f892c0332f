"""Partitions as a drawing: a lane for each over the last minute, coloured and labelled by its process."""

import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from markupsafe import Markup

from labkit.live.theme import COLOURS, drawing
from labkit.runs.shares import Lane

SPAN, LEAST = 60.0, 15.0  # width of the time axis in seconds: at most, and at first
LEFT, WIDTH, RIGHT = 130, 440, 190  # pixels: the partition, its lane, its numbers
HEIGHT, GAP, LINE = 30, 8, 18
LETTER = 8

Members = Sequence[tuple[int, bool]]  # numbers, and who is alive


class Look(NamedTuple):
    """What was seen at one moment (monotonic seconds)."""

    time: float
    lanes: Sequence[Lane]


class Stretch(NamedTuple):
    """A stretch of time in which one process had a partition, in seconds before now."""

    member: int
    begin: float
    end: float


def words(lanes: Sequence[Lane], members: Members) -> str:
    """The newest look, one line for each partition, and one for the processes that have none."""
    lines = [f"{each.topic} partition {each.partition}: {_owner(each)}, {_numbers(each)}" for each in lanes]
    return "\n".join([*lines, *_others(lanes, members)])


def _others(lanes: Sequence[Lane], members: Members) -> list[str]:
    """The processes that are idle or have ended, in words."""
    busy = {lane.member for lane in lanes}
    idle = [str(number) for number, alive in members if alive and number not in busy]
    ended = [str(number) for number, alive in members if not alive]
    return [
        f"{'process' if len(found) == 1 else 'processes'} {', '.join(found)}: {what}"
        for found, what in ((idle, "no partition"), (ended, "ended"))
        if found
    ]


def _owner(lane: Lane) -> str:
    return f"process {lane.member}" if lane.member else "nobody"


def _numbers(lane: Lane) -> str:
    return f"{lane.per_second:.1f} records/s, lag {lane.lag}"


def svg(seen: Sequence[Look], members: Members) -> Markup:
    """The drawing, labelled with what the newest look says, for screen readers."""
    lanes, span = seen[-1].lanes, min(max(seen[-1].time - seen[0].time, LEAST), SPAN)
    others = _others(lanes, members)
    height = len(lanes) * (HEIGHT + GAP) + 24 + LINE * len(others)
    rows = [_row(row, lane, _stretches(seen, lane), span) for row, lane in enumerate(lanes)]
    bottom = len(lanes) * (HEIGHT + GAP) + 12
    notes = [
        Markup("<text x='{}' y='{}' text-anchor='{}'>{}</text>").format(x, bottom, anchor, text)
        for x, anchor, text in ((LEFT, "start", f"{span:.0f} s ago"), (LEFT + WIDTH, "end", "now"))
    ]
    notes += [
        Markup("<text x='{}' y='{}'>{}</text>").format(LEFT, bottom + LINE * number, text)
        for number, text in enumerate(others, 1)
    ]
    width = LEFT + WIDTH + RIGHT
    return drawing(words(lanes, members), (0, 0, width, height), Markup().join(rows + notes))


def _stretches(seen: Sequence[Look], lane: Lane) -> Iterable[Stretch]:
    now = seen[-1].time
    owners = [(look.time, next((each.member for each in look.lanes if each[:2] == lane[:2]), None)) for look in seen]
    ends = [time for time, _ in owners[1:]] + [now]
    spans = [(member, begin, end) for (begin, member), end in zip(owners, ends, strict=True)]
    for member, group in itertools.groupby(spans, key=lambda each: each[0]):
        parts = list(group)
        if member:
            yield Stretch(member, now - parts[0][1], now - parts[-1][2])


def _row(row: int, lane: Lane, stretches: Iterable[Stretch], span: float) -> Markup:
    top = row * (HEIGHT + GAP)
    middle = top + HEIGHT / 2 + 5
    name = Markup("<text x='0' y='{}'>{}</text>").format(middle, f"{lane.topic} {lane.partition}")
    line = Markup("<path d='M{} {}h{}' stroke='#767676' stroke-dasharray='2 4'/>").format(LEFT, top + HEIGHT / 2, WIDTH)
    numbers = Markup("<text x='{}' y='{}'>{}</text>").format(LEFT + WIDTH + 10, middle, _numbers(lane))
    return Markup().join([name, line, *(_bar(top, each, span) for each in stretches), numbers])


def _bar(top: int, stretch: Stretch, span: float) -> Markup:
    x = LEFT + WIDTH * (1 - stretch.begin / span)
    width = max(WIDTH * (stretch.begin - stretch.end) / span, 2.0)
    colour = COLOURS[(stretch.member - 1) % len(COLOURS)]
    rect = Markup(
        "<rect x='{:.1f}' y='{}' width='{:.1f}' height='{}' fill='#fff'/>"
        "<rect x='{:.1f}' y='{}' width='{:.1f}' height='{}' fill='{}' fill-opacity='.25' stroke='{}'/>"
    ).format(x, top, width, HEIGHT, x, top, width, HEIGHT, colour, colour)
    text = next((each for each in (f"process {stretch.member}", f"{stretch.member}") if len(each) * LETTER < width), "")
    return rect + Markup("<text x='{:.1f}' y='{}'>{}</text>").format(x + 4, top + HEIGHT / 2 + 5, text)
