import json


def keyed_readings(readings, producer, topic):
    for reading in readings:
        value = json.dumps(reading)
        producer.produce(topic, value, key=reading["device"])
