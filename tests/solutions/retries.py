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


def by_the_number_of_the_attempt(readings):
    return readings.filter(lambda reading: reading.get("attempt", 1) < 2)


def of_the_last_day(readings):
    def is_new(reading, state):
        time, newest = reading["timestamp"], max(state.get("newest", 0), reading["timestamp"])
        seen = [each for each in state.get("seen", []) if each > newest - 86_400_000]
        state.set("newest", newest)
        state.set("seen", [*seen, time])
        return time not in seen

    return readings.filter(is_new, stateful=True)


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


def the_last_nine(readings):
    def is_new(reading, state):
        seen = state.get("seen", [])
        state.set("seen", (seen + [reading["timestamp"]])[-9:])
        return reading["timestamp"] not in seen

    return readings.filter(is_new, stateful=True)


def all_of_them(readings):
    def is_new(reading, state):
        seen = state.get("seen", [])
        state.set("seen", seen + [reading["timestamp"]])
        return reading["timestamp"] not in seen

    return readings.filter(is_new, stateful=True)


def a_name_for_each(readings):
    def is_new(reading, state):
        name = str(reading["timestamp"])
        known = state.exists(name)
        state.set(name, True)
        return not known

    return readings.filter(is_new, stateful=True)


SEEN = set()


def in_a_variable_of_the_module(readings):
    def is_new(reading):
        which = reading["device"], reading["timestamp"]
        new = which not in SEEN
        SEEN.add(which)
        return new

    return readings.filter(is_new)


def each_twice(readings):
    return answer(readings).apply(lambda each: [each, each], expand=True)


def at_the_time_of_the_measurement(readings):
    return answer(readings).set_timestamp(lambda value, *_: value["timestamp"])


NOTHING = "What the pipeline remembers"  # which is not judged if there is no state, or if little else is right
PASSED = ("A reading that is sent", "One that comes late", "Two readings")
REPEATED = ("One that comes late", "So does one", "Key, time")
WRONG = [
    (the_last_nine, REPEATED),
    (all_of_them, (NOTHING,)),
    (a_name_for_each, (NOTHING,)),
    (in_a_variable_of_the_module, ("So does one", "Key, time", NOTHING)),
    (each_twice, (*PASSED, "One that is repeated", "So does one", NOTHING)),
    (at_the_time_of_the_measurement, ("Key, time",)),
    (by_the_number_of_the_attempt, (*PASSED, "One that is repeated", "So does one", NOTHING)),
    (of_the_last_day, ("One that comes", "So does one", "Key, time")),
    (newer_than_the_last, ("One that comes late",)),
    (the_last_four, REPEATED),
    (only_the_last, REPEATED),
    (by_temperature, (*PASSED, "So does one", "Key, time", NOTHING)),
    (of_all_devices, (*PASSED, "One that is repeated", "So does one", "Key, time", NOTHING)),
    (the_second_time, (*PASSED, "One that is repeated", "So does one", "Key, time", NOTHING)),
    (unchanged, ("One that is repeated", *REPEATED, NOTHING)),
    (bare, ("Key, time",)),
]
REPAIR = ('state.set("known", known)', 'state.set("known", known[-20:])')
