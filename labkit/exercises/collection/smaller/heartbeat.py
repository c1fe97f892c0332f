from quixstreams.dataframe.windows import Count, Mean


def heartbeat(readings):
    windows = readings.tumbling_window(duration_ms=5000).agg(mean=Mean("temperature"), n=Count()).final()
    return windows.filter(lambda window: window["n"] > 0)
