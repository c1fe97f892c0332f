import copy

answer = {
    "type": "record",
    "name": "Reading",
    "fields": [
        {"name": "device", "type": "string"},
        {"name": "temperature", "type": "double"},
        {"name": "humidity", "type": "double"},
        {"name": "timestamp", "type": "long"},
        {"name": "battery", "type": ["null", "double"], "default": None},
        {"name": "place", "type": "string", "default": "unknown"},
    ],
}


def but(position, **changes):
    """The reference with another field at this position; a change to `...` takes a part away."""
    found = copy.deepcopy(answer)
    both = {**found["fields"][position], **changes}
    found["fields"][position] = {name: value for name, value in both.items() if value is not ...}
    return found


def without(*names):
    return {**answer, "fields": [each for each in answer["fields"] if each["name"] not in names]}


no_default_for_battery = but(4, default=...)
no_default_for_place = but(5, default=...)
a_battery_of_0_for_unknown = but(4, type="double", default=0.0)
a_battery_in_whole_percent = but(4, type=["null", "int"])
a_battery_in_single_precision = but(4, type=["null", "float"])
a_battery_as_text = but(4, type=["null", "string"])
a_place_that_may_be_null = but(5, type=["null", "string"], default=None)
a_place_from_a_list = but(5, type={"type": "enum", "name": "Place", "symbols": ["unknown", "roof", "cellar"]})
an_unknown_place_is_empty = but(5, default="")
only_the_battery = without("place")
without_the_humidity = without("humidity")
humidity_may_be_null = but(2, type=["double", "null"])
temperature_renamed = but(1, name="celsius")
temperature_renamed_with_an_alias = but(1, name="celsius", aliases=["temperature"])
timestamp_as_text = but(3, type="string")
version_1 = without("battery", "place")

LEVEL, KNOWN, REST = "A registry with", "They find in it", "All other fields"
OF_1, OF_2, NEW_OF_2 = (f"Consumers with version {each}" for each in ("1 read", "2 read every old", "2 read every new"))
BATTERY, PLACE, NEW = "In an old record `battery`", "In an old record `place`", "In a new record both"
WRONG = [
    (no_default_for_battery, (LEVEL, OF_2, BATTERY, PLACE)),
    (humidity_may_be_null, (LEVEL,)),
    (temperature_renamed_with_an_alias, (LEVEL, OF_1, KNOWN, NEW_OF_2, NEW, REST)),
    (no_default_for_place, (LEVEL, OF_2, BATTERY, PLACE)),
    (a_battery_of_0_for_unknown, (OF_1, BATTERY, NEW_OF_2)),
    (a_battery_in_whole_percent, (OF_1, NEW_OF_2)),
    (a_battery_in_single_precision, (NEW,)),
    (a_battery_as_text, (OF_1, NEW_OF_2)),
    (a_place_that_may_be_null, (PLACE,)),
    (a_place_from_a_list, (OF_1, NEW_OF_2)),
    (an_unknown_place_is_empty, (PLACE,)),
    (only_the_battery, (PLACE, NEW)),
    (without_the_humidity, (LEVEL, OF_1, KNOWN, REST)),
    (temperature_renamed, (LEVEL, OF_1, KNOWN, OF_2, BATTERY, PLACE, NEW_OF_2, NEW, REST)),
    (timestamp_as_text, (LEVEL, OF_1, KNOWN, OF_2, BATTERY, PLACE, NEW_OF_2, NEW, REST)),
    (version_1, (PLACE, NEW)),
]
REPAIR = ('"place", "type": "string"', '"place", "type": "string", "default": "unknown"')
