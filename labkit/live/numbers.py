"""The newest number of each device in each topic, and the row of a tile for it: no old number as a current one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from labkit.kafka.tap import Record
from labkit.live import spans, sparkline, theme
from labkit.live.curves import drawable
from labkit.live.devices import Devices, name_of
from labkit.live.fields import UNITS, Field
from labkit.live.series import LONGER, Series
from labkit.live.sparkline import Trail
from labkit.readings.reading import LAST_TIMESTAMP
from labkit.spelling import did_you_mean

COUNTS = "-count"  # suffix of topics that count the records of another topic
FRESH = 5_000  # milliseconds for which a reading counts as current, or longer where readings are rare: LONGER times the
# usual interval; for a window it is the window's length


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

    @property
    def since(self) -> int:
        """When it became old: at its time, or when it arrived."""
        return min(self.end, self.seen)

    def silent_for(self, time: int, fresh: float) -> int:
        """Returns the whole seconds since its time if it is too old to count as current, else 0; a reading counts as
        current for `fresh` milliseconds.
        """
        return _seconds(time, self.since) if time - self.since > (self.window or fresh) else 0


class Row(NamedTuple):
    """A row of a tile: the topic, the kind of number, the number or why there is none, and its time."""

    topic: str
    kind: str
    shown: str
    below: str
    fresh: bool = False

    def words(self) -> str:
        return f"{self.topic}: {self.kind}, {self.shown}" if self.kind else f"{self.topic}, {self.shown}"


class Numbers:
    """The newest values of all devices, told apart by their field `by` if there is one, else by key.

    Of a reading that is the field `y`. All times are in epoch milliseconds. `numberless` is how many records had none.
    """

    def __init__(
        self,
        topics: Sequence[str],
        watched: Sequence[str],
        y: str = "temperature",
        by: str | None = None,
        units: Mapping[str, str] = UNITS,
    ) -> None:
        self._topics, self._watched = topics, watched
        self.y, self.numberless = y, 0
        self._numberless: Any = None  # the newest of them
        self._by, self._units = by, units
        self._devices = Devices()
        self._newest: dict[str, dict[str, Value]] = {}
        self._last: dict[tuple[str, str], int] = {}  # device and topic -> time of its newest record there
        self._counted: dict[str, int] = {}  # topic -> when it was last being counted
        self._trails: defaultdict[str, Series] = defaultdict(Series)  # device -> its numbers in the first topic

    @property
    def devices(self) -> list[str]:
        return sorted(self._newest, key=theme.in_order)

    @property
    def meant(self) -> str:
        """Which field of the records without a number was probably meant."""
        fields = self._numberless if isinstance(self._numberless, dict) else {}
        return "" if self.y in fields else did_you_mean(self.y, fields)

    @property
    def crowded(self) -> bool:
        """Whether there are more devices."""
        return self._devices.crowded

    def add(self, records: Iterable[Record], time: int) -> None:
        """Add records that arrived at a time."""
        for record in records:
            name = name_of(record, self._by)
            last = (name, record.topic)
            self._last[last] = max(self._last.get(last, 0), min(record.timestamp, time))
            if value := value_of(record, time, self.y, self._by):
                device = self._newest.setdefault(name, {})
                if record.topic not in device or device[record.topic].end <= value.end:
                    device[record.topic] = value
                if record.topic == self._topics[0]:
                    self._trails[name].append(value.end, value.number)
            else:
                self.numberless += 1
                self._numberless = record.value
            if silent := self._devices.hear(name):
                self._newest.pop(silent, None)
                self._trails.pop(silent, None)
                self._last = {each: last for each, last in self._last.items() if each[0] != silent}

    def forget(self, topic: str) -> None:
        """Forget what a topic held: its records have been deleted."""
        for values in self._newest.values():
            values.pop(topic, None)
        self._newest = {device: values for device, values in self._newest.items() if values}
        self._last = {each: last for each, last in self._last.items() if each[1] != topic}
        if topic == self._topics[0]:
            self._trails.clear()

    def note_counted(self, topics: Iterable[str], time: int) -> None:
        """Note that a pipeline counts into these topics at a time."""
        self._counted |= dict.fromkeys(topics, time)

    def rows(self, device: str, time: int, skipped: bool) -> tuple[Row, ...]:
        """Returns the row of a device for each topic; `skipped`: some records have not been read."""
        return tuple(self._row(device, topic, time, skipped) for topic in self._topics)

    def age(self, device: str, time: int) -> int | None:
        """Returns the whole seconds since the newest number of a device in the first topic; None if it has none."""
        value = self._newest[device].get(self._topics[0])
        return (time - value.since) // 1000 if value else None

    def trail(self, device: str, time: int) -> Trail:
        """Returns what the number of a device in the first topic was over the last 100 s."""
        series = self._trails[device]
        series.forget(time - sparkline.SPAN)
        return sparkline.trail(series.points, time)

    def _fresh(self, device: str) -> float:
        """Returns for how many milliseconds a reading of a device counts as current."""
        return max(FRESH, LONGER * self._trails[device].interval())

    def _row(self, device: str, topic: str, time: int, skipped: bool) -> Row:
        values, fresh = self._newest[device], self._fresh(device)
        value, kind = values.get(topic), _kind(topic, values.get(topic))
        silent = value.silent_for(time, fresh) if value else 0
        if value and not silent:
            return Row(topic, kind, self._number(value), f"{_span(value, time)} UTC", fresh=True)
        if counted(topic) in self._watched and (read := _last_reading(values.values())):
            until = min(read, self._counted.get(topic, 0))
            if time - until <= fresh:
                return self._uncounted(device, topic, value, time, skipped)
            since = max(until, value.end if value else 0)
            silent = _seconds(time, since) if since else 0
        if value:
            return Row(topic, kind, _no_data(silent), f"last: {self._number(value)}, {_span(value, time)} UTC")
        return Row(topic, kind, _no_data(silent) if silent else "no data yet", "")

    def _number(self, value: Value) -> str:
        text = f"{value.number:.2f}" if isinstance(value.number, float) else f"{value.number}"
        return Field.of(value.field, self._units).written(text)

    def _uncounted(self, device: str, topic: str, value: Value | None, time: int, skipped: bool) -> Row:
        """Returns the row of a count without a current window: a window is emitted once a later record closes it."""
        kind, last = _kind(topic, value), self._last.get((device, counted(topic)))
        if last is None:
            return Row(topic, kind, "0", "" if skipped else "none yet", fresh=True)
        below = f"last at {theme.clock(last)} UTC"
        if time - last <= (value.window if value else self._fresh(device)):
            return Row(topic, kind, "not counted yet", below)
        return Row(topic, kind, "0", below, fresh=True)


def counted(topic: str) -> str:
    """Returns the topic whose records this topic counts; empty if its name does not end in `-count`."""
    return topic.removesuffix(COUNTS) if topic.endswith(COUNTS) else ""


def _last_reading(values: Iterable[Value]) -> int:
    """Returns when (epoch ms) the last reading of a device arrived; 0 if there is none."""
    return max((each.since for each in values if not each.window), default=0)


def _seconds(time: int, since: int) -> int:
    return max((time - since) // 1000, 1)


def value_of(record: Record, seen: int, y: str = "temperature", by: str | None = None) -> Value | None:
    """Returns the number in a record that arrived at a time: `y`, or a result of a window; None if it has none, or no
    valid time.
    """
    fields: Any = record.value
    if not isinstance(fields, dict):
        return None
    start, end = fields.get("start"), fields.get("end")
    if type(start) is int and type(end) is int:
        for field, number in fields.items() if 0 <= start < end <= LAST_TIMESTAMP else ():
            if field not in {"device", "start", "end", by} and type(number) in {int, float}:
                return Value(field, number, start, end, seen)
        return None
    number = drawable(record, y)
    return None if number is None else Value(y, number, record.timestamp, record.timestamp, seen)


def _kind(topic: str, value: Value | None) -> str:
    """Returns what kind of number a row shows; empty until a record shows it."""
    if name := counted(topic):
        return f"{name}s in {value.window / 1000:g} s" if value and value.window else f"{name}s"
    if not value:
        return ""
    return f"{value.field} in {value.window / 1000:g} s" if value.window else f"latest {value.field}"


def _no_data(seconds: int) -> str:
    return f"no data for {spans.length(1000 * seconds)}"


def _span(value: Value, time: int) -> str:
    """Returns the time of a value, with its day if that was long ago."""
    if not value.window:
        return f"at {spans.moment(value.end, time - value.end)}"
    return f"{theme.clock(value.start)}–{theme.clock(value.end)}"  # short enough for one line of a tile
