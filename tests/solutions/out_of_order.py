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


WRONG = [
    (closed_by_others, ("There are 10 s windows",)),
    (no_grace, ("A reading that comes soon", "So is one")),
    (in_seconds, ("A reading that comes soon", "So is one")),
    (two_seconds, ("A reading that comes soon", "So is one")),
    (too_patient, ("A reading that comes later",)),
    (hopping, ("There are 10 s windows",)),
]
