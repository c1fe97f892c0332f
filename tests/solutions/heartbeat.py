from quixstreams.dataframe.windows import Count, Mean


def answer(readings):
    windows = readings.tumbling_window(duration_ms=5000).agg(mean=Mean("temperature"), n=Count("temperature")).final()
    return windows[windows["n"] > 0]


def filtered_first(readings):
    readings = readings[readings.contains("temperature")]
    return readings.tumbling_window(duration_ms=5000).agg(mean=Mean("temperature"), n=Count()).final()


def heartbeats_counted(readings):
    windows = readings.tumbling_window(duration_ms=5000).agg(mean=Mean("temperature"), n=Count()).final()
    return windows[windows["mean"].notnull()]


def empty_windows_too(readings):
    return readings.tumbling_window(duration_ms=5000).agg(mean=Mean("temperature"), n=Count("temperature")).final()


def no_mean(readings):
    windows = readings.tumbling_window(duration_ms=5000).agg(n=Count("temperature")).final()
    return windows[windows["n"] > 0]


def no_mean_of_0(readings):
    return answer(readings).filter(lambda window: window["mean"])


def closed_by_others(readings):
    readings = readings[readings.contains("temperature")]
    windows = readings.tumbling_window(duration_ms=5000).agg(mean=Mean("temperature"), n=Count())
    return windows.final(closing_strategy="partition")


def without_start_and_end(readings):
    return answer(readings)[["mean", "n"]]


RIGHT = [without_start_and_end]


def each_twice(readings):
    return answer(readings).apply(lambda each: [each, each], expand=True)


def at_least_two(readings):
    windows = answer(readings)
    return windows[windows["n"] > 1]


def rounded(readings):
    return answer(readings).apply(lambda each: {**each, "mean": round(each["mean"], 1)})


def told_by(readings, is_heartbeat):
    readings = readings.apply(lambda each: {**each, "measured": None if is_heartbeat(each) else 1})
    windows = readings.tumbling_window(duration_ms=5000).agg(mean=Mean("temperature"), n=Count("measured")).final()
    return windows[windows["n"] > 0]


def by_the_battery(readings):
    return told_by(readings, lambda each: "battery" in each)


def by_the_humidity(readings):
    return told_by(readings, lambda each: "humidity" not in each)


WRONG = [
    (by_the_battery, ("The windows of a device", "The last window", "A window that holds", "n is the number")),
    (by_the_humidity, ("The windows of a device", "The last window", "A window that holds", "n is the number")),
    (each_twice, ("The windows of a device", "The last window")),
    (at_least_two, ("The windows of a device",)),
    (rounded, ("mean",)),
    (no_mean_of_0, ("The windows of a device",)),
    (closed_by_others, ("The windows of a device", "The last window")),
    (filtered_first, ("The last window",)),
    (heartbeats_counted, ("n is the number",)),
    (empty_windows_too, ("A window that holds",)),
    (no_mean, ("mean",)),
]
REPAIR = ("Count()", 'Count("temperature")')
