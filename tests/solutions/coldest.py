from quixstreams.dataframe.windows import Count, Max, Min


def answer(readings):
    return readings.hopping_window(duration_ms=7000, step_ms=2000).agg(minimum=Min("temperature")).final()


def tumbling(readings):
    return readings.tumbling_window(duration_ms=7000).agg(minimum=Min("temperature")).final()


def hottest(readings):
    return readings.hopping_window(duration_ms=7000, step_ms=2000).agg(minimum=Max("temperature")).final()


def at_each_reading(readings):
    return readings.hopping_window(duration_ms=7000, step_ms=2000).agg(minimum=Min("temperature")).current()


def every_second(readings):
    return readings.hopping_window(duration_ms=7000, step_ms=1000).agg(minimum=Min("temperature")).final()


def six_seconds(readings):
    return readings.hopping_window(duration_ms=6000, step_ms=2000).agg(minimum=Min("temperature")).final()


def closed_by_all(readings):
    windows = readings.hopping_window(duration_ms=7000, step_ms=2000).agg(minimum=Min("temperature"))
    return windows.final(closing_strategy="partition")


def another_name(readings):
    return readings.hopping_window(duration_ms=7000, step_ms=2000).agg(min=Min("temperature")).final()


def never_emitted(readings):
    return readings.hopping_window(duration_ms=7000, step_ms=2000).agg(minimum=Min("temperature"))


def without_start_and_end(readings):
    return answer(readings)[["minimum"]]


RIGHT = [without_start_and_end]


def each_twice(readings):
    return answer(readings).apply(lambda each: [each, each], expand=True)


def nothing_below_freezing(readings):
    return answer(readings).filter(lambda window: window["minimum"])


def at_least_two(readings):
    windows = readings.hopping_window(duration_ms=7000, step_ms=2000).agg(minimum=Min("temperature"), n=Count()).final()
    return windows[windows["n"] > 1]


def at_the_end_of_the_window(readings):
    return answer(readings).set_timestamp(lambda window, *_: window["end"])


def in_whole_degrees(readings):
    return answer(readings).apply(lambda window: {**window, "minimum": round(window["minimum"])})


ALL = ("Every 2 s", "If it has", "minimum", "Each window comes", "The last windows")
WRONG = [
    (each_twice, ("Each window comes",)),
    (nothing_below_freezing, ("Every 2 s",)),
    (at_least_two, ("Every 2 s",)),
    (at_the_end_of_the_window, ALL),
    (in_whole_degrees, ("minimum",)),
    (tumbling, ("Every 2 s", "Each window comes", "The last windows")),
    (hottest, ("minimum",)),
    (at_each_reading, ("Every 2 s", "minimum", "Each window comes", "The last windows")),
    (every_second, ("Every 2 s", "The last windows")),
    (six_seconds, ("Every 2 s", "If it has", "minimum", "The last windows")),
    (another_name, ("minimum",)),
    (closed_by_all, ALL),  # quixstreams 3.28 emits no windows at all that are not a multiple of the step
    (never_emitted, ALL),
]
REPAIR = (".current()", ".final()")
