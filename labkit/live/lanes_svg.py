"""Partitions as a drawing: a lane for each over the last minute, coloured and labelled by its process."""

import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from markupsafe import Markup

from labkit.live import svg
from labkit.live.theme import COLOURS
from labkit.runs.assignments import Lane

SPAN, LEAST = 60.0, 15.0  # width of the time axis in seconds: at most, and at first
LEFT, WIDTH, RIGHT = 130, 440, 190  # pixels: the partition, its lane, its numbers
HEIGHT, GAP, LINE = 30, 8, 18
LETTER = 8

Members = Sequence[tuple[int, bool]]  # numbers, and who is alive


class Assignment(NamedTuple):
    """Which process had which partition at one moment (monotonic seconds)."""

    time: float
    lanes: Sequence[Lane]


class Stretch(NamedTuple):
    """A stretch of time in which one process had a partition, in seconds before now."""

    member: int
    start: float
    end: float


def words(lanes: Sequence[Lane], members: Members) -> str:
    """Returns the newest assignment, one line for each partition, and one for the processes that have none."""
    lines = [f"{each.topic} partition {each.partition}: {_owner(each)}, {_numbers(each)}" for each in lanes]
    return "\n".join([*lines, *_others(lanes, members)])


def _others(lanes: Sequence[Lane], members: Members) -> list[str]:
    """Returns the processes that are idle or have ended, in words."""
    busy = {lane.member for lane in lanes}
    idle = [str(number) for number, alive in members if alive and number not in busy]
    ended = [str(number) for number, alive in members if not alive]
    return [
        f"{'process' if len(found) == 1 else 'processes'} {', '.join(found)}: {what}"
        for found, what in ((idle, "no partition"), (ended, "ended"))
        if found
    ]


def _owner(lane: Lane) -> str:
    if not lane.member:
        return "nobody"
    return f"process {lane.member}" if lane.alive else f"process {lane.member}, which has ended"


def _numbers(lane: Lane) -> str:
    return f"{lane.per_second:.1f} records/s, lag {lane.lag}"


def draw(seen: Sequence[Assignment], members: Members) -> Markup:
    """Returns a drawing of the assignments; its label for screen readers is the newest one in words."""
    lanes, span = seen[-1].lanes, min(max(seen[-1].time - seen[0].time, LEAST), SPAN)
    others, bottom = _others(lanes, members), len(lanes) * (HEIGHT + GAP) + 12
    box = (0, 0, LEFT + WIDTH + RIGHT, bottom + 12 + LINE * len(others))
    return svg.document(
        words(lanes, members),
        box,
        *(_row(row * (HEIGHT + GAP), lane, _stretches(seen, lane), span) for row, lane in enumerate(lanes)),
        svg.text(LEFT, bottom, f"{span:.0f} s ago", text_anchor="start"),
        svg.text(LEFT + WIDTH, bottom, "now", text_anchor="end"),
        *(svg.text(LEFT, bottom + LINE * number, each) for number, each in enumerate(others, 1)),
    )


def _stretches(seen: Sequence[Assignment], lane: Lane) -> Iterable[Stretch]:
    now = seen[-1].time
    owners = [(each.time, _member_of(each, lane)) for each in seen]
    ends = [time for time, _ in owners[1:]] + [now]
    spans = [(member, start, end) for (start, member), end in zip(owners, ends, strict=True)]
    for member, group in itertools.groupby(spans, key=lambda each: each[0]):
        parts = list(group)
        if member:
            yield Stretch(member, now - parts[0][1], now - parts[-1][2])


def _member_of(assignment: Assignment, lane: Lane) -> int | None:
    """Returns the number of the process that had a partition then; None if it was not alive any more."""
    return next((each.member for each in assignment.lanes if each[:2] == lane[:2] and each.alive), None)


def _row(top: int, lane: Lane, stretches: Iterable[Stretch], span: float) -> Markup:
    middle = top + HEIGHT // 2
    name = svg.text(0, middle + 5, f"{lane.topic} {lane.partition}")
    line = svg.path("M", LEFT, middle, "h", WIDTH, stroke="#767676", stroke_dasharray="2 4")
    bars = Markup().join(_bar(top, each, span) for each in stretches)
    return name + line + bars + svg.text(LEFT + WIDTH + 10, middle + 5, _numbers(lane))


def _bar(top: int, stretch: Stretch, span: float) -> Markup:
    x = LEFT + WIDTH * (1 - stretch.start / span)
    width = max(WIDTH * (stretch.start - stretch.end) / span, 2.0)
    colour = COLOURS[(stretch.member - 1) % len(COLOURS)]
    background = svg.rect(x, top, width, HEIGHT, fill="#fff")
    bar = svg.rect(x, top, width, HEIGHT, fill=colour, fill_opacity=".25", stroke=colour)
    label = next(
        (each for each in (f"process {stretch.member}", f"{stretch.member}") if len(each) * LETTER < width), ""
    )
    return background + bar + svg.text(x + 4, top + HEIGHT // 2 + 5, label)
