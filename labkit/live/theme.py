"""How the lab's pictures look: colours that all can tell apart, and never colour alone."""

import datetime
import html
import re
import threading
from typing import Any, NamedTuple

# Of the Okabe-Ito palette (Okabe and Ito, "Color Universal Design", 2008) those with a contrast of 3:1 on white, and
# black. Each has a marker and a dash of its own, so that a device can be told without its colour.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000")
MARKERS = ("circle", "square", "triangle-up", "diamond", "x")
SOFT = "#9ecae1"  # of bars: light enough for black text
SIGNS = ("●", "■", "▲", "◆", "✕")  # the markers as characters
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")

# Of a worker: a mark and a colour, and the word stands beside them. No red, no green.
STATES = {
    "starting": ("○", "#000000"),
    "running": ("▶", "#0072B2"),
    "failed": ("✖", "#D55E00"),
    "stopped": ("■", "#595959"),
}

UNITS = {"temperature": "°C", "kelvin": "K", "humidity": "%", "delay": "ms"}


class Look(NamedTuple):
    colour: str
    marker: str
    sign: str
    dash: str


def look(number: int) -> Look:
    """The look of the n-th device, from 0. The five colours come again with the next marker and dash."""
    shift = number // len(COLOURS)
    colour = COLOURS[number % len(COLOURS)]
    form = (number + shift) % len(MARKERS)
    return Look(colour, MARKERS[form], SIGNS[form], DASHES[form])


class Looks:
    """The looks of a lab's devices, in the order in which they are first seen: the same in all its views."""

    def __init__(self) -> None:
        self._looks: dict[str, Look] = {}
        self._lock = threading.Lock()  # else two views could give two new devices the same look

    def of(self, device: str) -> Look:
        with self._lock:
            return self._looks.setdefault(device, look(len(self._looks)))


def timed() -> Any:
    """Plotly's white template, with dates on the horizontal axis.

    Times travel as numbers. When new data come, plotly.js forgets the type of an axis and guesses one anew, and numbers
    are then no dates; what a template says it does not forget.
    """
    import plotly.graph_objects as go
    import plotly.io

    template = go.layout.Template(plotly.io.templates["plotly_white"])
    template.layout.xaxis.type = "date"
    return template


def axis(field: str) -> str:
    """An axis title with its unit."""
    name = field[:1].upper() + field[1:]
    return f"{name} ({UNITS[field]})" if field in UNITS else name


def clock(time: float) -> str:
    """A time in epoch milliseconds as hours, minutes and seconds, UTC."""
    return f"{datetime.datetime.fromtimestamp(time / 1000, datetime.UTC):%H:%M:%S}"


def escape(text: str) -> str:
    """Text as it may stand in HTML, in an SVG file, and in their attributes; XML knows no control characters."""
    return html.escape(re.sub(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text))
