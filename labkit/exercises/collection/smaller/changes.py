def changes(readings):
    def compare(reading, state):
        before = state.get("temperature")
        state.set("temperature", reading["temperature"])
        if not before:
            return None
        return reading | {"change": reading["temperature"] - before}

    return readings.apply(compare, stateful=True).filter(lambda each: each is not None)
