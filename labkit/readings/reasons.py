"""Why bytes are no JSON object with the fields of a reading, as far as that can be told."""

import ast
import json
from collections.abc import Collection, Mapping
from typing import Any

import orjson

# How bytes begin that are no text in UTF-8, and what they are.
OTHERS = {
    b"\x1f\x8b": "compressed (gzip)",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"\x80": "a pickle of Python's: json.dumps(reading).encode() makes JSON",
    b"Obj\x01": "an Avro file",
}


def of_no_json(raw: bytes, error: orjson.JSONDecodeError) -> str:
    """Returns why bytes are no JSON."""
    if raw[:1] == b"\0" and len(raw) > 5:  # as Confluent's serializers begin, which JSON never does
        return (
            f"not JSON but written with schema {int.from_bytes(raw[1:5])} of a schema registry: a pipeline with "
            "raw=True reads it by a deserializer (09_contracts)"
        )
    kind = next((words for begin, words in OTHERS.items() if raw.startswith(begin)), "")
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return f"not UTF-8{kind and f' but {kind}'}"
    if "\0" in text:
        return f"not JSON: there {'are zero bytes' if text.count(chr(0)) > 1 else 'is a zero byte'} in it"
    if ("NaN" in text or "Infinity" in text) and _python_reads(text):
        return "not JSON, which has no NaN and no Infinity"
    if is_printed(text):
        return "not JSON but how Python prints it, as str(reading) does: json.dumps(reading) makes JSON"
    if (many := _values_in(text)) > 1:
        return f"{many} JSON values in one record: write one record for each"
    return f"not JSON: {error.msg}"


def of_no_object(value: Any) -> str:
    """Returns why JSON is no object."""
    kind = {list: "array", str: "string", bool: "boolean", type(None): "null"}.get(type(value), "number")
    again = ": json.dumps was called twice" if isinstance(value, str) and _python_reads(value) else ""
    return f"a JSON {kind}, not an object{again}"


def of_other_places(record: Mapping[str, Any], names: Collection[str]) -> str:
    """Returns where the fields of a record are that it seems to lack; empty if it has them, or they are nowhere."""
    if any(name in record for name in names):
        return ""
    if inside := next((name for name, each in record.items() if isinstance(each, dict) and {*names} <= {*each}), ""):
        return f"its fields are inside {inside!r}: write only what is in there"
    alike = {name.lower(): name for name in record}
    if {*names} <= {*alike}:
        return f"{', '.join(names)} are missing, as names count their capitals: there is {alike[next(iter(names))]!r}"
    return ""


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


def _values_in(text: str) -> int:
    """Returns how many JSON values stand one after another; 0 if something else does."""
    decoder, many, at = json.JSONDecoder(), 0, 0
    try:
        while rest := text[at:].lstrip():
            at = len(text) - len(rest)
            at, many = decoder.raw_decode(text, at)[1], many + 1
    except (ValueError, RecursionError):
        return 0
    return many
