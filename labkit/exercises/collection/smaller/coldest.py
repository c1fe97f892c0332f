from quixstreams.dataframe.windows import Min


def coldest(readings):
    windows = readings.hopping_window(duration_ms=7000, step_ms=2000)
    return windows.agg(minimum=Min("temperature")).current()
