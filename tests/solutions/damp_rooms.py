def answer(readings):
    readings["dew_point"] = readings["temperature"] + (readings["humidity"] - 100) / 5
    return readings[readings["humidity"] > 60]


def from_60_on(readings):
    readings["dew_point"] = readings["temperature"] + (readings["humidity"] - 100) / 5
    return readings[readings["humidity"] >= 60]


def all_rooms(readings):
    readings["dew_point"] = readings["temperature"] + (readings["humidity"] - 100) / 5
    readings[readings["humidity"] > 60]
    return readings


def wrong_sign(readings):
    readings["dew_point"] = readings["temperature"] - (readings["humidity"] - 100) / 5
    return readings[readings["humidity"] > 60]


def another_name(readings):
    readings["dewpoint"] = readings["temperature"] + (readings["humidity"] - 100) / 5
    return readings[readings["humidity"] > 60]


def overwritten(readings):
    readings["temperature"] = readings["temperature"] + (readings["humidity"] - 100) / 5
    readings["dew_point"] = readings["temperature"]
    return readings[readings["humidity"] > 60]


def dry_rooms(readings):
    readings["dew_point"] = readings["temperature"] + (readings["humidity"] - 100) / 5
    return readings[readings["humidity"] < 60]


EVERYTHING = ("Every reading", "Readings below", "A reading of exactly", "dew_point", "Key, time")
WRONG = [
    (from_60_on, ("A reading of exactly",)),
    (all_rooms, ("Readings below", "A reading of exactly")),
    (wrong_sign, ("dew_point",)),
    (another_name, ("dew_point",)),
    (overwritten, ("Key, time",)),
    (dry_rooms, EVERYTHING),
]
