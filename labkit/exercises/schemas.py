"""The type of an answer that is the next version of an Avro schema: a registry is asked, and records are written and
read with it.
"""

import copy
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from confluent_kafka.schema_registry import Schema as AvroSchema
from confluent_kafka.schema_registry import SchemaRegistryClient, SchemaRegistryError
from quixstreams.models import MessageField, SerializationContext
from quixstreams.models.serializers.avro import AvroDeserializer, AvroSerializer

from labkit.exercises.answer_types import AnswerType
from labkit.exercises.attempt import Attempt
from labkit.exercises.harness import Harness
from labkit.exercises.records import Sent
from labkit.runs.blame import Blame

OUT, OLD = "out", "old"  # the outputs: what consumers with version 2 read, and what those with version 1 do
REGISTRY = "registry"  # the output with what a registry says to the change
LEVEL = "FULL"
Schema = dict[str, Any]
Way = Callable[[Mapping[str, Any]], Any]  # of a record's fields through a serializer and a deserializer


@dataclass(frozen=True)
class NextSchema(AnswerType):
    """Version 2 of the Avro schema `version_1`. Records that have the field `new` are written with version 2, all
    others with version 1.

    Consumers with version 2 read all of them, to the output `out`; those with version 1 read the new ones, to the
    output `old`. The output `registry` says, at the time of the newest record, whether the lab's schema registry takes
    the change at the level FULL.
    """

    version_1: Schema
    new: str

    @property
    def expects(self) -> str:
        return "a dict, the Avro schema"

    def accepts(self, answer: object) -> bool:
        return isinstance(answer, dict)

    def is_unanswered(self, answer: object) -> bool:
        return answer == {}

    def attempt(self, harness: Harness, answer: Any) -> Attempt:
        attempt, read = Attempt(), dict[str, list[Sent]]({OUT: [], OLD: []})
        try:
            ways = [*self._ways(answer)]
        except Exception as error:  # whatever fastavro finds in it
            attempt.trouble = Blame(f"This is no Avro schema: {_words(error)}", None, "")
            return attempt
        sent = [Sent(each.key, orjson.loads(each.raw), each.timestamp) for each in harness.sent()]
        for record in sent:
            for writer, reader, output, way in ways:
                if (writer == 2) == (self.new in record.fields):
                    try:
                        value = orjson.dumps(way(record.fields), default=repr)
                        read[output].append(Sent(record.key, value, record.timestamp))
                    except Exception as error:  # of the serializer, or of the deserializer
                        reason = f"A record of version {writer} does not reach a consumer with version {reader}"
                        attempt.record = attempt.record or record
                        attempt.trouble = attempt.trouble or Blame(f"{reason}: {_words(error)}", None, "")
        for output, records in read.items():
            harness.write(output, records)
        objection = self._objection(harness.environment.registry(), answer)
        newest = max(each.timestamp for each in sent)
        harness.write(REGISTRY, [Sent(None, {"level": LEVEL, "taken": not objection}, newest)])
        if objection and not attempt.trouble:
            attempt.trouble = Blame(f"The registry does not take it at the level {LEVEL}: {objection}", None, "")
        return attempt

    def _objection(self, url: str, answer: Schema) -> str:
        """What the registry at this URL has against the answer as the next version; empty if it takes it."""
        first, second = (AvroSchema(json.dumps(each, default=str), "AVRO") for each in (self.version_1, answer))
        subject = f"compatible-{uuid.uuid4().hex[:8]}"
        with SchemaRegistryClient({"url": url}) as client:
            client.register_schema(subject, first)
            client.set_compatibility(subject, LEVEL)
            try:
                client.register_schema(subject, second)
            except SchemaRegistryError as error:
                return str(error.error_message).rpartition("list of diff types: ")[2][:200]
            finally:
                client.delete_subject(subject)
        return ""

    def _ways(self, answer: Schema) -> Iterator[tuple[int, int, str, Way]]:
        """Yields each way of a record: the versions of its writer and its reader, the output, and the way itself."""
        schemas = {1: self.version_1, 2: answer}
        for writer, reader, output in ((1, 2, OUT), (2, 2, OUT), (2, 1, OLD)):
            yield writer, reader, output, _way(schemas[writer], schemas[reader])


def _way(writer: Schema, reader: Schema) -> Way:
    """Returns what writes a record with one schema and reads it with another. Raises anything if one is no schema."""
    writer, reader = copy.deepcopy(writer), copy.deepcopy(reader)
    serialize, deserialize = AvroSerializer(schema=writer), AvroDeserializer(schema=writer, reader_schema=reader)
    context = SerializationContext("readings", MessageField.VALUE)
    return lambda fields: deserialize(serialize(dict(fields), context), context)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}".rstrip(": ")
