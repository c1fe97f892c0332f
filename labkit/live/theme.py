"""How the lab's pictures look: colours that everybody can tell apart, and never colour alone."""

import datetime
import re
import threading
import zlib
from pathlib import Path
from typing import Any, NamedTuple

# Colours with a contrast of at least 3:1 on white, from the palettes of Okabe and Ito ("Color Universal Design", 2008)
# and, from the sixth on, Tol ("Colour Schemes", 2021, muted); and a grey. Each has its own marker.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#999933", "#882255", "#767676")
MARKERS = ("circle", "square", "triangle-up", "diamond", "x", "triangle-down", "cross", "star")
SIGNS = ("●", "■", "▲", "◆", "✕", "▼", "✚", "★")  # the markers as characters
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
SOFT = "#9ecae1"  # for bars: light enough for black text

# The mark and colour of a worker's status, which are shown beside the word: at least 4.5:1 on white. No red, no green.
STATUSES = {
    "starting": ("○", "#000000"),
    "running": ("▶", "#0072B2"),
    "failed": ("✖", "#A63C00"),
    "stopped": ("■", "#595959"),
    "finished": ("✔", "#595959"),
}

REMEMBERED = 200  # devices whose style is kept: all that are shown, and some that come and go

FONT = "Helvetica, Arial, sans-serif"
STYLE = Path(__file__).with_name("theme.css").read_text()
TILES = Path(__file__).with_name("tiles.css").read_text()  # not in every snapshot, of which a notebook has dozens


class Style(NamedTuple):
    colour: str
    marker: str
    sign: str
    dash: str


PLAIN = Style("#000000", "circle", "○", "solid")


def style(number: int) -> Style:
    """Returns the style of the n-th device, from 0. The colours repeat with the next marker and dash."""
    shift = number // len(COLOURS)
    form = (number + shift) % len(MARKERS)
    return Style(COLOURS[number % len(COLOURS)], MARKERS[form], SIGNS[form], DASHES[(number + shift) % len(DASHES)])


def in_order(name: str) -> tuple[object, ...]:
    """Returns a sort key that puts sensor-2 before sensor-10."""
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", name) if part)


class Styles:
    """The styles of a lab's devices, the same in all views, whichever device appears first.

    The number at the end of a name decides: sensor-1 always has the first style. A name without a number gets
    one of the free styles, chosen by its letters.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}  # the device used last is the last
        self._lock = threading.Lock()  # else two views could give two new devices the same style

    def of(self, device: str) -> Style:
        """Returns the colour, marker and dash of a device."""
        with self._lock:
            found = self._numbers.pop(device, None)
            self._numbers[device] = self._number_for(device) if found is None else found
            if len(self._numbers) > REMEMBERED:
                del self._numbers[next(iter(self._numbers))]
            return style(self._numbers[device])

    def _number_for(self, device: str) -> int:
        if match := re.search(r"[1-9]\d{0,5}$", device):
            return int(match[0]) - 1
        first, taken = (
            zlib.crc32(device.encode(errors="backslashreplace")),
            [style(number) for number in self._numbers.values()],
        )
        colours, dashes = {each.colour for each in taken}, {each.dash for each in taken}
        free = [number for number in range(len(COLOURS)) if style(number).colour not in colours]
        if not free:
            return first % (len(COLOURS) * len(DASHES))
        free = [number for number in free if style(number).dash not in dashes] or free
        return free[first % len(free)]


def timed() -> Any:
    """Returns Plotly's white template without the white, and with dates on the horizontal axis.

    Times are sent as numbers. With new data plotly.js drops the type of an axis, guesses again, and no longer takes the
    numbers for dates; but it keeps the type set in a template.
    """
    import plotly.graph_objects as go
    import plotly.io

    template = go.layout.Template(plotly.io.templates["plotly_white"])
    template.layout.xaxis.type = "date"
    template.layout.paper_bgcolor = template.layout.plot_bgcolor = "rgba(0, 0, 0, 0)"  # the page may be dark
    template.layout.xaxis.gridcolor = template.layout.yaxis.gridcolor = "rgba(0, 0, 0, 0.12)"
    template.layout.font.family = FONT
    return template


def clock(time: float) -> str:
    """Returns a time in epoch milliseconds as hours, minutes and seconds, UTC."""
    return f"{datetime.datetime.fromtimestamp(time / 1000, datetime.UTC):%H:%M:%S}"
