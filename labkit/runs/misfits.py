"""Values that do not fit an Avro schema: which field, and what to do about it.

The serializers of Quix Streams pass on what fastavro raises, such as "must be string on field device".
"""

import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import FrameType
from typing import Any

from labkit.runs import blame

LONGEST = 60  # characters of a value
SERDES = "quixstreams.models.serializers.avro"
NOT_WRITTEN_SO = (
    "these bytes were not written with the schema that reads them: give the deserializer the writer's schema, or let "
    "a registry tell it (schema_registry_client_config=)"
)


def in_a_line(error: BaseException) -> str | None:
    """Say what does not fit, and in which of the student's lines; None if the error is about something else."""
    words = explain(error)
    return words and str(replace(blame.explain(error), reason=f"{type(error).__name__}: {words}"))


def explain(error: BaseException) -> str | None:
    """Say which field of a value does not fit its schema, or that bytes do not; None if it is about something else."""
    if not (serdes := sys.modules.get(SERDES)):
        return None
    for frame, _ in traceback.walk_tb(error.__traceback__):
        owner, value = frame.f_locals.get("self"), frame.f_locals.get("value")
        if isinstance(owner, serdes.AvroSerializer):
            return _of_a_value(value, owner._schema)
        if isinstance(owner, serdes.AvroDeserializer) and isinstance(error, IndexError | TypeError | ValueError):
            return NOT_WRITTEN_SO if _is_fastavros(error) else None
    return None


def _is_fastavros(error: BaseException) -> bool:
    frames: list[FrameType] = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return frames[-1].f_code.co_filename.startswith("fastavro")  # compiled by Cython, with a relative path


def _of_a_value(value: object, schema: Any) -> str | None:
    from fastavro.validation import ValidationError, validate

    try:
        validate(value, schema)
    except ValidationError as found:
        return _words(found.errors, value)
    except (TypeError, ValueError):  # of a date that is none, for example
        return None
    return None


def _words(errors: Sequence[Any], value: object) -> str:
    """Returns the first misfit in words: there is one error for each type that a field may have."""
    first = errors[0]
    name = str(first.field).partition(".")[2]
    if not name:
        return f"the value is {_shown(value)}, and the schema describes a record: give it a dict"
    if isinstance(value, Mapping) and first.datum is None and name.partition(".")[0] not in value:
        return f"{name} is missing, and the schema has no default for it: add it to the value, or give it a default"
    wanted = " or ".join(_type(each.schema) for each in errors if each.field == first.field)
    return f"{name} is {_shown(first.datum)}, and its type in the schema is {wanted}: change the value, or the schema"


def _type(schema: Any) -> str:
    if isinstance(schema, Mapping) and "symbols" in schema:
        return f"one of {', '.join(schema['symbols'])}"
    return str(schema["type"] if isinstance(schema, Mapping) else schema)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
