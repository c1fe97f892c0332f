"""Which bytes are a reading: held against a plain oracle, on the standard library's JSON."""

import gzip
import json
import math
import pickle
import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from labkit.readings import COLUMNS, BadReading, check, parse, parse_object

GOOD = {"device": "sensor-1", "temperature": 27.4, "humidity": 48.1, "timestamp": 1795302397926}


def encode(value: object) -> bytes:
    return json.dumps(value).encode()


finite = st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | finite | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
good_readings = st.fixed_dictionaries(
    {
        "device": st.text(min_size=1),
        "temperature": st.floats(-273.15, 1000) | st.integers(-273, 1000),
        "humidity": st.floats(0, 100) | st.integers(0, 100),
        "timestamp": st.integers(0, 253_402_300_799_999),
    }
)
# What a field must not be, but nearly is.
nearly = {
    "device": ["", 1, None, True, ["sensor-1"]],
    "temperature": [
        True,
        None,
        "27.4",
        -273.16,
        -1e9,
        1000.01,
        1001,
        1e308,
        2**64 - 1,
        float("nan"),
        float("inf"),
        float("-inf"),
        [27.4],
        {},
    ],
    "humidity": [False, None, "48", 100.0001, -0.0001, 101, -1, float("nan"), float("inf"), [48.1]],
    "timestamp": [True, None, "1795302397926", "2026-11-22T00:00:00Z", 1795302397926.0, -1, 253_402_300_800_000, 2**63],
}
near_misses = [(field, value) for field, values in nearly.items() for value in values]


def bad_fields(reading: dict[str, Any]) -> set[str]:
    """The oracle: the fields that keep an object from being a reading."""

    def number(value: object) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool)

    device, temperature, humidity, timestamp = (reading.get(column) for column in COLUMNS)
    fine = {
        "device": isinstance(device, str) and device != "",
        "temperature": number(temperature) and -273.15 <= temperature <= 1000,
        "humidity": number(humidity) and 0 <= humidity <= 100,
        "timestamp": number(timestamp) and isinstance(timestamp, int) and 0 <= timestamp < 253_402_300_800_000,
    }
    return {field for field, is_fine in fine.items() if not is_fine}


def strict_json(raw: bytes) -> Any:
    """The oracle: what the bytes say, if they are UTF-8, JSON (RFC 8259), and numbers that a double can hold."""

    def finite(text: str) -> float:
        if not math.isfinite(value := float(text)):
            raise ValueError(text)
        return value

    def integer(text: str) -> float:
        return value if -(2**63) <= (value := int(text)) < 2**64 else finite(text)

    said = json.loads(raw.decode(), parse_constant=finite, parse_float=finite, parse_int=integer)
    json.dumps(said, ensure_ascii=False).encode()  # half a surrogate pair is no text: a ValueError too
    return said


def reason(raw: bytes | None) -> str:
    with pytest.raises(BadReading) as error:
        parse(raw)
    text = str(error.value)
    assert text
    assert len(text.splitlines()) == 1
    assert len(text) < 400
    return text


def reasons(raw: bytes) -> list[str]:
    """One for each wrong field; a value that is shown may hold a semicolon of its own."""
    return re.split(rf"; (?=(?:{'|'.join(COLUMNS)}) is )", reason(raw))


@given(good_readings, st.dictionaries(st.text(), json_values, max_size=3))
def test_a_reading_comes_back_as_it_is_with_its_further_fields(reading: dict, further: dict) -> None:
    record = further | reading
    parsed = parse(encode(record))
    assert parsed == record
    assert [type(parsed[column]) for column in COLUMNS] == [type(reading[column]) for column in COLUMNS]


@given(good_readings, st.sampled_from(COLUMNS))
def test_a_missing_field_is_named(reading: dict, field: str) -> None:
    del reading[field]
    assert reason(encode(reading)) == f"{field} is missing"


@pytest.mark.parametrize(("field", "value"), near_misses)
def test_a_near_miss_is_refused_by_the_name_of_its_field(field: str, value: Any) -> None:
    with pytest.raises(BadReading) as error:
        check(GOOD | {field: value})
    assert str(error.value).startswith(f"{field} is ")


@given(good_readings, st.dictionaries(st.sampled_from(COLUMNS), json_values, min_size=1))
def test_any_fields_are_judged_as_the_oracle_judges_them(reading: dict, changes: dict) -> None:
    record = reading | changes
    if bad := bad_fields(record):
        assert [each.split(" is ")[0] for each in reasons(encode(record))] == [each for each in COLUMNS if each in bad]
    else:
        assert parse(encode(record)) == record


