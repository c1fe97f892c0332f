import json

from quixstreams.dataframe.windows import Count


def answer(readings, producer, late):
    def collect(value, key, timestamp, late_by, start, end, *rest):
        producer.produce(topic=late.name, key=key, value=json.dumps(value), timestamp=timestamp)
        return False

    return readings.tumbling_window(duration_ms=5000, grace_ms=2000, on_late=collect).agg(count=Count()).final()


def windows(readings, producer, late, grace=2000, whole=True, time=True, times=1):
    def collect(value, key, timestamp, late_by, start, end, *rest):
        more = {"timestamp": timestamp} if time else {}
        text = json.dumps(value if whole else {"device": value["device"], "timestamp": value["timestamp"]})
        for _ in range(times):
            producer.produce(topic=late.name, key=key, value=text, **more)
        return False

    return readings.tumbling_window(duration_ms=5000, grace_ms=grace, on_late=collect).agg(count=Count()).final()


def no_grace(readings, producer, late):
    return windows(readings, producer, late, grace=0)


def only_printed(readings, producer, late):
    def say(value, *rest):
        print(value)
        return False

    return readings.tumbling_window(duration_ms=5000, grace_ms=2000, on_late=say).agg(count=Count()).final()


def time_of_writing(readings, producer, late):
    return windows(readings, producer, late, time=False)


def without_temperature(readings, producer, late):
    return windows(readings, producer, late, whole=False)


def twice(readings, producer, late):
    return windows(readings, producer, late, times=2)


def under_the_name_of_the_device(readings, producer, late):
    def collect(value, key, timestamp, late_by, start, end, *rest):
        producer.produce(topic=late.name, key=value["device"], value=json.dumps(value), timestamp=timestamp)
        return False

    return readings.tumbling_window(duration_ms=5000, grace_ms=2000, on_late=collect).agg(count=Count()).final()


def the_usual_fields(readings, producer, late):
    return answer(readings[["device", "temperature", "humidity", "timestamp"]], producer, late)


def of_the_last_ten_minutes(readings, producer, late):
    def collect(value, key, timestamp, late_by, *_):
        if late_by < 600_000:
            producer.produce(topic=late.name, key=key, value=json.dumps(value), timestamp=timestamp)
        return False

    windows = readings.tumbling_window(duration_ms=5000, grace_ms=2000, on_late=collect)
    return windows.agg(count=Count()).final()


def one_for_each_window(readings, producer, late):
    seen = set()

    def collect(value, key, timestamp, late_by, start, end, *rest):
        if (key, start) not in seen:
            producer.produce(topic=late.name, key=key, value=json.dumps(value), timestamp=timestamp)
        seen.add((key, start))
        return False

    return readings.tumbling_window(duration_ms=5000, grace_ms=2000, on_late=collect).agg(count=Count()).final()


def each_window_twice(readings, producer, late):
    return answer(readings, producer, late).apply(lambda each: [each, each], expand=True)


COLLECTED = ("Every late reading", "None is collected", "Its value", "Its key and time")
WRONG = [
    (under_the_name_of_the_device, ("Its key and time",)),
    (the_usual_fields, ("Its value",)),
    (of_the_last_ten_minutes, ("Every late reading",)),
    (one_for_each_window, ("Every late reading",)),
    (each_window_twice, ("There are 5 s windows",)),
    (no_grace, ("count", "Every late reading")),
    (only_printed, COLLECTED),
    (time_of_writing, ("Its key and time",)),
    (without_temperature, ("Its value",)),
    (twice, ("None is collected",)),
]
REPAIR = ("key)\n        return", "key, timestamp=timestamp)\n        return")
