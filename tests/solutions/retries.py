def answer(readings):
    def is_new(reading, state):
        seen = state.get("seen", [])
        state.set("seen", (seen + [reading["timestamp"]])[-20:])
        return reading["timestamp"] not in seen

    return readings.filter(is_new, stateful=True)


def only_the_last(readings):
    def is_new(reading, state):
        last = state.get("last")
        state.set("last", reading["timestamp"])
        return reading["timestamp"] != last

    return readings.filter(is_new, stateful=True)


def by_temperature(readings):
    def is_new(reading, state):
        seen = state.get("seen", [])
        state.set("seen", seen + [reading["temperature"]])
        return reading["temperature"] not in seen

    return readings.filter(is_new, stateful=True)


def of_all_devices(readings):
    seen = []

    def is_new(reading):
        new = reading["timestamp"] not in seen
        seen.append(reading["timestamp"])
        return new

    return readings.filter(is_new)


def the_second_time(readings):
    def is_new(reading, state):
        seen = state.get("seen", [])
        state.set("seen", seen + [reading["timestamp"]])
        return reading["timestamp"] in seen

    return readings.filter(is_new, stateful=True)


def unchanged(readings):
    return readings


def bare(readings):
    return answer(readings).apply(lambda each: {"device": each["device"], "timestamp": each["timestamp"]})


def newer_than_the_last(readings):
    def is_new(reading, state):
        last = state.get("last", 0)
        state.set("last", max(last, reading["timestamp"]))
        return reading["timestamp"] > last

    return readings.filter(is_new, stateful=True)


def the_last_four(readings):
    def is_new(reading, state):
        seen = state.get("seen", [])
        state.set("seen", (seen + [reading["timestamp"]])[-4:])
        return reading["timestamp"] not in seen

    return readings.filter(is_new, stateful=True)


ALL = ("A reading that is sent", "A reading that comes late", "One that is repeated", "So does one", "Two readings")
WRONG = [
    (newer_than_the_last, ("A reading that comes late",)),
    (the_last_four, ("So does one",)),
    (only_the_last, ("So does one",)),
    (by_temperature, ("A reading that comes late", "Two readings")),
    (of_all_devices, ALL),
    (the_second_time, ("A reading that is sent once", "A reading that comes late", "So does one", "Two readings")),
    (unchanged, ("One that is repeated", "So does one")),
    (bare, ("Key, time",)),
]
