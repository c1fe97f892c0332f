import json

from quixstreams.models import JSONSerializer, SerializationError

CONTRACT = {
    "type": "object",
    "properties": {
        "device": {"type": "string", "minLength": 1},
        "temperature": {"type": "number", "minimum": -90, "maximum": 60},
        "humidity": {"type": "number", "minimum": 0, "maximum": 100},
        "timestamp": {"type": "integer"},
    },
    "required": ["device", "temperature", "timestamp"],
    "additionalProperties": False,
}


def refuse(constant):
    raise ValueError(f"JSON has no {constant}")


def answer(records, refused):
    contract = JSONSerializer(schema=CONTRACT)

    def examine(raw):
        try:
            reading = json.loads(raw, parse_constant=refuse)
            contract(reading, None)
        except (ValueError, SerializationError) as error:
            return {"raw": raw, "reason": str(error)}
        return {"reading": reading}

    examined = records.apply(examine)
    set_aside(examined, refused)
    return examined.filter(lambda each: "reading" in each).apply(lambda each: each["reading"])


def set_aside(examined, refused, reason=True, raw=True):
    bad = examined.filter(lambda each: "raw" in each)
    if reason:
        bad = bad.set_headers(lambda value, key, timestamp, headers: [("reason", value["reason"].encode())])
    bad.apply(lambda each: each["raw"] if raw else each["raw"].strip()[:40]).to_topic(refused)


def held_to(schema, parse_constant=refuse, also=lambda reading: True, **how):
    def pipeline(records, refused):
        contract = JSONSerializer(schema=schema)

        def examine(raw):
            try:
                reading = json.loads(raw, parse_constant=parse_constant)
                contract(reading, None)
            except (ValueError, SerializationError) as error:
                return {"raw": raw, "reason": str(error)}
            return {"reading": reading} if also(reading) else {"raw": raw, "reason": "odd"}

        examined = records.apply(examine)
        set_aside(examined, refused, **how)
        return examined.filter(lambda each: "reading" in each).apply(lambda each: each["reading"])

    return pipeline


def by_hand(records, refused):
    """The same without a schema."""

    def number(value, low, high):
        return type(value) in (int, float) and low <= value <= high

    def keeps(reading):
        return (
            isinstance(reading, dict)
            and {"device", "temperature", "timestamp"} <= reading.keys()
            and reading.keys() <= {"device", "temperature", "humidity", "timestamp"}
            and isinstance(reading["device"], str)
            and reading["device"] != ""
            and number(reading["temperature"], -90, 60)
            and number(reading.get("humidity", 0), 0, 100)
            and type(reading["timestamp"]) is int
        )

    return held_to({}, also=keeps)(records, refused)


RIGHT = [by_hand]


def properties(**changes):
    return CONTRACT | {"properties": CONTRACT["properties"] | changes}


def without(name):
    return {each: value for each, value in CONTRACT.items() if each != name}


nothing_required = held_to(without("required"))
further_fields_welcome = held_to(without("additionalProperties"))
any_json = held_to(without("type"))
no_limits = held_to(properties(temperature={"type": "number"}, humidity={"type": "number"}))
limits_excluded = held_to(properties(temperature={"type": "number", "exclusiveMinimum": -90, "exclusiveMaximum": 60}))
any_device = held_to(properties(device={"type": "string"}))
humidity_required = held_to(CONTRACT | {"required": [*CONTRACT["properties"]]})
humidity_may_be_null = held_to(properties(humidity={"type": ["number", "null"], "minimum": 0, "maximum": 100}))
fractions_of_a_millisecond = held_to(properties(timestamp={"type": "number"}))
types_forgotten = held_to(properties(temperature={"minimum": -90, "maximum": 60}))
nan_is_a_number = held_to(CONTRACT, parse_constant=None)
no_reason = held_to(CONTRACT, reason=False)
not_as_it_came = held_to(CONTRACT, raw=False)


def dropped(records, refused):
    contract = JSONSerializer(schema=CONTRACT)

    def keeps(raw):
        try:
            contract(json.loads(raw, parse_constant=refuse), None)
        except (ValueError, SerializationError):
            return False
        return True

    return records.filter(keeps).apply(json.loads)


def only_what_is_required(records, refused):
    return answer(records, refused)[["device", "temperature", "timestamp"]]


def everything_refused(records, refused):
    set_aside(records.apply(lambda raw: {"raw": raw, "reason": "who knows"}), refused)
    return records.filter(lambda raw: False)


def no_contract(records, refused):
    return held_to({})(records, refused)


REFUSED = (
    "What is no JSON",
    "A record without",
    "A field of another",
    "A number outside",
    "A field that the",
    "Nothing that keeps",
)
WRONG = [
    (nothing_required, ("Every record", "A record without")),
    (further_fields_welcome, ("Every record", "A field that the")),
    (nan_is_a_number, ("Every record", "What is no JSON")),
    (any_json, ("Every record", "What is no JSON")),
    (no_limits, ("Every record", "A number outside")),
    (limits_excluded, ("Every record", "Nothing that keeps")),
    (any_device, ("Every record", "A number outside")),
    (humidity_required, ("Every record", "Nothing that keeps")),
    (humidity_may_be_null, ("Every record", "A field of another")),
    (fractions_of_a_millisecond, ("Every record", "A field of another")),
    (types_forgotten, ("Every record", "A field of another")),
    (no_reason, ("It has a reason",)),
    (not_as_it_came, ("A refused record has",)),
    (dropped, (*REFUSED, "A refused record has", "It has a reason")),
    (only_what_is_required, ("It comes out",)),
    (everything_refused, ("Every record", "It comes out", "Nothing that keeps")),
    (no_contract, ("Every record", *REFUSED)),
]
REPAIR = (
    '    "type": "object",\n    "required"',
    '    "type": "object",\n    "additionalProperties": False,\n    "required"',
)
