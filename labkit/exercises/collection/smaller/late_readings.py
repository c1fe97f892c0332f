import json

from quixstreams.dataframe.windows import Count


def late_readings(readings, producer, late):
    def keep(value, key, timestamp, *rest):
        producer.produce(late.name, json.dumps(value), key)
        return False

    windows = readings.tumbling_window(duration_ms=5000, grace_ms=2000, on_late=keep)
    return windows.agg(count=Count()).final()
