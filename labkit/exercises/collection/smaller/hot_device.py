import json


def hot_device(readings, producer, topic):
    number = 0
    for reading in readings:
        key = reading["device"]
        if key == "turbine":
            key = f"turbine-{number % 4}"
        number += 1
        producer.produce(topic, json.dumps(reading), key, timestamp=reading["timestamp"])
