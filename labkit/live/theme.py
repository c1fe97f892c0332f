"""How the lab's pictures look: colours that all can tell apart, and never colour alone."""

from typing import NamedTuple

# Of the Okabe-Ito palette (Okabe and Ito, "Color Universal Design", 2008) those with a contrast of 3:1 on white, and
# black. Each has a marker and a dash of its own, so that a device can be told without its colour.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000")
MARKERS = ("circle", "square", "triangle-up", "diamond", "x")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")

UNITS = {"temperature": "°C", "kelvin": "K", "humidity": "%"}


class Look(NamedTuple):
    colour: str
    marker: str
    dash: str


def look(number: int) -> Look:
    """The look of the n-th device, from 0. The five colours come again with the next marker and dash."""
    shift = number // len(COLOURS)
    colour = COLOURS[number % len(COLOURS)]
    return Look(colour, MARKERS[(number + shift) % len(MARKERS)], DASHES[(number + shift) % len(DASHES)])


def axis(field: str) -> str:
    """An axis title with its unit."""
    name = field[:1].upper() + field[1:]
    return f"{name} ({UNITS[field]})" if field in UNITS else name
