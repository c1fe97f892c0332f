"""Tiles: the newest number of each device and topic, or how long there has been none."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ipywidgets import HTML
from markupsafe import Markup, escape

from labkit.kafka.tap import Tap
from labkit.live import html, spans, sparkline, theme
from labkit.live.devices import CROWDED
from labkit.live.fields import UNITS
from labkit.live.numbers import Numbers, Row, counted
from labkit.live.pacing import Pacer
from labkit.live.sparkline import Trail
from labkit.live.theme import Style, Styles
from labkit.live.view import LiveView, emptied
from labkit.readings import now

PERIOD = 0.25  # seconds between two updates
ENDED = html.element("p", "These tiles have ended: the numbers are the last ones.")


@dataclass(frozen=True)
class Tile:
    """A device with a row for each topic; of the first topic also the age of its number in seconds (None without one),
    and what it was before.
    """

    device: str
    style: Style
    rows: tuple[Row, ...]
    age: int | None
    trail: Trail

    @property
    def is_silent(self) -> bool:
        """Whether its first number is not a current one."""
        return not self.rows[0].fresh


@dataclass(frozen=True)
class State:
    """A tile for each device, in order; the topics are those that have a row. `numberless` says of records that there
    are, but with no number to show.
    """

    topics: tuple[str, ...]
    tiles: tuple[Tile, ...] = ()
    crowded: bool = False  # whether there are more devices
    away: str = ""  # since when Kafka has been away, and what to do
    ended: bool = False
    numberless: str = ""

    @property
    def is_empty(self) -> bool:
        return not self.tiles


class Tiles(LiveView[State]):
    """One tile per device with its newest number in each topic.

    For a reading this is its field `y`, for a window its result. A number that is too old (a reading: 5 s,
    or three times the usual interval; a window: its own length) is not shown as current: the tile says how long there
    has been no data. A count of zero has no
    record, so the tile shows 0 if readings arrive from the device, `is_counted(topic)` says that a pipeline counts, and
    nothing to count has arrived for that long; for this the tap may read more topics than have a row.

    Example: tiles = lab.tiles("sensor", "avg-temp")
    """

    def __init__(
        self,
        tap: Tap,
        topics: Sequence[str],
        styles: Styles,
        pacer: Pacer,
        is_counted: Callable[[str], bool],
        y: str = "temperature",
        by: str | None = None,
        units: Mapping[str, str] = UNITS,
    ) -> None:
        self._tap, self._styles, self._is_counted = tap, styles, is_counted
        self._numbers = Numbers(topics, tap.names, y, by, units)
        state = State(tuple(topics))
        self.grid = HTML(render(state))
        super().__init__("tiles", [self.grid], pacer, state, PERIOD)

    def collect(self) -> State:
        for topic in emptied(self._tap):  # before reading: what it holds now is then read afresh
            self._numbers.forget(topic)
        records, time = self._tap.read(timeout=0.1), now()
        self._numbers.add(records, time)
        topics = self.state.topics
        self._numbers.note_counted((each for each in topics if counted(each) and self._is_counted(each)), time)
        tiles = (self._tile(device, time) for device in self._numbers.devices)
        found, y = self._numbers.numberless, self._numbers.y
        meant, among = f" ({self._numbers.meant})" if self._numbers.meant else "", " and ".join(topics)
        numberless = f"No reading with a {y} yet{meant}, among {found:,} records of {among}." if found else ""
        return State(topics, tuple(tiles), self._numbers.crowded, self._tap.away, numberless=numberless)

    def _tile(self, device: str, time: int) -> Tile:
        numbers, style = self._numbers, self._styles.of(device)
        rows = numbers.rows(device, time, self._tap.skipped > 0)
        return Tile(device, style, rows, numbers.age(device, time), numbers.trail(device, time))

    def collect_last(self) -> State:
        return replace(self.state, ended=True)

    def release(self) -> None:
        self._tap.close()

    def show_state(self, state: State) -> None:
        self.grid.value = render(state)

    def static_html(self) -> Markup:
        return html.element("style", Markup(theme.TILES)) + render(self.state)

    def summary(self) -> str:
        """Returns what the tiles show, in words, one line per device. Example: print(tiles.summary())"""
        return words(self.state)


def words(state: State) -> str:
    """Returns what tiles show as text."""
    lines = [f"{tile.device}: {', '.join(row.words() for row in tile.rows)}" for tile in state.tiles]
    why_none = state.numberless if state.is_empty else ""
    return "\n".join(filter(None, [state.away, why_none, *lines, CROWDED if state.crowded else ""]))


def render(state: State) -> Markup:
    """Returns tiles as HTML."""
    away = html.element("p", html.element("b", state.away)) if state.away else Markup()
    end = html.join([html.element("p", CROWDED) if state.crowded else "", ENDED if state.ended else ""])
    if state.is_empty:
        return away + escape(state.numberless or f"Waiting for the first record of {' and '.join(state.topics)}.") + end
    return away + html.element("div", *map(_tile, state.tiles), class_="lab-tiles") + end


def _tile(tile: Tile) -> Markup:
    sign = html.element("span", tile.style.sign, class_="lab-drawing", style=f"color:{tile.style.colour}")
    name = html.element("b", sign, f" {tile.device}")
    first, *rest = tile.rows
    parts = [_row(first, " lab-first"), sparkline.draw(tile.trail, tile.style), *map(_row, rest)]
    stale = " lab-stale" if tile.is_silent else ""
    content = (name, _age(tile.age), *parts)
    # A group, not a landmark: the same device may have a tile in several views of a notebook.
    return html.element("div", *content, class_=f"lab-tile{stale}", role="group", aria_label=tile.device)


def _age(age: int | None) -> Markup:
    text = "" if age is None else "just now" if age < 1 else f"{spans.length(1000 * age)} ago"
    return html.element("span", text, class_="lab-ago")


def _row(row: Row, kind: str = "") -> Markup:
    blank = Markup("&nbsp;")
    names = html.join([html.element("span", row.topic), html.element("span", row.kind or blank), ""], " ")
    below = html.join(map(_unbroken, re.split("(?<=,) ", row.below)), " ") if row.below else blank
    return html.element("div", names, _number(row), below, class_=f"lab-row{kind}")


def _unbroken(text: str) -> Markup:
    """Returns a part of a line that is not broken; a narrow tile leaves out the time zone."""
    time, zone, _ = text.partition(" UTC")
    return html.element("i", time, html.element("span", zone, class_="lab-zone") if zone else "")


def _number(row: Row) -> Markup:
    if not row.fresh:
        return html.element("strong", row.shown, class_="lab-none")
    number, _, unit = row.shown.partition(" ")
    return html.element("strong", number, html.element("small", f" {unit}") if unit else "")
