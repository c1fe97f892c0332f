import json


def answer(records, unreadable):
    def examine(raw):
        try:
            reading = json.loads(raw)
        except ValueError:
            return {"raw": raw, "reason": "no JSON"}
        if not isinstance(reading, dict):
            return {"raw": raw, "reason": "no object"}
        if not isinstance(reading.get("temperature"), int | float):
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


def examined_with(check):
    def examine(raw):
        try:
            reading = json.loads(raw)
            return {"reading": reading} if check(reading) else {"raw": raw, "reason": "no reading"}
        except ValueError:
            return {"raw": raw, "reason": "no JSON"}

    return examine


def is_reading(reading):
    return isinstance(reading, dict) and isinstance(reading.get("temperature"), int | float)


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


DEAD_LETTERS = ("What is not JSON", "JSON that is not an object", "An object without", "Nothing readable")
WRONG = [
    (only_fractions, ("Every readable", "Nothing readable")),
    (only_json_is_asked_for, ("Every readable", "JSON that is not an object", "An object without")),
    (any_temperature, ("Every readable", "An object without")),
    (dropped, (*DEAD_LETTERS, "A dead letter has", "Each has a reason")),
    (no_reason, ("Each has a reason",)),
    (not_as_it_came, ("A dead letter has",)),
    (only_the_temperature, ("It comes out with",)),
]
