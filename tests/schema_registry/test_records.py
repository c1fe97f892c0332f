"""What the lab shows of records that were written with a schema: what they are, and in one line."""

import struct
from collections.abc import Iterator
from typing import Any

import pytest
from quixstreams import Application
from quixstreams.models import (
    Deserializer,
    JSONSerializer,
    MessageField,
    SchemaRegistryClientConfig,
    SerializationContext,
    Serializer,
)
from quixstreams.models.serializers.avro import AvroDeserializer, AvroSerializer

from labkit import Lab
from labkit.readings import now
from labkit.schema_registry import OwnRegistry
from tests.waiting import eventually

AVRO = {
    "type": "record",
    "name": "Reading",
    "fields": [{"name": "device", "type": "string"}, {"name": "temperature", "type": "double"}],
}
JSON = {"title": "Reading", "type": "object", "properties": {"temperature": {"type": "number", "maximum": 60}}}
READINGS = [{"device": "attic", "temperature": degrees} for degrees in (21.5, 35.0)]


class Serdes:
    """Serializers and deserializers of Quix Streams, which leave their connections to the registry open."""

    def __init__(self, where: SchemaRegistryClientConfig) -> None:
        self._settings = {"schema_registry_client_config": where}
        self._inner: list[Any] = []

    def avro(self, schema: dict[str, Any]) -> Serializer:
        found = AvroSerializer(schema, **self._settings)
        self._inner.append(found._schema_registry_serializer)
        return found

    def json(self, schema: dict[str, Any]) -> Serializer:
        found = JSONSerializer(schema=schema, **self._settings)
        self._inner.append(found._schema_registry_serializer)
        return found

    def of_avro(self, schema: dict[str, Any]) -> Deserializer:
        found = AvroDeserializer(schema, **self._settings)
        self._inner.append(found._schema_registry_deserializer)
        return found

    def close(self) -> None:
        for each in self._inner:
            each._registry.__exit__()


@pytest.fixture
def serdes(registry: OwnRegistry) -> Iterator[Serdes]:
    serdes = Serdes(SchemaRegistryClientConfig(url=registry.url))
    yield serdes
    serdes.close()


def write(lab: Lab, name: str, serializer: Serializer) -> None:
    """Write the readings as any program with Quix Streams does."""
    lab.create_topic(name)
    app = Application(lab.connection, loglevel=None)
    topic = app.topic(lab.full_name(name), value_serializer=serializer)
    with app.get_producer() as producer:
        for reading in READINGS:
            message = topic.serialize(key="attic", value=reading)
            producer.produce(topic.name, key=message.key, value=message.value, timestamp=now())


@pytest.fixture(params=["avro", "json"])
def levels(request: pytest.FixtureRequest, lab: Lab, serdes: Serdes) -> int:
    """The topic `levels` with two readings, written with a schema; its id."""
    write(lab, "levels", serdes.avro(AVRO) if request.param == "avro" else serdes.json(JSON))
    return struct.unpack(">bI", lab.records("levels")[0].value[:5])[1]


def as_it_is(readings: Any) -> Any:
    return readings


@pytest.mark.slow
def test_a_run_without_a_deserializer_sets_them_aside_and_says_with_which_schema_they_were_written(
    lab: Lab, levels: int
) -> None:
    run = lab.run(as_it_is, reads="levels", writes="copied")
    run.wait_until_caught_up()
    reason = f"not JSON but written with schema {levels} of a schema registry: a pipeline with raw=True"
    letters = lab.peek("levels.dead-letter")
    assert [each.startswith(reason) for each in letters["reason"]] == [True, True]
    assert reason in str(lab.why(run))
    assert "Traceback" not in run.summary()


@pytest.mark.slow
def test_they_are_shown_as_the_bytes_that_they_are(lab: Lab, levels: int) -> None:
    assert all(each.startswith(b"\0" + levels.to_bytes(4)) for each in lab.peek("levels")["value"])
    chart = lab.chart("levels")
    eventually(lambda: "Records not drawn, because they are not readings" in chart.snapshot.words())
    tiles = lab.tiles("levels")
    none = "No reading with a temperature yet, among 2 records of levels."
    eventually(lambda: tiles.summary() == none)
    assert none in tiles.static_html()
    steps = lab.step(as_it_is, reads="levels", raw=True)
    for text in (str(steps[0]), str(lab.step(as_it_is, reads="levels")[0])):
        assert text.replace("\n", "").isprintable()
        assert rf"\x00\x00\x00\x00\x{levels:02x}" in text


@pytest.mark.slow
def test_a_pipeline_reads_them_by_a_deserializer_of_quix_streams(lab: Lab, serdes: Serdes) -> None:
    """By the version that they were written with, into the version that it knows."""
    write(lab, "tides", serdes.avro(AVRO))
    more = {**AVRO, "fields": [*AVRO["fields"], {"name": "level", "type": "double", "default": 1.5}]}
    deserialize = serdes.of_avro(more)
    context = SerializationContext(lab.full_name("tides"), MessageField.VALUE)

    def hot(records: Any) -> Any:
        readings = records.apply(lambda raw: deserialize(raw, context))
        return readings[readings["temperature"] > 30]

    lab.run(hot, reads="tides", writes="hot", raw=True).wait_until_caught_up()
    assert [each.value for each in lab.records("hot")] == [READINGS[1] | {"level": 1.5}]


def test_a_version_that_cannot_be_read_is_blamed_on_the_students_line(lab: Lab, serdes: Serdes) -> None:
    write(lab, "tides", serdes.avro(AVRO))
    more = {**AVRO, "fields": [*AVRO["fields"], {"name": "level", "type": "double"}]}
    deserialize = serdes.of_avro(more)
    context = SerializationContext(lab.full_name("tides"), MessageField.VALUE)

    def read(records: Any) -> Any:
        return records.apply(lambda raw: deserialize(raw, context))

    run = lab.run(read, reads="tides", writes="read", raw=True)
    assert run.wait(20)
    assert str(run.error).startswith("SchemaResolutionError: No default value for field level")
    assert run.error.record.isprintable()
    assert r"key attic: \x00\x00\x00\x00" in run.error.record
    assert run.error.line.text == "return records.apply(lambda raw: deserialize(raw, context))"
