import json
import re

COMMA = re.compile(rb'("(?:temperature|humidity)":-?\d+),(?=\d)')


def parsed(raw):
    try:
        found = json.loads(raw)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def mended(raw):
    return parsed(raw) or parsed(COMMA.sub(rb"\1.", raw))


def dryness(reading):
    return reading["temperature"] / reading["humidity"] if reading["humidity"] else None


def answer(records, unreadable):
    found = records.apply(lambda raw: {"raw": raw, "reading": mended(raw)})
    found.filter(lambda each: each["reading"] is None).apply(lambda each: each["raw"]).to_topic(unreadable)
    return found.filter(lambda each: each["reading"] is not None).apply(
        lambda each: {**each["reading"], "dryness": dryness(each["reading"])}
    )


def archived(read=mended, dry=dryness, set_aside=lambda raw: raw, is_wanted=lambda reading: True):
    """`read` returns the reading in some bytes, or None; of those that are not wanted nobody hears again."""

    def pipeline(records, unreadable):
        found = records.apply(lambda raw: {"raw": raw, "reading": read(raw)})
        bad = found.filter(lambda each: each["reading"] is None).apply(lambda each: set_aside(each["raw"]))
        bad.to_topic(unreadable)
        good = found.filter(lambda each: each["reading"] is not None).apply(lambda each: each["reading"])
        return good.filter(is_wanted).apply(lambda reading: {**reading, "dryness": dry(reading)})

    return pipeline


def in_texts_and_columns(records, unreadable):
    """The same with a text of one's own reading, and a column."""

    def value(raw):
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            return "unreadable"
        for each in (text, re.sub(r'"(temperature|humidity)":(-?[0-9]+),([0-9]+)', r'"\1":\2.\3', text)):
            try:
                found = json.loads(each)
            except json.JSONDecodeError:
                continue
            return found if isinstance(found, dict) else "unreadable"
        return "unreadable"

    records.filter(lambda raw: value(raw) == "unreadable").to_topic(unreadable)
    readings = records.apply(value).filter(lambda found: found != "unreadable")
    readings["dryness"] = readings.apply(dryness)
    return readings


mended_first = archived(lambda raw: parsed(COMMA.sub(rb"\1.", raw)))
RIGHT = [in_texts_and_columns, mended_first]


def every_comma(raw):
    return parsed(raw) or parsed(re.sub(rb"(\d),(\d)", rb"\1.\2", raw))


def every_comma_first(raw):
    return parsed(re.sub(rb"(\d),(\d)", rb"\1.\2", raw))


def after_any_colon(raw):
    return parsed(raw) or parsed(re.sub(rb":(-?\d+),(?=\d)", rb":\1.", raw))


def only_the_temperature(raw):
    return parsed(raw) or parsed(re.sub(rb'("temperature":-?\d+),(?=\d)', rb"\1.", raw))


def only_above_zero(raw):
    return parsed(raw) or parsed(re.sub(rb'("(?:temperature|humidity)":\d+),(?=\d)', rb"\1.", raw))


def cut_off_at_the_comma(raw):
    return parsed(raw) or parsed(re.sub(rb'("(?:temperature|humidity)":-?\d+),\d+', rb"\1", raw))


def any_json(raw):
    """What is no object is archived, too."""
    try:
        found = json.loads(raw)
    except ValueError:
        return mended(raw)
    return found if isinstance(found, dict) else {"humidity": 0, "value": found}


def not_utf_8(raw):
    return parsed(raw) or parsed(COMMA.sub(rb"\1.", raw).decode(errors="replace"))


def zero(reading):
    return dryness(reading) or 0


def nearly_zero(reading):
    return reading["temperature"] / reading["humidity"] if reading["humidity"] > 1 else None


def from_a_small_number(reading):
    return reading["temperature"] / max(reading["humidity"], 0.001)


def the_other_way_round(reading):
    return reading["humidity"] / reading["temperature"] if reading["temperature"] else None


not_mended = archived(parsed)
commas_in_texts = archived(every_comma)
all_commas_first = archived(every_comma_first)
after_colons = archived(after_any_colon)
humidity_forgotten = archived(only_the_temperature)
minus_forgotten = archived(only_above_zero)
without_decimals = archived(cut_off_at_the_comma)
no_object = archived(any_json)
replaced_bytes = archived(not_utf_8)
nothing_but_zero = archived(dry=zero)
limited = archived(dry=nearly_zero)
enormous = archived(dry=from_a_small_number)
upside_down = archived(dry=the_other_way_round)
dry_ones_left_out = archived(is_wanted=lambda reading: reading["humidity"] != 0)
mended_all_the_same = archived(set_aside=lambda raw: COMMA.sub(rb"\1.", raw))
stripped = archived(set_aside=lambda raw: raw[:20])


def dropped(records, unreadable):
    readings = records.apply(mended).filter(lambda reading: reading is not None)
    return readings.apply(lambda reading: {**reading, "dryness": dryness(reading)})


def dry_ones_set_aside(records, unreadable):
    def read(raw):
        reading = mended(raw)
        return reading if reading and reading["humidity"] else None

    return archived(read)(records, unreadable)


def as_it_was(records, unreadable):
    readings = records.apply(json.loads)
    readings["dryness"] = readings["temperature"] / readings["humidity"]
    return readings


def with_a_reason(records, unreadable):
    bad = records.filter(lambda raw: mended(raw) is None)
    bad.set_headers(lambda value, key, timestamp, headers: [("reason", b"no JSON")]).to_topic(unreadable)
    return dropped(records, unreadable)


def each_twice(records, unreadable):
    return answer(records, unreadable).apply(lambda reading: [reading, reading], expand=True)


WRONG = [
    (not_mended, ("Every reading", "A reading with", "What is no JSON")),
    (commas_in_texts, ("Every reading", "It has all", "Any other comma", "What is no JSON")),
    (all_commas_first, ("Every reading", "It has all", "Any other comma", "What is no JSON")),
    (after_colons, ("It has all", "Any other comma")),
    (humidity_forgotten, ("Every reading", "A reading with", "What is no JSON")),
    (minus_forgotten, ("Every reading", "A reading with", "What is no JSON")),
    (without_decimals, ("It has all", "dryness is", "Any other comma")),
    (no_object, ("Every reading", "What is no JSON")),
    (replaced_bytes, ("Every reading", "What is no JSON")),
    (nothing_but_zero, ("dryness is", "Where the humidity")),
    (limited, ("dryness is",)),
    (enormous, ("dryness is", "Where the humidity")),
    (upside_down, ("dryness is", "Where the humidity")),
    (dry_ones_left_out, ("Every reading", "Where the humidity", "A reading with")),
    (mended_all_the_same, ("It is set aside",)),
    (stripped, ("It is set aside",)),
    (dropped, ("What is no JSON", "It is set aside")),
    (dry_ones_set_aside, ("Every reading", "Where the humidity", "A reading with", "What is no JSON")),
    (
        as_it_was,
        (
            "Every reading",
            "It has all",
            "dryness is",
            "Where the humidity",
            "A reading with",
            "Any other comma",
            "What is no JSON",
            "It is set aside",
        ),
    ),
    (with_a_reason, ("It is set aside",)),
    (each_twice, ("Every reading", "A reading with")),
]
REPAIR = ("raw = mended(raw)\n            reading = parsed(raw)", "reading = parsed(mended(raw))")
