import json


def no_number(name):
    raise ValueError(f"{name} is not JSON")


def what_is_wrong(raw):
    try:
        value = json.loads(raw.decode(), parse_constant=no_number)
    except ValueError as error:
        return str(error)
    if not isinstance(value, dict):
        return "not an object"
    if not isinstance(value.get("temperature"), int | float):
        return "temperature is missing or not a number"
    return ""


def dead_letters(records, unreadable):
    letters = records.filter(lambda raw: what_is_wrong(raw) != "")
    letters.set_headers(lambda raw, *_: [("reason", what_is_wrong(raw).encode())]).to_topic(unreadable)
    return records.filter(lambda raw: what_is_wrong(raw) == "").apply(json.loads)
