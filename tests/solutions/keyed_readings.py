import json


def answer(readings, producer, topic):
    for reading in readings:
        producer.produce(topic=topic, key=reading["device"], value=json.dumps(reading), timestamp=reading["timestamp"])


def no_timestamp(readings, producer, topic):
    for reading in readings:
        producer.produce(topic=topic, key=reading["device"], value=json.dumps(reading))


def no_key(readings, producer, topic):
    for reading in readings:
        producer.produce(topic=topic, value=json.dumps(reading), timestamp=reading["timestamp"])


def in_seconds(readings, producer, topic):
    for reading in readings:
        producer.produce(
            topic=topic, key=reading["device"], value=json.dumps(reading), timestamp=reading["timestamp"] // 1000
        )


def as_python_text(readings, producer, topic):
    for reading in readings:
        producer.produce(topic=topic, key=reading["device"], value=str(reading), timestamp=reading["timestamp"])


def rounded(readings, producer, topic):
    for reading in readings:
        reading = reading | {"temperature": round(reading["temperature"])}
        producer.produce(topic=topic, key=reading["device"], value=json.dumps(reading), timestamp=reading["timestamp"])


def again_from_the_start(readings, producer, topic):
    answer(readings, producer, topic)
    answer(readings[:3], producer, topic)


def only_the_first_device(readings, producer, topic):
    answer([each for each in readings if each["device"] == readings[0]["device"]], producer, topic)


def one_for_each_time(readings, producer, topic):
    answer([*{each["timestamp"]: each for each in readings}.values()], producer, topic)


def one_for_each_temperature(readings, producer, topic):
    answer([*{each["temperature"]: each for each in readings}.values()], producer, topic)


def the_usual_fields(readings, producer, topic):
    usual = ("device", "temperature", "humidity", "timestamp")
    for reading in readings:
        value = json.dumps({name: reading[name] for name in usual})
        producer.produce(topic=topic, key=reading["device"], value=value, timestamp=reading["timestamp"])


def with_a_number(readings, producer, topic):
    for number, reading in enumerate(readings):
        value = json.dumps(reading | {"number": number})
        producer.produce(topic=topic, key=reading["device"], value=value, timestamp=reading["timestamp"])


def in_whole_seconds(readings, producer, topic):
    for reading in readings:
        time = reading["timestamp"] // 1000 * 1000
        producer.produce(topic=topic, key=reading["device"], value=json.dumps(reading), timestamp=time)


def escaped(readings, producer, topic):
    for reading in readings:
        key = json.dumps(reading["device"]).strip('"')
        producer.produce(topic=topic, key=key, value=json.dumps(reading), timestamp=reading["timestamp"])


EVERYTHING = ("Every reading", "No reading", "The value", "The key", "The record's time")
WRONG = [
    (no_timestamp, ("The record's time",)),
    (no_key, ("The key",)),
    (the_usual_fields, ("The value",)),
    (with_a_number, ("The value",)),
    (in_whole_seconds, ("The record's time",)),
    (escaped, ("The key",)),
    (in_seconds, ("The record's time",)),
    (as_python_text, EVERYTHING),
    (rounded, ("The value",)),
    (again_from_the_start, ("No reading",)),
    (one_for_each_time, ("Every reading", "No reading")),
    (one_for_each_temperature, ("Every reading",)),
    (only_the_first_device, ("Every reading", "No reading")),
]
REPAIR = ('key=reading["device"])', 'key=reading["device"], timestamp=reading["timestamp"])')
