from quixstreams.dataframe.windows import Count


def answer(readings):
    return readings.tumbling_window(duration_ms=10_000, grace_ms=4000).agg(count=Count()).final()


def no_grace(readings):
    return readings.tumbling_window(duration_ms=10_000).agg(count=Count()).final()


def in_seconds(readings):
    return readings.tumbling_window(duration_ms=10_000, grace_ms=4).agg(count=Count()).final()


def too_patient(readings):
    return readings.tumbling_window(duration_ms=10_000, grace_ms=6000).agg(count=Count()).final()


def two_seconds(readings):
    return readings.tumbling_window(duration_ms=10_000, grace_ms=2000).agg(count=Count()).final()


def hopping(readings):
    return readings.hopping_window(duration_ms=10_000, step_ms=5000, grace_ms=4000).agg(count=Count()).final()


def closed_by_others(readings):
    windows = readings.tumbling_window(duration_ms=10_000, grace_ms=4000).agg(count=Count())
    return windows.final(closing_strategy="partition")


def without_start_and_end(readings):
    return answer(readings)[["count"]]


RIGHT = [without_start_and_end]


def each_twice(readings):
    return answer(readings).apply(lambda each: [each, each], expand=True)


def at_least_two(readings):
    windows = answer(readings)
    return windows[windows["count"] > 1]


def one_more_where_it_is_full(readings):
    return answer(readings).apply(lambda each: {**each, "count": max(each["count"], 11)})


WRONG = [
    (each_twice, ("Each window comes",)),
    (at_least_two, ("There are 10 s windows",)),
    (one_more_where_it_is_full, ("Without late",)),
    (closed_by_others, ("There are 10 s windows", "Without late")),
    (no_grace, ("A reading that comes soon", "So is one")),
    (in_seconds, ("A reading that comes soon", "So is one")),
    (two_seconds, ("A reading that comes soon", "So is one")),
    (too_patient, ("A reading that comes later",)),
    (hopping, ("There are 10 s windows",)),
]
REPAIR = ("grace_ms=4)", "grace_ms=4000)")
