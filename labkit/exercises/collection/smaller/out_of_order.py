from quixstreams.dataframe.windows import Count


def out_of_order(readings):
    windows = readings.tumbling_window(duration_ms=10_000, grace_ms=4)
    return windows.agg(count=Count()).final()
