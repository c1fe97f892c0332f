import json
from itertools import count


def write(readings, producer, topic, key_of, time_of=lambda reading: reading["timestamp"]):
    for index, reading in enumerate(readings):
        producer.produce(topic=topic, key=key_of(index, reading), value=json.dumps(reading), timestamp=time_of(reading))


def key_in_turn(keys=4, first=0, is_hot=lambda device: device == "turbine"):
    numbers = count(first)

    def key(_, reading):
        return f"turbine-{next(numbers) % keys}" if is_hot(reading["device"]) else reading["device"]

    return key


def answer(readings, producer, topic):
    number = 0
    for reading in readings:
        key = reading["device"]
        if key == "turbine":
            key = f"turbine-{number % 4}"
            number += 1
        producer.produce(topic=topic, key=key, value=json.dumps(reading), timestamp=reading["timestamp"])


def not_spread(readings, producer, topic):
    write(readings, producer, topic, lambda _, reading: reading["device"])


def by_position_in_the_list(readings, producer, topic):
    write(
        readings,
        producer,
        topic,
        lambda index, reading: f"turbine-{index % 4}" if reading["device"] == "turbine" else reading["device"],
    )


def everything_spread(readings, producer, topic):
    numbers = count()
    write(
        readings,
        producer,
        topic,
        lambda _, reading: (
            f"turbine-{next(numbers) % 4}"
            if reading["device"] == "turbine"
            else f"{reading['device']}-{reading['timestamp'] // 1000 % 4}"
        ),
    )


def from_one_on(readings, producer, topic):
    write(readings, producer, topic, key_in_turn(first=1))


def five_keys(readings, producer, topic):
    write(readings, producer, topic, key_in_turn(keys=5))


def renamed(readings, producer, topic):
    key = key_in_turn()
    for reading in readings:
        name = key(0, reading)
        value = json.dumps(reading | {"device": name})
        producer.produce(topic=topic, key=name, value=value, timestamp=reading["timestamp"])


def at_the_time_of_writing(readings, producer, topic):
    write(readings, producer, topic, key_in_turn(), time_of=lambda _: None)


def by_the_beginning_of_the_name(readings, producer, topic):
    write(readings, producer, topic, key_in_turn(is_hot=lambda device: device.startswith("turbine")))


def in_any_case(readings, producer, topic):
    write(readings, producer, topic, key_in_turn(is_hot=lambda device: device.lower() == "turbine"))


def the_usual_fields(readings, producer, topic):
    usual = ("device", "temperature", "humidity", "timestamp")
    answer([{name: each[name] for name in usual} for each in readings], producer, topic)


def in_order_of_time(readings, producer, topic):
    answer(sorted(readings, key=lambda each: each["timestamp"]), producer, topic)


def again_from_the_start(readings, producer, topic):
    answer(readings, producer, topic)
    answer(readings[:3], producer, topic)


WRONG = [
    (by_the_beginning_of_the_name, ("The turbine's", "Every other")),
    (in_any_case, ("The turbine's", "Every other")),
    (the_usual_fields, ("The value",)),
    (in_order_of_time, ("The turbine's",)),
    (again_from_the_start, ("No reading",)),
    (not_spread, ("The turbine's",)),
    (by_position_in_the_list, ("The turbine's",)),
    (from_one_on, ("The turbine's",)),
    (five_keys, ("The turbine's",)),
    (everything_spread, ("Every other",)),
    (renamed, ("Every reading", "No reading", "The turbine's")),
    (at_the_time_of_writing, ("The record's time",)),
]
REPAIR = ("        number += 1", "            number += 1")
