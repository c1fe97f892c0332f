def retries(readings):
    def is_first(reading, state):
        known = state.get("known", [])
        if reading["timestamp"] in known:
            return False
        known.append(reading["timestamp"])
        state.set("known", known)
        return True

    return readings.filter(is_first, stateful=True)
