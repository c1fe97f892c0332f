"""Charts as small static SVGs."""

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup

from labkit.live import spans, svg
from labkit.live.series import Floats
from labkit.live.theme import SOFT, Style

WIDTH = 900
LEFT, RIGHT, TOP, BOTTOM = 70, 840, 40, 290
SAMPLE, CHARACTER, ROW = 28, 8, 20  # of the legend
LANE = 26  # of bars
TICKS = 6  # of the time axis
DASHES = {"solid": "", "dash": "9 5", "dot": "2 4", "dashdot": "9 4 2 4", "longdash": "16 6"}

Scale = Callable[[float], float]  # from a time or a value to pixels


class Line(NamedTuple):
    """Points in order of time: epoch milliseconds and values; NaN breaks the line. With `marks`: circles, no line.

    Without a name it is not in the legend.
    """

    name: str
    style: Style
    times: Floats
    values: Floats
    marks: bool


def lines_svg(
    title: str, y_title: str, lines: Sequence[Line], since: float, until: float, level: float | None
) -> Markup:
    """Returns a drawing of lines between two times, with a dashed line at `level`."""
    levels = [level] if level is not None else []
    values = [float(value) for line in lines for value in line.values if not math.isnan(value)]
    low, high, step = _bounds(values + levels)
    x, y = _scale(since, until, LEFT, RIGHT), _scale(low, high, BOTTOM, TOP)
    legend, height = _legend(lines)
    middle = (TOP + BOTTOM) / 2
    return _document(
        title,
        height,
        svg.text(LEFT, 22, title, font_weight="bold"),
        *legend,
        *_grid((low + number * step for number in range(round((high - low) / step) + 1)), y),
        *_times(since, until, x, BOTTOM + 18),
        svg.text(16, middle, y_title, text_anchor="middle", transform=f"rotate(-90 16 {middle})"),
        *(svg.path("M", LEFT, y(each), "H", RIGHT, stroke="#000", stroke_dasharray="6 4") for each in levels),
        *(_drawn(line, [(x(t), y(v)) for t, v in zip(line.times, line.values, strict=True)]) for line in lines),
    )


def timeline_svg(
    title: str,
    points: Sequence[tuple[float, str]],
    rows: Mapping[str, Sequence[tuple[float, float, str, int]]],
    since: float,
    until: float,
) -> Markup:
    """Returns a drawing of points (time and text), and below them a row of bars (start, end, text, lane) per name."""
    x, y = _scale(since, until, LEFT, RIGHT), TOP + 20
    parts: list[Markup] = []
    for name, bars in rows.items():
        parts += [svg.text(LEFT, y + 16, name, font_weight="bold"), *(_bar(bar, x, y + 24) for bar in bars)]
        y += 34 + LANE * (1 + max((lane for *_, lane in bars), default=0))
    for time, label in points:
        parts.append(svg.path("M", x(time), TOP, "V", y, stroke="#0072B2", stroke_dasharray="2 3"))
        parts.append(svg.text(x(time), TOP - 8, label, text_anchor="middle"))
    return _document(title, y + 24, *parts, *_times(since, until, x, y + 16))


def _document(title: str, height: int, *parts: Markup) -> Markup:
    background = svg.rect(0, 0, WIDTH, height, fill="#fff")
    return svg.document(title, (0, 0, WIDTH, height), background, *parts, font_size=13)


def _bounds(values: Sequence[float]) -> tuple[float, float, float]:
    """Returns the ends of the vertical axis, and the step between two lines of the grid."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    step = _step((high - low) or 1.0)
    return math.floor(low / step) * step, math.ceil(high / step) * step or step, step


def _scale(first: float, last: float, start: float, end: float) -> Scale:
    """Returns a function that maps `first` to `start`, `last` to `end`, and what is between them evenly."""
    return lambda value: start + (value - first) / ((last - first) or 1.0) * (end - start)


def _grid(values: Iterable[float], y: Scale) -> Iterable[Markup]:
    for value in values:
        yield svg.path("M", LEFT, y(value), "H", RIGHT, stroke="#ddd")
        yield svg.text(LEFT - 6, y(value) + 4, f"{value:g}", text_anchor="end")


def _times(since: float, until: float, x: Scale, y: float) -> Iterable[Markup]:
    for number in range(TICKS):
        time = since + (until - since) * number / (TICKS - 1)
        yield svg.text(x(time), y, spans.moment(time, until - since), text_anchor="middle")


def _bar(bar: tuple[float, float, str, int], x: Scale, y: float) -> Markup:
    start, end, label, lane = bar
    top = y + lane * LANE
    frame = svg.rect(x(start), top, x(end) - x(start), LANE - 4, fill=SOFT, stroke="#000")
    return frame + svg.text(x(start) + 4, top + 15, label)


def _drawn(line: Line, points: list[tuple[float, float]]) -> Markup:
    pen = {"fill": "none", "stroke": line.style.colour, "stroke_width": 2}
    if line.marks:
        circles = (svg.element("circle", cx=round(x), cy=round(y), r=6) for x, y in points if not math.isnan(y))
        return svg.element("g", *circles, **pen)
    paths = [
        " ".join(f"{x:.0f},{y:.0f}" for x, y in stretch)
        for is_gap, stretch in itertools.groupby(points, lambda point: math.isnan(point[1]))
        if not is_gap
    ]
    dash = DASHES[line.style.dash]
    return Markup().join(svg.element("polyline", points=each, **pen, stroke_dasharray=dash) for each in paths)


def _legend(lines: Sequence[Line]) -> tuple[list[Markup], int]:
    """Returns a sample of each line beside its name, in as many rows as needed, and the height of the whole picture."""
    x, y = LEFT, BOTTOM + 44
    parts = []
    for line in filter(lambda line: line.name, lines):
        width = SAMPLE + CHARACTER * (len(line.name) + 2)
        if x > LEFT and x + width > RIGHT:
            x, y = LEFT, y + ROW
        parts.append(_drawn(line, [(x + 11, y - 4)] if line.marks else [(x, y - 4), (x + 22, y - 4)]))
        parts.append(svg.text(x + SAMPLE, y, line.name))
        x += width
    return parts, y + 12


def _step(span: float) -> float:
    """Returns a round step of which 3 to 8 fit into the span."""
    power = 10.0 ** math.floor(math.log10(span / 3))
    return max((factor * power for factor in (1, 2, 5) if factor * power <= span / 3), default=power)
