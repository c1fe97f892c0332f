"""What a valid reading is."""

from collections.abc import Mapping
from typing import Any, TypedDict

import orjson

from labkit.readings import reasons

ABSOLUTE_ZERO = -273.15  # degrees Celsius
HOTTEST = 1000.0  # degrees Celsius: no room or machine is hotter, and the mean of two values of 1e308 would overflow
LAST_TIMESTAMP = 253_402_300_799_999  # the last millisecond of the year 9999


class Reading(TypedDict):
    """One measurement: degrees Celsius, relative humidity in percent, epoch milliseconds (UTC)."""

    device: str
    temperature: float
    humidity: float
    timestamp: int


TOPICS = ("sensor", "alert")  # their records must be readings; other topics may hold any JSON
COLUMNS = tuple(Reading.__annotations__)
MISSING = object()  # marks a missing field
SENSOR_DATA = "sensor-data"  # its records have the field names that the Flink job uses
OWN = (*TOPICS, SENSOR_DATA)  # the lab's own topics: what is produced into them must be readings


class BadReading(ValueError):
    """A record that is not a reading; the message is the reason, in words for a student."""


def parse(raw: bytes | None) -> dict[str, Any]:
    """Parse a record's bytes as a reading, keeping any further fields. Raises BadReading if it is not valid."""
    reading = parse_object(raw)
    check(reading)
    return reading


def parse_object(raw: bytes | None) -> dict[str, Any]:
    """Parse a record's bytes as a JSON object with any fields. Raises BadReading if it is not one."""
    record = _parsed(raw)
    if type(record) is not dict:
        raise BadReading(reasons.of_no_object(record))
    return record


def parse_json(raw: bytes | None) -> Any:
    """Parse a record's bytes as JSON of any type but null. Raises BadReading if it is not that."""
    record = _parsed(raw)
    if record is None:
        raise BadReading("the value is null")
    return record


def _parsed(raw: bytes | None) -> Any:
    if raw is None:
        raise BadReading("the value is null")
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise BadReading(reasons.of_no_json(raw, error)) from None


def check(reading: dict[str, Any]) -> None:
    """Raise BadReading if these fields are not a valid reading, naming every fault in the order of COLUMNS.

    This runs for every record of every pipeline: plain comparisons, no library.
    """
    try:
        device, temperature = reading["device"], reading["temperature"]
        humidity, timestamp = reading["humidity"], reading["timestamp"]
    except KeyError:
        device, temperature, humidity, timestamp = (reading.get(column, MISSING) for column in COLUMNS)
    wrong = ""
    if type(device) is not str or not device:
        wrong += _wrong("device", device, "a name")
    if type(temperature) is not float and type(temperature) is not int:
        wrong += _wrong("temperature", temperature, "a number")
    elif not ABSOLUTE_ZERO <= temperature <= HOTTEST:  # False for NaN too
        wrong += _wrong("temperature", temperature, f"between {ABSOLUTE_ZERO} and {HOTTEST:g} degrees Celsius")
    if type(humidity) is not float and type(humidity) is not int:
        wrong += _wrong("humidity", humidity, "a number")
    elif not 0 <= humidity <= 100:
        wrong += _wrong("humidity", humidity, "between 0 and 100 percent")
    if type(timestamp) is not int or not 0 <= timestamp <= LAST_TIMESTAMP:
        wrong += _wrong("timestamp", timestamp, "a time in epoch milliseconds")
    if wrong:
        raise BadReading(reasons.of_other_places(reading, COLUMNS) or wrong.removeprefix("; "))


def _wrong(field: str, value: object, wanted: str) -> str:
    return f"; {field} is missing" if value is MISSING else f"; {field} is {_shown(value)}, not {wanted}"


def named_for(topic: str, reading: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns the reading as a record for a topic: `sensor-data` calls the device `sensor_id`, all others `device`.

    A reading that has a `sensor_id` already keeps both as they are.
    """
    if topic != SENSOR_DATA or "sensor_id" in reading:
        return reading
    return {"sensor_id" if name == "device" else name: value for name, value in reading.items()}


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
