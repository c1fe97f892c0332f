"""A sparkline: the last 100 seconds of a number, without axes."""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

from markupsafe import Markup

from labkit.live import html, svg
from labkit.live.series import Points, drawn
from labkit.live.theme import Style

SPAN = 100_000  # milliseconds
MOST = 60  # points drawn
WIDTH, HEIGHT, MARGIN = 300, 48, 4  # before it is stretched to the width of its tile


class Trail(NamedTuple):
    """Points (epoch milliseconds, value) in order of time, in stretches without a gap, of the 100 s up to a time."""

    until: int
    stretches: tuple[tuple[tuple[float, float], ...], ...] = ()

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest value."""
        values = [value for stretch in self.stretches for _, value in stretch]
        return min(values), max(values)


def trail(points: Points, time: int) -> Trail:
    """Returns the trail up to the whole second in which a time lies, so that it changes once a second."""
    until = (time // 1000 + 1) * 1000
    found = drawn(points, until - SPAN, until, MOST)
    pairs = zip(found.times.tolist(), found.values.tolist(), strict=True)
    past = (pair for pair in pairs if pair[0] <= until)  # the clock of a device may be ahead
    stretches = itertools.groupby(past, lambda pair: math.isnan(pair[1]))
    return Trail(until, tuple(tuple(stretch) for is_gap, stretch in stretches if not is_gap))


def words(trail: Trail) -> str:
    """Returns a trail as text."""
    low, high = trail.bounds
    return f"last 100 s: {low:.2f} to {high:.2f}"


def draw(trail: Trail, style: Style) -> Markup:
    """Returns a trail as a drawing, beside its highest and lowest value; nothing if it has no points."""
    if not trail.stretches:
        return html.element("p", class_="lab-trail")
    low, high = trail.bounds
    steps: list[str | float] = []
    for stretch in trail.stretches:
        for command, (time, value) in zip(itertools.chain("M", itertools.repeat("L")), stretch, strict=False):
            steps += [command, _x(time, trail.until), _y(value, low, high)]
    pen = {"fill": "none", "stroke": style.colour, "stroke_width": 2, "vector_effect": "non-scaling-stroke"}
    box = {"viewBox": f"0 0 {WIDTH} {HEIGHT}", "preserveAspectRatio": "none", "class_": "lab-drawing"}
    line = svg.element("svg", svg.path(*steps, **pen), **box, role="img", aria_label=words(trail))
    ends = html.element("span", *(html.element("i", f"{each:.1f}") for each in (high, low)), aria_hidden="true")
    return html.element("p", line, ends, class_="lab-trail")


def _x(time: float, until: int) -> float:
    return WIDTH * (1 - (until - time) / SPAN)


def _y(value: float, low: float, high: float) -> float:
    if low == high:
        return HEIGHT / 2
    return MARGIN + (HEIGHT - 2 * MARGIN) * (high - value) / (high - low)
