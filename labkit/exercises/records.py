"""The records that go into an exercise, and the rows that come out of it."""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import orjson

Row = dict[str, Any]

RECORDED = "0"  # the seed of the readings in a notebook; the grader uses others
BASE = 1_767_614_400_000  # epoch ms of 2026-01-05 12:00:00 UTC: the same seed gives the same records on any day
DAY = 86_400_000  # ms
ORDINARY = "ordinary"
INPUT = "in"  # the name of an exercise's input, or of the first of them
UNUSUAL = (-270.5, 950.0)  # degrees Celsius
NOTES = (None, True, 0, 'it\'s "warm"', "C:\\temp", [1, None], {"by": "Zoë"})
OTHER_DEVICES = (
    "αποθήκη",
    "木屋",
    "Öl 2",
    "sensor 12",
    "nord/süd",
    "7",
    "Ångström",
    "бойлер",
    "quai-nº5",
    "tent (old)",
)


@dataclass(frozen=True)
class Sent:
    """An input record: `value` is a JSON object or raw bytes, `timestamp` is in epoch ms.

    `part` names the group of records that it belongs to, such as "late": a behaviour can be limited to one part.
    `topic` is the input that it goes into.
    """

    key: str | None
    value: Mapping[str, Any] | bytes
    timestamp: int
    part: str = ORDINARY
    topic: str = INPUT

    @property
    def fields(self) -> dict[str, Any]:
        """The fields of a value that is a JSON object. Raises TypeError if it is bytes."""
        if isinstance(self.value, bytes):
            raise TypeError("the value is bytes")
        return dict(self.value)

    @property
    def raw(self) -> bytes:
        """The value as it is written to Kafka."""
        return self.value if isinstance(self.value, bytes) else orjson.dumps(self.value)


def reading(
    device: str, second: float, temperature: float, humidity: float = 50.0, part: str = ORDINARY, **more: Any
) -> Sent:
    """Returns a reading taken so many seconds after `BASE`, as a record with the device as its key. `more` are further
    fields of its value.
    """
    timestamp = BASE + round(1000 * second)
    value = {"device": device, "temperature": temperature, "humidity": humidity, "timestamp": timestamp, **more}
    return Sent(device, value, timestamp, part)


def degrees(luck: random.Random, low: float, high: float, decimals: Sequence[int] = (1, 2, 5)) -> float:
    """Returns a temperature, usually in this range. One in five is what no room has, but a machine may: where the task
    does not say so, nothing may be left out as implausible.
    """
    usual = round(luck.uniform(low, high), luck.choice(decimals))
    return luck.choice(UNUSUAL) if luck.random() < 0.2 else usual


def percent(luck: random.Random, decimals: int = 1) -> float:
    """Returns a humidity. One in three is 0 or 100, for the same reason."""
    return luck.choice((0.0, 100.0, *(round(luck.uniform(20.0, 90.0), decimals) for _ in range(4))))


def extra(luck: random.Random) -> dict[str, Any]:
    """Returns a further field, of any type, for some readings."""
    return {"note": luck.choice(NOTES)} if luck.random() < 0.4 else {}


def through_gateways(
    sent: Iterable[Sent], luck: random.Random, delays: Mapping[str, int] = MappingProxyType({})
) -> list[Sent]:
    """Returns the readings as gateways pass them on: the record's time is up to a second after the measurement, each
    device has a gateway, whose name is the key, and some readings have a further field.

    `delays` says for some parts by how many ms their records are later than the measurement.
    """
    gateways: dict[str | None, str] = {}
    found = []
    for each in sent:
        key = gateways.setdefault(each.key, f"gateway-{len(gateways) + 1}")
        value, delay = {**each.fields, **extra(luck)}, luck.randrange(1, 1000)
        time = each.timestamp + delays.get(each.part, delay)
        found.append(replace(each, key=key, value=value, timestamp=time))
    return found


def elsewhere(sent: Sequence[Sent], devices: Sequence[str], luck: random.Random) -> list[Sent]:
    """Returns the records some whole days earlier, so that windows begin at the same times of the day, and with other
    names for these devices.
    """
    names, earlier = (
        dict(zip(devices, luck.sample(OTHER_DEVICES, len(devices)), strict=True)),
        luck.randrange(1, 300) * DAY,
    )
    return [_moved(each, names, earlier) for each in sent]


def _moved(record: Sent, names: Mapping[str, str], earlier: int) -> Sent:
    value = record.value
    if isinstance(value, Mapping):
        value = {name: names.get(each, each) if isinstance(each, str) else each for name, each in value.items()}
        if "timestamp" in value:
            value["timestamp"] -= earlier
    key = record.key and "/".join(names.get(part, part) for part in record.key.split("/"))
    return replace(record, key=key, value=value, timestamp=record.timestamp - earlier)


def same_record(row: Row, sent: Sequence[Sent]) -> list[Sent]:
    """Returns the records with the key and timestamp of a row: for pipelines that emit at most one per record."""
    return [each for each in sent if (each.key, each.timestamp) == (row["key"], row["time"])]


def same_reading(row: Row, sent: Sequence[Sent]) -> list[Sent]:
    """Returns the records with the same device and timestamp in their value as the row."""
    wanted = _device_and_timestamp(row)
    return [each for each in sent if isinstance(each.value, Mapping) and _device_and_timestamp(each.value) == wanted]


def _device_and_timestamp(value: Mapping[str, Any]) -> tuple[Any, Any]:
    return value.get("device"), value.get("timestamp")


def in_window(milliseconds: int) -> Callable[[Row, Sequence[Sent]], list[Sent]]:
    """Returns a function that finds the records in a window of this length that starts at the timestamp of the row."""

    def sources(row: Row, sent: Sequence[Sent]) -> list[Sent]:
        start, key = row["time"], row["key"]
        return [each for each in sent if each.key == key and start <= each.timestamp < start + milliseconds]

    return sources
