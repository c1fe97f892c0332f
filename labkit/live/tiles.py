"""Tiles: the newest number of each device and topic, or how long there has been none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ipywidgets import HTML
from markupsafe import Markup, escape

from labkit.kafka.tap import Tap
from labkit.live import html
from labkit.live.devices import CROWDED
from labkit.live.fields import UNITS
from labkit.live.numbers import Numbers, Row, counted
from labkit.live.pacing import Pacer
from labkit.live.theme import Style, Styles
from labkit.live.view import LiveView, emptied
from labkit.readings import now

PERIOD = 0.25  # seconds between two updates
ENDED = html.element("p", "These tiles have ended: the numbers are the last ones.")

STYLE = Markup("""<style>
.lab-tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(330px, 100%), 1fr)); gap: 8px; }
.lab-tile { border: 1px solid #595959; border-radius: 6px; padding: 6px 10px; color: #000; background: #fff;
  display: flex; flex-flow: row wrap; gap: 2px 10px; }
.lab-tile b { font-size: 15px; flex: 1 0 100%; }
.lab-tile div { font-size: 12px; line-height: 1.3; color: #404040; flex: 1 1 0; min-width: 80px; }
.lab-tile strong { display: block; font-size: 18px; line-height: 26px; color: #000; white-space: nowrap; }
.lab-tile div span { display: block; }
.lab-tile strong.lab-none { font-size: 13px; line-height: 1.3; white-space: normal; color: #595959; }
</style>""")


@dataclass(frozen=True)
class Tile:
    device: str
    style: Style
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class State:
    """A tile for each device, in order; the topics are those that have a row."""

    topics: tuple[str, ...]
    tiles: tuple[Tile, ...] = ()
    crowded: bool = False  # whether there are more devices
    ended: bool = False

    @property
    def is_empty(self) -> bool:
        return not self.tiles


class Tiles(LiveView[State]):
    """One tile per device with its newest number in each topic.

    For a reading this is its field `y`, for a window its result. A number that is too old (a reading: 5 s; a window:
    its own length) is not shown as current: the tile says how long there has been no data. A count of zero has no
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
        return State(topics, tuple(tiles), self._numbers.crowded)

    def _tile(self, device: str, time: int) -> Tile:
        return Tile(device, self._styles.of(device), self._numbers.rows(device, time, self._tap.skipped > 0))

    def collect_last(self) -> State:
        return replace(self.state, ended=True)

    def release(self) -> None:
        self._tap.close()

    def show(self, state: State) -> None:
        self.grid.value = render(state)

    def static_html(self) -> Markup:
        return render(self.state)

    def summary(self) -> str:
        """Returns what the tiles show, in words, one line per device. Example: print(tiles.summary())"""
        return words(self.state)


def words(state: State) -> str:
    """Returns what tiles show as text."""
    lines = [f"{tile.device}: {', '.join(row.words() for row in tile.rows)}" for tile in state.tiles]
    return "\n".join([*lines, *([CROWDED] if state.crowded else [])])


def render(state: State) -> Markup:
    """Returns tiles as HTML."""
    end = html.join([html.element("p", CROWDED) if state.crowded else "", ENDED if state.ended else ""])
    if state.is_empty:
        return escape(f"Waiting for the first record of {' and '.join(state.topics)}.") + end
    return STYLE + html.element("div", *map(_tile, state.tiles), class_="lab-tiles") + end


def _tile(tile: Tile) -> Markup:
    name = html.element(
        "b", html.element("span", tile.style.sign, style=f"color:{tile.style.colour}"), f" {tile.device}"
    )
    return html.element("section", name, *map(_row, tile.rows), class_="lab-tile", aria_label=tile.device)


def _row(row: Row) -> Markup:
    blank, style = Markup("&nbsp;"), {} if row.fresh else {"class_": "lab-none"}
    names = html.element("span", row.topic) + html.element("span", row.kind or blank)
    return html.element("div", names, html.element("strong", row.shown, **style), row.below or blank)
