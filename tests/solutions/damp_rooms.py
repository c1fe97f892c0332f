def answer(readings):
    readings["dew_point"] = readings["temperature"] + (readings["humidity"] - 100) / 5
    return readings[readings["humidity"] > 60]


def with_a_default_that_no_reading_needs(readings):
    damp = readings.filter(lambda each: each.get("humidity", 100) > 60)
    return damp.apply(lambda each: {**each, "dew_point": each["temperature"] - (100 - each.get("humidity", 100)) / 5})


RIGHT = [with_a_default_that_no_reading_needs]


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


def each_twice(readings):
    return answer(readings).apply(lambda each: [each, each], expand=True)


def only_what_it_knows(readings):
    columns = ["device", "temperature", "humidity", "timestamp", "dew_point"]
    return answer(readings)[columns]


def at_the_time_of_the_measurement(readings):
    return answer(readings).set_timestamp(lambda value, *_: value["timestamp"])


def under_the_name_of_the_device(readings):
    return answer(readings).group_by("device")


def and_something_else(readings):
    readings["damp"] = readings["humidity"] > 60
    return answer(readings)


def in_whole_percent(readings):
    readings["dew_point"] = readings["temperature"] + (readings["humidity"] - 100) / 5
    return readings.filter(lambda each: int(each["humidity"]) > 60 or each["humidity"] > 60.5)


def one_for_each_time(readings):
    times = set()
    return answer(readings.filter(lambda each: not (each["timestamp"] in times or times.add(each["timestamp"]))))


EVERYTHING = ("Every reading", "Readings below", "A reading of exactly", "dew_point", "Key, time")
WRONG = [
    (from_60_on, ("A reading of exactly",)),
    (all_rooms, ("Readings below", "A reading of exactly")),
    (wrong_sign, ("dew_point",)),
    (another_name, ("dew_point", "Key, time")),
    (one_for_each_time, ("Every reading", "Readings below", "A reading of exactly")),
    (each_twice, ("Every reading",)),
    (only_what_it_knows, ("Key, time",)),
    (at_the_time_of_the_measurement, ("Key, time",)),
    (under_the_name_of_the_device, ("Key, time",)),
    (and_something_else, ("Key, time",)),
    (in_whole_percent, ("Every reading",)),
    (overwritten, ("Key, time",)),
    (dry_rooms, EVERYTHING),
]
REPAIR = (
    '    readings[readings["humidity"] > 60]\n    return readings\n',
    '    return readings[readings["humidity"] > 60]\n',
)
