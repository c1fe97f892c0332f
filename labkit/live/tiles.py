"""Tiles: the newest number of each device and topic, or how long there has been none."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ipywidgets import HTML
from markupsafe import Markup, escape

from labkit.kafka.tap import Record, Tap
from labkit.live import html, theme
from labkit.live.chart import drawable
from labkit.live.pacing import Pacer
from labkit.live.view import LiveView
from labkit.readings import now
from labkit.readings.reading import LAST_TIMESTAMP

PERIOD = 0.25  # seconds between two updates
COUNTS = "-count"  # suffix of topics that count the records of another topic
FRESH = 5_000  # milliseconds for which a reading counts as current; for a window it is the window's length

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
class Value:
    """The newest value of a device in a topic; `end` is the event time (epoch ms) up to which it is valid.

    `seen` is when it arrived (epoch ms), which matters for a device whose clock is ahead.
    """

    field: str
    number: float
    start: int
    end: int
    seen: int

    @property
    def window(self) -> int:
        """The length of the window in milliseconds; 0 for a single reading."""
        return self.end - self.start

    def silent_for(self, time: int) -> int:
        """Returns the whole seconds since its time if it is too old to count as current, else 0."""
        since = min(self.end, self.seen)
        return _seconds(time, since) if time - since > (self.window or FRESH) else 0


class Row(NamedTuple):
    """A row of a tile: the topic, the kind of number, the number or why there is none, and its time."""

    topic: str
    kind: str
    shown: str
    below: str
    fresh: bool = False

    def words(self) -> str:
        return f"{self.topic}: {self.kind}, {self.shown}" if self.kind else f"{self.topic}, {self.shown}"


class Tiles(LiveView):
    """One tile per device with its newest number in each topic.

    For a reading this is the temperature, for a window its result. A number that is too old (a reading: 5 s; a window:
    its own length) is not shown as current: the tile says how long there has been no data. A count of zero has no
    record, so the tile shows 0 if readings arrive from the device, `is_counted(topic)` says that a pipeline counts, and
    nothing to count has arrived for that long; for this the tap may read more topics than have a row.

    Example: tiles = lab.tiles("sensor", "avg-temp")
    """

    def __init__(
        self, tap: Tap, topics: Sequence[str], looks: theme.Looks, pacer: Pacer, is_counted: Callable[[str], bool]
    ) -> None:
        self._tap, self._topics, self._looks, self._is_counted = tap, topics, looks, is_counted
        self._newest: dict[str, dict[str, Value]] = {}
        self._last: dict[tuple[str, str], int] = {}  # device and topic -> time of its newest record there, epoch ms
        self._counted: dict[str, int] = {}  # topic -> when it was last being counted, epoch ms
        self._lock = threading.Lock()  # one thread adds records, others read them
        self._shown = self._end_note = Markup()
        self.grid = HTML(f"Waiting for the first record of {' and '.join(topics)}.")
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
            self._counted |= {topic: now() for topic in self._topics if counted(topic) and self._is_counted(topic)}
        if self._newest and (shown := self._rendered(now())) != self._shown:
            self._shown = shown
            self.snapshot.ready.set()
            self._touch()
        return PERIOD

    def _add(self, records: Iterable[Record]) -> None:
        for record in records:
            name = record.key or "no key"
            last = (name, record.topic)
            self._last[last] = max(self._last.get(last, 0), min(record.timestamp, now()))
            if value := _value(record, now()):
                device = self._newest.setdefault(name, {})
                if record.topic not in device or device[record.topic].end <= value.end:
                    device[record.topic] = value

    def _paint(self) -> None:
        self.grid.value = (self._shown or Markup(self.grid.value)) + self._end_note

    def static_html(self) -> str:
        """The current tiles, as static HTML."""
        return self._rendered(now()) + self._end_note

    def _devices(self) -> list[tuple[str, dict[str, Value]]]:
        with self._lock:
            found = [(device, dict(values)) for device, values in self._newest.items()]
        return sorted(found, key=lambda each: theme.in_order(each[0]))

    def _rendered(self, time: int) -> Markup:
        tiles = (self._tile(device, values, time) for device, values in self._devices())
        return STYLE + html.element("div", *tiles, class_="lab-tiles")

    def _tile(self, device: str, values: Mapping[str, Value], time: int) -> Markup:
        look = self._looks.of(device)
        name = html.element("b", html.element("span", look.sign, style=f"color:{look.colour}"), f" {device}")
        rows = (_row_html(self._row(device, topic, values, time)) for topic in self._topics)
        return html.element("section", name, *rows, class_="lab-tile", aria_label=device)

    def summary(self) -> str:
        """What the tiles show, in words, one line per device. Example: print(tiles.summary())"""
        time = now()
        return "\n".join(
            f"{device}: " + ", ".join(self._row(device, topic, values, time).words() for topic in self._topics)
            for device, values in self._devices()
        )

    def _row(self, device: str, topic: str, values: Mapping[str, Value], time: int) -> Row:
        """The row of a device for a topic."""
        value, kind = values.get(topic), _kind(topic, values.get(topic))
        silent = value.silent_for(time) if value else 0
        if value and not silent:
            return Row(topic, kind, _number(value), f"{_span(value)} UTC", fresh=True)
        if counted(topic) in self._tap.names and (heard := _heard(values)):
            until = min(heard, self._counted.get(topic, 0))
            if time - until <= FRESH:
                return self._uncounted(device, topic, kind, value, time)
            since = max(until, value.end if value else 0)
            silent = _seconds(time, since) if since else 0
        if value:
            return Row(topic, kind, f"no data for {silent} s", f"last: {_number(value)}, {_span(value)} UTC")
        return Row(topic, kind, f"no data for {silent} s" if silent else "no data yet", "")

    def _uncounted(self, device: str, topic: str, kind: str, value: Value | None, time: int) -> Row:
        """The row of a count without a current window: a window is emitted only when a later record closes it."""
        last = self._last.get((device, counted(topic)))
        if last is None:
            return Row(topic, kind, "0", "none yet" if not self._tap.skipped else "", fresh=True)
        below = f"last at {theme.clock(last)} UTC"
        if time - last <= (value.window if value else FRESH):
            return Row(topic, kind, "not counted yet", below)
        return Row(topic, kind, "0", below, fresh=True)


def counted(topic: str) -> str:
    """The topic whose records this topic counts; empty if its name does not end in `-count`."""
    return topic.removesuffix(COUNTS) if topic.endswith(COUNTS) else ""


def _heard(values: Mapping[str, Value]) -> int:
    """When (epoch ms) the last reading of a device arrived; 0 if there is none."""
    return max((min(each.end, each.seen) for each in values.values() if not each.window), default=0)


def _seconds(time: int, since: int) -> int:
    return max((time - since) // 1000, 1)


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
    blank, style = Markup("&nbsp;"), {} if row.fresh else {"class_": "lab-none"}
    names = html.element("span", row.topic) + html.element("span", row.kind or blank)
    return html.element("div", names, html.element("strong", row.shown, **style), row.below or blank)


def _kind(topic: str, value: Value | None) -> str:
    """Returns what kind of number a row shows; empty until a record shows it."""
    if name := counted(topic):
        return f"{name}s in {value.window / 1000:g} s" if value and value.window else f"{name}s"
    if not value:
        return ""
    return f"{value.field} in {value.window / 1000:g} s" if value.window else f"latest {value.field}"


def _number(value: Value) -> str:
    text = f"{value.number:.2f}" if isinstance(value.number, float) else f"{value.number}"
    return f"{text} {theme.UNITS.get(value.field, '')}".rstrip()


def _span(value: Value) -> str:
    if not value.window:
        return f"at {theme.clock(value.end)}"
    return f"{theme.clock(value.start)}–{theme.clock(value.end)}"  # short enough for one line of a tile
