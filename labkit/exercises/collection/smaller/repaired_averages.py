from quixstreams.dataframe.windows import Count, Mean


def in_celsius(reading):
    if reading.get("unit") == "F":
        return (reading["temperature"] - 32) / 1.8
    return reading["temperature"]


def repaired_averages(readings):
    believable = readings[readings["age"].abs() <= 1000]
    believable["temperature"] = believable.apply(in_celsius)
    windows = believable.tumbling_window(5000, grace_ms=2000)
    return windows.agg(temperature=Mean("temperature"), n=Count()).final()
