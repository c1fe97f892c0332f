"""What a valid reading is."""

import ast
import json
from collections.abc import Mapping
from typing import Any, TypedDict

import orjson

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
        raise BadReading(f"a JSON {_json_type(record)}, not an object")
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
        raise BadReading(_why_no_json(raw, error)) from None


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
        raise BadReading(wrong.removeprefix("; "))


def _wrong(field: str, value: object, wanted: str) -> str:
    return f"; {field} is missing" if value is MISSING else f"; {field} is {_shown(value)}, not {wanted}"


def named_for(topic: str, reading: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns the reading as a record for a topic: `sensor-data` calls the device `sensor_id`, all others `device`.

    A reading that has a `sensor_id` already keeps both as they are.
    """
    if topic != SENSOR_DATA or "sensor_id" in reading:
        return reading
    return {"sensor_id" if name == "device" else name: value for name, value in reading.items()}


def _why_no_json(raw: bytes, error: orjson.JSONDecodeError) -> str:
    if raw[:1] == b"\0" and len(raw) > 5:  # as Confluent's serializers begin, which JSON never does
        return (
            f"not JSON but written with schema {int.from_bytes(raw[1:5])} of a schema registry: a pipeline with "
            "raw=True reads it by a deserializer (09_contracts)"
        )
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return "not UTF-8"
    if ("NaN" in text or "Infinity" in text) and _python_reads(text):
        return "not JSON, which has no NaN and no Infinity"
    if is_printed(text):
        return "not JSON but how Python prints it, as str(reading) does: json.dumps(reading) makes JSON"
    return f"not JSON: {error.msg}"


def is_printed(text: str) -> bool:
    """Whether it is how Python prints a dict or a list, and no JSON."""
    if _python_reads(text):
        return False
    try:
        return isinstance(ast.literal_eval(text), dict | list)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return False


def _python_reads(text: str) -> bool:
    """Whether the standard library, which accepts NaN in JSON, can read it."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _json_type(value: object) -> str:
    return {list: "array", str: "string", bool: "boolean", type(None): "null"}.get(type(value), "number")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
