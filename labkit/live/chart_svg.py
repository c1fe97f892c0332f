"""Charts as small static SVGs."""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from labkit.live.series import Floats
from labkit.live.theme import SOFT, Look, clock, xml

WIDTH = 900
LEFT, RIGHT, TOP, BOTTOM = 70, 850, 40, 290
SAMPLE, CHARACTER, ROW = 28, 8, 20  # of the legend
LANE = 26  # of bars
DASHES = {"solid": "", "dash": "9 5", "dot": "2 4", "dashdot": "9 4 2 4", "longdash": "16 6"}


class Line(NamedTuple):
    """Points in order of time: epoch milliseconds and values; NaN breaks the line. With `marks`: circles, no line."""

    name: str
    look: Look
    times: Floats
    values: Floats
    marks: bool


def lines_svg(title: str, y_title: str, lines: Sequence[Line], since: float, until: float, level: float | None) -> str:
    """Draw the lines between two times, with a dashed line at `level`."""
    levels = [level] if level is not None else []
    values = [float(value) for line in lines for value in line.values if not math.isnan(value)] + levels
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    step = _step((high - low) or 1.0)
    low, high = math.floor(low / step) * step, math.ceil(high / step) * step or step

    def x(time: float) -> float:
        return LEFT + (time - since) / ((until - since) or 1.0) * (RIGHT - LEFT)

    def y(value: float) -> float:
        return BOTTOM - (value - low) / ((high - low) or 1.0) * (BOTTOM - TOP)

    legend, height = _legend(lines)
    parts = [_text(LEFT, 22, title, "font-weight='bold'"), *legend]
    for tick in range(round((high - low) / step) + 1):
        value = low + tick * step
        parts.append(f"<path d='M{LEFT} {y(value):.0f}H{RIGHT}' stroke='#ddd'/>")
        parts.append(_text(LEFT - 6, y(value) + 4, f"{value:g}", "text-anchor='end'"))
    for tick in range(6):
        time = since + (until - since) * tick / 5
        parts.append(_text(x(time), BOTTOM + 18, clock(time), "text-anchor='middle'"))
    middle = (TOP + BOTTOM) / 2
    parts.append(_text(16, middle, y_title, f"text-anchor='middle' transform='rotate(-90 16 {middle})'"))
    parts += [f"<path d='M{LEFT} {y(each):.1f}H{RIGHT}' stroke='#000' stroke-dasharray='6 4'/>" for each in levels]
    for line in lines:
        parts.append(_drawn(line, [(x(t), y(v)) for t, v in zip(line.times, line.values, strict=True)]))
    return _svg(parts, height)


def timeline_svg(
    points: Sequence[tuple[float, str]],
    rows: Mapping[str, Sequence[tuple[float, float, str, int]]],
    since: float,
    until: float,
) -> str:
    """Draw points (time and text) on top, and below them a row of bars (start, end, text and lane) under each title."""

    def x(time: float) -> float:
        return LEFT + (time - since) / ((until - since) or 1.0) * (RIGHT - LEFT)

    parts, y = [], TOP + 20
    for title, bars in rows.items():
        parts.append(_text(LEFT, y + 16, title, "font-weight='bold'"))
        for start, end, text, lane in bars:
            top, width = y + 24 + lane * LANE, x(end) - x(start)
            style = f"fill='{SOFT}' stroke='#000'"
            parts.append(f"<rect x='{x(start):.0f}' y='{top}' width='{width:.0f}' height='{LANE - 4}' {style}/>")
            parts.append(_text(x(start) + 4, top + 15, text))
        y += 34 + LANE * (1 + max((lane for *_, lane in bars), default=0))
    for time, text in points:
        parts.append(f"<path d='M{x(time):.0f} {TOP}V{y}' stroke='#0072B2' stroke-dasharray='2 3'/>")
        parts.append(_text(x(time), TOP - 8, text, "text-anchor='middle'"))
    for tick in range(6):
        time = since + (until - since) * tick / 5
        parts.append(_text(x(time), y + 16, clock(time), "text-anchor='middle'"))
    return _svg(parts, y + 24)


def _svg(parts: Sequence[str], height: int) -> str:
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' width='{WIDTH}' height='{height}' "
        f"font-family='sans-serif' font-size='13'><rect width='100%' height='100%' fill='#fff'/>{''.join(parts)}</svg>"
    )


def _drawn(line: Line, points: list[tuple[float, float]]) -> str:
    colour, dash = line.look.colour, DASHES[line.look.dash]
    if line.marks:
        circles = "".join(f"<circle cx='{x:.0f}' cy='{y:.0f}' r='6'/>" for x, y in points if not math.isnan(y))
        return f"<g fill='none' stroke='{colour}' stroke-width='2'>{circles}</g>"
    style = f"fill='none' stroke='{colour}' stroke-width='2' stroke-dasharray='{dash}'"
    paths = [
        " ".join(f"{x:.0f},{y:.0f}" for x, y in stretch)
        for is_gap, stretch in itertools.groupby(points, lambda point: math.isnan(point[1]))
        if not is_gap
    ]
    return "".join(f"<polyline points='{path}' {style}/>" for path in paths)


def _legend(lines: Sequence[Line]) -> tuple[list[str], int]:
    """A sample of each line beside its name, in as many rows as needed, and the height of the whole picture."""
    x, y = LEFT, BOTTOM + 44
    parts = []
    for line in lines:
        width = SAMPLE + CHARACTER * (len(line.name) + 2)
        if x > LEFT and x + width > RIGHT:
            x, y = LEFT, y + ROW
        parts.append(_drawn(line, [(x + 11, y - 4)] if line.marks else [(x, y - 4), (x + 22, y - 4)]))
        parts.append(_text(x + SAMPLE, y, line.name))
        x += width
    return parts, y + 12


def _text(x: float, y: float, text: str, attributes: str = "") -> str:
    return f"<text x='{x:.0f}' y='{y:.0f}' {attributes}>{xml(text)}</text>"


def _step(span: float) -> float:
    """Returns a round step of which 3 to 8 fit into the span."""
    power = 10.0 ** math.floor(math.log10(span / 3))
    return max((factor * power for factor in (1, 2, 5) if factor * power <= span / 3), default=power)
