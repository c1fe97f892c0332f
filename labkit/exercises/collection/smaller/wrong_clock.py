def wrong_clock(readings):
    def is_plausible(reading, state):
        time = reading["timestamp"]
        newest = state.get("newest", time)
        near = time - newest <= 60_000
        state.set("newest", max(newest, time))
        return near

    return readings.filter(is_plausible, stateful=True)
