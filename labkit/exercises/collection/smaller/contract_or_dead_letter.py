import json

from quixstreams.models import JSONSerializer, SerializationError

SCHEMA = {
    "type": "object",
    "required": ["device", "temperature", "timestamp"],
    "properties": {
        "device": {"type": "string", "minLength": 1},
        "temperature": {"type": "number", "minimum": -90, "maximum": 60},
        "humidity": {"type": "number", "minimum": 0, "maximum": 100},
        "timestamp": {"type": "integer"},
    },
}


def no_number(name):
    raise ValueError(f"{name} is not JSON")


def contract_or_dead_letter(records, refused):
    serialize = JSONSerializer(schema=SCHEMA)

    def what_is_wrong(raw):
        try:
            serialize(json.loads(raw, parse_constant=no_number), None)
        except (ValueError, SerializationError) as error:
            return str(error)
        return ""

    letters = records.filter(lambda raw: what_is_wrong(raw) != "")
    letters.set_headers(lambda raw, *_: [("reason", what_is_wrong(raw).encode())]).to_topic(refused)
    return records.filter(lambda raw: what_is_wrong(raw) == "").apply(json.loads)
