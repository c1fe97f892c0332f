import json


def refuse(constant):
    raise ValueError(f"JSON has no {constant}")


def answer(records, unreadable):
    def examine(raw):
        try:
            reading = json.loads(raw.decode(), parse_constant=refuse)
        except ValueError:
            return {"raw": raw, "reason": "no JSON"}
        if not isinstance(reading, dict):
            return {"raw": raw, "reason": "no object"}
        if type(reading.get("temperature")) not in (int, float):
            return {"raw": raw, "reason": "no temperature"}
        return {"reading": reading}

    examined = records.apply(examine)
    write_dead_letters(examined, unreadable)
    return examined.filter(lambda each: "reading" in each).apply(lambda each: each["reading"])


def write_dead_letters(examined, unreadable, reason=True, raw=True):
    bad = examined.filter(lambda each: "reason" in each)
    if reason:
        bad = bad.set_headers(lambda value, key, timestamp, headers: [("reason", value["reason"].encode())])
    bad.apply(lambda each: each["raw"] if raw else repr(each["raw"]).encode()).to_topic(unreadable)


def examined_with(check, parse_constant=refuse, text=bytes.decode):
    def examine(raw):
        try:
            reading = json.loads(text(raw), parse_constant=parse_constant)
            return {"reading": reading} if check(reading) else {"raw": raw, "reason": "no reading"}
        except ValueError:
            return {"raw": raw, "reason": "no JSON"}

    return examine


def is_reading(reading):
    return isinstance(reading, dict) and type(reading.get("temperature")) in (int, float)


def good(examined):
    return examined.filter(lambda each: "reading" in each).apply(lambda each: each["reading"])


def only_json_is_asked_for(records, unreadable):
    examined = records.apply(examined_with(lambda reading: True))
    write_dead_letters(examined, unreadable)
    return good(examined)


def any_temperature(records, unreadable):
    examined = records.apply(examined_with(lambda reading: isinstance(reading, dict)))
    write_dead_letters(examined, unreadable)
    return good(examined)


def dropped(records, unreadable):
    return good(records.apply(examined_with(is_reading)))


def no_reason(records, unreadable):
    examined = records.apply(examined_with(is_reading))
    write_dead_letters(examined, unreadable, reason=False)
    return good(examined)


def not_as_it_came(records, unreadable):
    examined = records.apply(examined_with(is_reading))
    write_dead_letters(examined, unreadable, raw=False)
    return good(examined)


def only_the_temperature(records, unreadable):
    examined = records.apply(examined_with(is_reading))
    write_dead_letters(examined, unreadable)
    return good(examined).apply(lambda reading: {"temperature": reading["temperature"]})


def only_fractions(records, unreadable):
    examined = records.apply(
        examined_with(lambda each: isinstance(each, dict) and isinstance(each.get("temperature"), float))
    )
    write_dead_letters(examined, unreadable)
    return good(examined)


def true_is_a_number(records, unreadable):
    examined = records.apply(
        examined_with(lambda each: isinstance(each, dict) and isinstance(each.get("temperature"), int | float))
    )
    write_dead_letters(examined, unreadable)
    return good(examined)


def nan_is_json(records, unreadable):
    examined = records.apply(examined_with(is_reading, parse_constant=None))
    write_dead_letters(examined, unreadable)
    return good(examined)


def a_byte_order_mark_is_json(records, unreadable):
    examined = records.apply(examined_with(is_reading, text=bytes))
    write_dead_letters(examined, unreadable)
    return good(examined)


def every_letter_can_be_repaired(records, unreadable):
    examined = records.apply(lambda raw: raw.decode(errors="replace").encode()).apply(examined_with(is_reading))
    write_dead_letters(examined, unreadable)
    return good(examined)


def everything_set_aside(records, unreadable):
    examined = records.apply(lambda raw: {"raw": raw, "reason": "who knows"})
    write_dead_letters(examined, unreadable)
    return good(examined)


def each_twice(records, unreadable):
    return answer(records, unreadable).apply(lambda each: [each, each], expand=True)


def the_usual_fields(records, unreadable):
    usual = ("device", "temperature", "humidity", "timestamp")
    return answer(records, unreadable).apply(lambda each: {name: each[name] for name in usual if name in each})


DEAD_LETTERS = ("What is not JSON", "JSON that is not an object", "An object without", "Nothing readable")
WRONG = [
    (true_is_a_number, ("Every readable", "An object without")),
    (nan_is_json, ("Every readable", "What is not JSON")),
    (a_byte_order_mark_is_json, ("Every readable", "What is not JSON")),
    (every_letter_can_be_repaired, ("Every readable", "What is not JSON", "A dead letter has")),
    (everything_set_aside, ("Every readable", "It comes out", "Nothing readable")),
    (each_twice, ("Every readable",)),
    (the_usual_fields, ("It comes out with",)),
    (only_fractions, ("Every readable", "Nothing readable")),
    (only_json_is_asked_for, ("Every readable", "JSON that is not", "An object without")),
    (any_temperature, ("Every readable", "An object without")),
    (dropped, (*DEAD_LETTERS, "A dead letter has", "Each has a reason")),
    (no_reason, ("Each has a reason",)),
    (not_as_it_came, ("A dead letter has",)),
    (only_the_temperature, ("It comes out with",)),
]
REPAIR = ('not isinstance(value.get("temperature"), int | float)', 'type(value.get("temperature")) not in (int, float)')
