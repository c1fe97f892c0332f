"""Tiles: the newest number of each device and topic, or how long there has been none."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ipywidgets import HTML
from markupsafe import Markup, escape

from labkit.kafka.tap import Record, Tap
from labkit.live import theme
from labkit.live.chart import drawable
from labkit.live.pacing import Pacer
from labkit.live.view import LiveView
from labkit.readings import now
from labkit.readings.reading import LAST_TIMESTAMP

PERIOD = 0.25  # seconds between two looks at the clock
COUNTS = "-count"  # how the names of topics end whose records count others
FRESH = 5_000  # milliseconds for which a single reading is news; a window is for as long as it is

STYLE = Markup("""<style>
.lab-tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(330px, 100%), 1fr)); gap: 8px; }
.lab-tile { border: 1px solid #595959; border-radius: 6px; padding: 6px 10px; color: #000; background: #fff;
  display: flex; flex-flow: row wrap; gap: 2px 10px; }
.lab-tile b { font-size: 15px; flex: 1 0 100%; }
.lab-tile div { font-size: 12px; line-height: 1.3; color: #404040; flex: 1 1 0; min-width: 80px; }
.lab-tile strong { display: block; font-size: 18px; line-height: 26px; color: #000; white-space: nowrap; }
.lab-tile strong.lab-none { font-size: 13px; line-height: 1.3; white-space: normal; color: #595959; }
</style>""")


@dataclass(frozen=True)
class Value:
    """The newest of a device in a topic; `end` is the event time (epoch ms) up to which it speaks.

    `seen` is when it came: a device whose clock is ahead has been heard then, not in the future.
    """

    field: str
    number: float
    start: int
    end: int
    seen: int

    @property
    def window(self) -> int:
        """Milliseconds; 0 for a single reading."""
        return self.end - self.start

    def silent_for(self, time: int) -> int:
        """Whole seconds since its time, if it is too old to be called the present state; else 0."""
        age = time - min(self.end, self.seen)
        return max(age // 1000, 1) if age > (self.window or FRESH) else 0


class Row(NamedTuple):
    """What a row of a tile says: what it is about, the number or why there is none, and of when it is."""

    label: str
    shown: str
    below: str
    fresh: bool = False

    def words(self) -> str:
        return f"{self.label}, {self.shown}"


class Tiles(LiveView):
    """For each device a tile with the newest number from each of some topics.

    Of readings it is the temperature, of windows what they aggregate. A number that is older than its window (a
    reading: than 5 s) is not shown as the present one: the tile says for how long there has been no data. A count of
    nothing is no record, so it is 0 as long as the device is heard and `is_fed(topic)` says that somebody counts.
    """

    def __init__(self, tap: Tap, looks: theme.Looks, pacer: Pacer, is_fed: Callable[[str], bool]) -> None:
        self._tap, self._looks, self._is_fed = tap, looks, is_fed
        self._newest: dict[str, dict[str, Value]] = {}
        self._heard: dict[str, int] = {}  # device -> when its first reading was measured
        self._lock = threading.Lock()  # one thread takes records in, others ask what there is
        self._shown = self._end_note = Markup()
        self.grid = HTML(f"Waiting for the first record of {' and '.join(tap.names)}.")
        super().__init__("tiles", [self.grid], pacer)
        self.start()

    def say(self, text: str) -> None:
        self.grid.value = escape(text)

    def _end(self) -> None:
        self._tap.close()
        self._end_note = Markup("<p>These tiles have ended: the numbers are the last ones.</p>")

    def _collect(self) -> float:
        records = self._tap.read(timeout=0.1)
        with self._lock:
            self._add(records)
        if self._newest and (shown := self._rendered(now())) != self._shown:
            self._shown = shown
            self.snapshot.ready.set()
            self._touch()
        return PERIOD

    def _add(self, records: Iterable[Record]) -> None:
        for record in records:
            if value := _value(record, now()):
                name = record.key or "no key"
                device = self._newest.setdefault(name, {})
                if record.topic not in device or device[record.topic].end <= value.end:
                    device[record.topic] = value
                if not value.window:
                    self._heard.setdefault(name, value.end)

    def _paint(self) -> None:
        self.grid.value = (self._shown or Markup(self.grid.value)) + self._end_note

    def static_html(self) -> str:
        """The tiles as they are now."""
        return self._rendered(now()) + self._end_note

    def _devices(self) -> list[tuple[str, dict[str, Value]]]:
        with self._lock:
            found = [(device, dict(values)) for device, values in self._newest.items()]
        return sorted(found, key=lambda each: theme.in_order(each[0]))

    def _rendered(self, time: int) -> Markup:
        tiles = Markup().join(self._tile(device, values, time) for device, values in self._devices())
        return STYLE + Markup("<div class='lab-tiles'>{}</div>").format(tiles)

    def _tile(self, device: str, values: Mapping[str, Value], time: int) -> Markup:
        rows = Markup().join(_row_html(self._row(device, topic, values, time)) for topic in self._tap.names)
        look = self._looks.of(device)
        mark = Markup("<span style='color:{}'>{}</span>").format(look.colour, look.sign)
        tile = "<section class='lab-tile' aria-label='{}'><b>{} {}</b>{}</section>"
        return Markup(tile).format(device, mark, device, rows)

    def summary(self) -> str:
        """What the tiles show, in words."""
        time = now()
        return "\n".join(
            f"{device}: " + ", ".join(self._row(device, topic, values, time).words() for topic in self._tap.names)
            for device, values in self._devices()
        )

    def _row(self, device: str, topic: str, values: Mapping[str, Value], time: int) -> Row:
        """What a row says."""
        value = values.get(topic)
        silent = value.silent_for(time) if value else 0
        if value and not silent:
            return Row(_label(topic, value), _number(value), f"{_span(value)} UTC", fresh=True)
        if since := self._nothing_since(device, topic, values, time):
            return Row(_kind(topic), "0", f"since {theme.clock(since)} UTC", fresh=True)
        if value:
            return Row(_label(topic, value), f"no data for {silent} s", f"last: {_number(value)}, {_span(value)} UTC")
        return Row(topic, "no data yet", "")

    def _nothing_since(self, device: str, topic: str, values: Mapping[str, Value], time: int) -> int:
        """Since when (epoch ms) nothing of a device has been counted, though it would have been; 0 if that is unknown.

        Whatever came since the newest window ceased to be the present one would have closed another by now.
        """
        heard = any(not each.window and not each.silent_for(time) for each in values.values())
        if not (heard and topic.endswith(COUNTS) and self._is_fed(topic)):
            return 0
        return values[topic].end + values[topic].window if topic in values else self._heard[device]


def _value(record: Record, seen: int) -> Value | None:
    fields: Any = record.value
    if not isinstance(fields, dict):
        return None
    start, end = fields.get("start"), fields.get("end")
    if type(start) is int and type(end) is int:
        for field, number in fields.items() if 0 <= start < end <= LAST_TIMESTAMP else ():
            if field not in {"device", "start", "end"} and type(number) in {int, float}:
                return Value(field, number, start, end, seen)
        return None
    number = drawable(record, "temperature")
    return None if number is None else Value("temperature", number, record.timestamp, record.timestamp, seen)


def _row_html(row: Row) -> Markup:
    kind = Markup("" if row.fresh else " class='lab-none'")
    below = row.below or Markup("&nbsp;")
    return Markup("<div>{}<strong{}>{}</strong>{}</div>").format(row.label, kind, row.shown, below)


def _label(topic: str, value: Value) -> str:
    kind = f"{value.field} in {value.window / 1000:g} s" if value.window else f"latest {value.field}"
    return f"{topic}: {kind}"


def _kind(topic: str) -> str:
    return f"{topic}: {topic.removesuffix(COUNTS)}s"


def _number(value: Value) -> str:
    text = f"{value.number:.2f}" if isinstance(value.number, float) else f"{value.number}"
    return f"{text} {theme.UNITS.get(value.field, '')}".rstrip()


def _span(value: Value) -> str:
    if not value.window:
        return f"at {theme.clock(value.end)}"
    return f"{theme.clock(value.start)}–{theme.clock(value.end)}"  # short enough for one line of a tile
