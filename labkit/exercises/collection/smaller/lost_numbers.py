def lost_numbers(readings):
    def missing(reading, state):
        device, n = reading["device"], reading["n"]
        newest = state.get(device)
        state.set(device, n)
        if newest is None or n <= newest + 1:
            return None
        return {"device": device, "first": newest + 1, "last": n - 1, "timestamp": reading["timestamp"]}

    return readings.apply(missing, stateful=True).filter(lambda each: each is not None)
