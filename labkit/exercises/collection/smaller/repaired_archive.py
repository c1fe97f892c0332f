import json
import re


def mended(raw):
    return re.sub(rb'("(?:temperature|humidity)":-?\d+),(?=\d)', rb"\1.", raw)


def parsed(raw):
    try:
        return json.loads(raw)
    except ValueError:
        return None


def repaired_archive(records, unreadable):
    def examine(raw):
        reading = parsed(raw)
        if reading is None:
            raw = mended(raw)
            reading = parsed(raw)
        if not isinstance(reading, dict):
            return {"raw": raw}
        humidity = reading["humidity"]
        return {"reading": {**reading, "dryness": reading["temperature"] / humidity if humidity else None}}

    examined = records.apply(examine)
    examined.filter(lambda each: "raw" in each).apply(lambda each: each["raw"]).to_topic(unreadable)
    return examined.filter(lambda each: "reading" in each).apply(lambda each: each["reading"])
