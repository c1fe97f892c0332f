"""What is said of a value that does not fit its Avro schema, or of bytes that do not."""

from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from quixstreams.models import MessageField, SerializationContext
from quixstreams.models.serializers.avro import AvroDeserializer, AvroSerializer

from labkit import cells
from labkit.runs import misfits, mistakes

SCHEMA = {
    "type": "record",
    "name": "Reading",
    "fields": [
        {"name": "device", "type": "string"},
        {"name": "temperature", "type": "double"},
        {"name": "humidity", "type": ["null", "double"]},
        {"name": "timestamp", "type": "long"},
        {"name": "unit", "type": {"type": "enum", "name": "Unit", "symbols": ["C", "F"]}, "default": "C"},
        {"name": "tags", "type": {"type": "array", "items": "string"}, "default": []},
    ],
}
READING = {"device": "attic", "temperature": 21.5, "humidity": None, "timestamp": 1}
WHERE = SerializationContext("stations", MessageField.VALUE)


def raised(call: Any, *arguments: Any) -> Exception:
    with pytest.raises(Exception) as found:  # noqa: PT011  # of whatever type: that is the point
        call(*arguments)
    return found.value


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (READING | {"temperature": "warm"}, "temperature is 'warm', and its type in the schema is double"),
        (READING | {"temperature": None}, "temperature is None, and its type in the schema is double"),
        (READING | {"device": 7}, "device is 7, and its type in the schema is string"),
        (READING | {"humidity": "dry"}, "humidity is 'dry', and its type in the schema is null or double"),
        (READING | {"timestamp": "now"}, "timestamp is 'now', and its type in the schema is long"),
        (READING | {"timestamp": 2**70}, f"timestamp is {2**70}, and its type in the schema is long"),
        (READING | {"unit": "K"}, "unit is 'K', and its type in the schema is one of C, F"),
        (READING | {"tags": 3}, "tags is 3, and its type in the schema is array"),
        ({"device": "attic"}, "temperature is missing, and the schema has no default for it"),
        (None, "the value is None, and the schema describes a record: give it a dict"),
    ],
)
def test_a_value_that_does_not_fit_is_told_by_its_field(value: Any, words: str) -> None:
    error = raised(AvroSerializer(SCHEMA), value, WHERE)
    assert str(misfits.explain(error)).startswith(words)
    assert words in mistakes.explain(error).reason


def test_bytes_of_another_schema_are_told() -> None:
    schema = {"type": "record", "name": "Gap", "fields": [{"name": "level", "type": ["null", "double"]}]}
    assert misfits.explain(raised(AvroDeserializer(schema), b'{"device": "attic"}', WHERE)) == misfits.NOT_WRITTEN_SO


def test_other_errors_are_left_alone() -> None:
    assert misfits.explain(raised(int, "x")) is None
    assert misfits.in_a_line(raised(int, "x")) is None


def test_a_cell_shows_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    shell = InteractiveShell()
    monkeypatch.setattr(cells, "shell", lambda: shell)
    cells.shorten(misfits.in_a_line)
    shell.user_ns |= {"serialize": AvroSerializer(SCHEMA), "reading": READING | {"device": None}, "where": WHERE}
    assert not shell.run_cell("serialize(reading, where)").success
    (line,) = capsys.readouterr().out.strip().splitlines()
    assert "device is None, and its type in the schema is string: change the value, or the schema" in line
    assert line.endswith("(line 1: serialize(reading, where))")
    shell.run_cell("1 / 0")
    assert "Traceback" in capsys.readouterr().out