@given(st.data())
def test_damaged_bytes_are_judged_as_the_oracle_judges_them(data: st.DataObject) -> None:
    raw = bytearray(encode(data.draw(good_readings)))
    start = data.draw(st.integers(0, len(raw)))
    raw[start : start + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    _judged_as_the_oracle_does(bytes(raw))


@given(st.binary() | json_values.map(encode))
@example(b"")
@example(b" ")
@example(b"\xef\xbb\xbf{}")  # a byte order mark
@example(json.dumps(GOOD).encode("utf-16"))
@example(b"[" * 100_000)
@example(encode(GOOD | {"further": 10**400}))
@example(encode(GOOD | {"further": 10**30}))
@example(encode(GOOD | {"further": "\ud800"}))
@example(encode(GOOD | {"further": 0})[:-2] + b"1e999}")
def test_any_bytes_are_judged_as_the_oracle_judges_them(raw: bytes) -> None:
    _judged_as_the_oracle_does(raw)


def _judged_as_the_oracle_does(raw: bytes) -> None:
    try:
        said = strict_json(raw)
    except (ValueError, RecursionError):
        reason(raw)
        return
    if not isinstance(said, dict) or bad_fields(said):
        reason(raw)
    else:
        assert parse(raw) == said


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (None, "the value is null"),
        (b"", "not JSON: "),
        (b"\xff", "not UTF-8"),
        (b"\0\0\0\1\2\x0cattic", "not JSON but written with schema 258 of a schema registry"),
        (b"\0", "not JSON: there is a zero byte in it"),
        (encode(GOOD) + b"\0\0", "not JSON: there are zero bytes in it"),
        (gzip.compress(encode(GOOD)), "not UTF-8 but compressed (gzip)"),
        (encode(GOOD).decode().encode("utf-16"), "not UTF-8 but UTF-16"),
        (pickle.dumps(GOOD), "not UTF-8 but a pickle of Python's: json.dumps(reading).encode() makes JSON"),
        (encode(GOOD) + b"\n" + encode(GOOD), "2 JSON values in one record: write one record for each"),
        (encode(encode(GOOD).decode()), "a JSON string, not an object: json.dumps was called twice"),
        (encode({"schema": {}, "payload": GOOD}), "its fields are inside 'payload': write only what is in there"),
        (encode({"before": None, "after": GOOD, "op": "c"}), "its fields are inside 'after'"),
        (
            encode({name.title(): value for name, value in GOOD.items()}),
            "device, temperature, humidity, timestamp are missing, as names count their capitals: there is 'Device'",
        ),
        (encode(GOOD)[:-1], "not JSON: "),
        (encode(GOOD | {"temperature": float("nan")}), "not JSON, which has no NaN and no Infinity"),
        (encode(GOOD | {"humidity": float("-inf")}), "not JSON, which has no NaN and no Infinity"),
        (encode(GOOD).replace(b"27.4", b"1e999"), "not JSON: "),
        (str(GOOD).encode(), "not JSON but how Python prints it, as str(reading) does: json.dumps(reading) makes JSON"),
        (b"[1, None]", "not JSON but how Python prints it"),
        (b"\xef\xbb\xbf{}", "not JSON: UTF-8 byte order mark (BOM)"),
        (encode(None), "a JSON null, not an object"),
        (encode(True), "a JSON boolean, not an object"),
        (encode("reading"), "a JSON string, not an object"),
        (encode(27.4), "a JSON number, not an object"),
        (encode([GOOD]), "a JSON array, not an object"),
        (
            encode({"device": "", "temperature": "hot"}),
            "device is '', not a name; temperature is 'hot', not a number; humidity is missing; timestamp is missing",
        ),
        (encode(GOOD | {"temperature": 1e308}), "temperature is 1e+308, not between -273.15 and 1000 degrees Celsius"),
        (encode(GOOD | {"device": {"name": "x" * 500}}), "device is {'name': 'xxx"),
        (encode(GOOD | {"temperature": "warm\nvery"}), r"temperature is 'warm\nvery', not a number"),
    ],
)
def test_the_reason_is_in_words(raw: bytes | None, why: str) -> None:
    assert reason(raw).startswith(why)


@pytest.mark.parametrize("temperature", [-273.15, -273, 0, 1000, 1000.0])
@pytest.mark.parametrize("humidity", [0, 0.0, 100, 100.0])
def test_the_limits_themselves_are_readings(temperature: float, humidity: float) -> None:
    check(GOOD | {"temperature": temperature, "humidity": humidity, "timestamp": 0})


@given(st.dictionaries(st.text(), json_values))
def test_any_object_will_do_where_no_reading_is_asked_for(record: dict) -> None:
    assert parse_object(encode(record)) == record


def test_infinity_in_a_name_is_no_infinity() -> None:
    """The reason must name what is wrong, whatever the strings in the record say."""
    assert "NaN" not in reason(encode(GOOD | {"device": "NaN"})[:-1])
