"""Tiles: the newest number of each device and topic, or how long there has been none."""

from __future__ import annotations

import html
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ipywidgets import HTML

from labkit.live import theme
from labkit.live.chart import drawable
from labkit.live.still import Still
from labkit.live.ticker import Ticker
from labkit.readings import now
from labkit.readings.reading import LAST_TIMESTAMP
from labkit.runs.tap import Record, Tap

PERIOD = 0.25  # seconds between two updates at the least
FRESH = 5_000  # milliseconds for which a single reading is news; a window is for as long as it is

STYLE = """<style>
.lab-tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(230px, 1fr)); gap: 10px; margin: 4px; }
.lab-tile { border: 1px solid #595959; border-radius: 6px; padding: 8px 12px; color: #000; background: #fff; }
.lab-tile b { font-size: 16px; }
.lab-tile div { margin-top: 8px; font-size: 13px; line-height: 1.35; color: #404040; }
.lab-tile strong { display: block; font-size: 22px; line-height: 1.3; color: #000; }
.lab-tile strong.lab-none { font-size: 15px; }
</style>"""


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


class Tiles(HTML):  # type: ignore[misc]
    """For each device a tile with the newest number from each of some topics.

    Of readings it is the temperature, of windows what they aggregate. A number that is older than its window (a
    reading: than 5 s) is not shown as the present one: the tile says for how long there has been no data.
    """

    def __init__(self, tap: Tap, looks: theme.Looks) -> None:
        super().__init__("Waiting for the first record.")
        self.value: str
        self._tap, self._looks = tap, looks
        self._newest: dict[str, dict[str, Value]] = {}
        self._lock = threading.Lock()  # one thread takes records in, another one may ask for the summary
        self.still = Still(self, lambda: self.value, self.summary)
        self._ticker = Ticker(f"tiles-{'-'.join(tap.names)}", self._tick, self._fail)
        self._ticker.start()

    def close(self) -> None:
        """Stop following; the last numbers stay, with the note that they are the last."""
        if not self._ticker.closed:
            self._ticker.close()
            self._tap.close()
            self.value = f"{self.value}<p>These tiles have ended: the numbers are the last ones.</p>"
            self.still.refresh(at_once=True)

    def _ipython_display_(self) -> None:
        self.still.show()

    def _fail(self, error: Exception) -> None:
        self.value = f"These tiles have failed: {html.escape(str(error))}. Run the cell again."

    def _tick(self) -> float:
        records = self._tap.read(timeout=0.1)
        with self._lock:
            self._add(records)
        if self._newest:
            self.value = STYLE + self._grid(now())
            self.still.ready.set()
        self.still.refresh()
        return PERIOD

    def _add(self, records: Iterable[Record]) -> None:
        for record in records:
            if value := _value(record, now()):
                device = self._newest.setdefault(record.key or "no key", {})
                if record.topic not in device or device[record.topic].end <= value.end:
                    device[record.topic] = value

    def _devices(self) -> list[tuple[str, dict[str, Value]]]:
        with self._lock:
            found = [(device, dict(values)) for device, values in self._newest.items()]
        return sorted(found, key=lambda each: (len(each[0]), each[0]))

    def _grid(self, time: int) -> str:
        tiles = (self._tile(device, values, time) for device, values in self._devices())
        return f"<div class='lab-tiles'>{''.join(tiles)}</div>"

    def _tile(self, device: str, values: Mapping[str, Value], time: int) -> str:
        rows = "".join(_row(topic, values.get(topic), time) for topic in self._tap.names)
        look, name = self._looks.of(device), html.escape(device)
        mark = f"<span style='color:{look.colour}'>{look.sign}</span>"
        return f"<section class='lab-tile' aria-label='{name}'><b>{mark} {name}</b>{rows}</section>"

    def summary(self) -> str:
        """What the tiles show, in words."""
        time = now()
        return "\n".join(
            f"{device}: " + ", ".join(_words(topic, values.get(topic), time) for topic in self._tap.names)
            for device, values in self._devices()
        )


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


def _row(topic: str, value: Value | None, time: int) -> str:
    if value is None:
        return f"<div>{html.escape(topic)}<strong class='lab-none'>no data yet</strong></div>"
    silent = value.silent_for(time)
    kind = " class='lab-none'" if silent else ""
    last = f"last: {_number(value)}, {_span(value)}" if silent else _span(value)
    return f"<div>{html.escape(_label(topic, value))}<strong{kind}>{_shown(value, time)}</strong>{last}</div>"


def _words(topic: str, value: Value | None, time: int) -> str:
    return f"{_label(topic, value)}, {_shown(value, time)}" if value else f"{topic}, no data yet"


def _label(topic: str, value: Value) -> str:
    kind = f"{value.field} in {value.window / 1000:g} s" if value.window else f"latest {value.field}"
    return f"{topic}: {kind}"


def _shown(value: Value, time: int) -> str:
    silent = value.silent_for(time)
    return f"no data for {silent} s" if silent else _number(value)


def _number(value: Value) -> str:
    text = f"{value.number:.2f}" if isinstance(value.number, float) else f"{value.number}"
    return f"{text} {theme.UNITS.get(value.field, '')}".rstrip()


def _span(value: Value) -> str:
    return f"{theme.clock(value.start)} to {theme.clock(value.end)}" if value.window else f"at {theme.clock(value.end)}"
