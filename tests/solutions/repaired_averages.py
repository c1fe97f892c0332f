from quixstreams.dataframe.windows import Count, Mean


def celsius(reading):
    degrees = reading["temperature"]
    return (degrees - 32) * 5 / 9 if reading.get("unit") == "F" else degrees


def answer(readings):
    near = readings[readings["age"] >= -1000]
    near["temperature"] = near.apply(celsius)
    return near.tumbling_window(5000, grace_ms=2000).agg(temperature=Mean("temperature"), n=Count()).final()


def averaged(near, convert=celsius, grace_ms=2000):
    near["temperature"] = near.apply(convert)
    return near.tumbling_window(5000, grace_ms=grace_ms).agg(temperature=Mean("temperature"), n=Count()).final()


def by_hand(readings):
    """The same without columns, and with sums of one's own."""

    def begin(reading):
        return {"sum": celsius(reading), "n": 1}

    def add(so_far, reading):
        return {"sum": so_far["sum"] + celsius(reading), "n": so_far["n"] + 1}

    def result(window):
        found = window.pop("value")
        return {**window, "temperature": found["sum"] / found["n"], "n": found["n"]}

    near = readings.filter(lambda reading: not reading["age"] < -1000)
    return near.tumbling_window(5000, 2000).reduce(reducer=add, initializer=begin).final().apply(result)


def as_it_was(readings):
    return readings.tumbling_window(5000, grace_ms=2000).agg(temperature=Mean("temperature"), n=Count()).final()


def every_clock_is_believed(readings):
    return averaged(readings)


def nothing_ahead_at_all(readings):
    return averaged(readings[readings["age"] >= 0])


def the_limit_too(readings):
    return averaged(readings[readings["age"] > -1000])


def two_seconds_ahead(readings):
    return averaged(readings[readings["age"] >= -2000])


def only_far_ahead(readings):
    return averaged(readings[readings["age"] > -60_000])


def the_other_sign(readings):
    return averaged(readings[readings["age"] <= 1000])


def neither_ahead_nor_late(readings):
    return averaged(readings[readings["age"].abs() <= 1000])


def no_device_that_was_ahead(readings):
    def is_trusted(reading, state):
        if reading["age"] < -1000:
            state.set("ahead", True)
        return not state.get("ahead", False)

    return averaged(readings.filter(is_trusted, stateful=True))


def not_converted(readings):
    return as_it_was(readings[readings["age"] >= -1000])


def no_fahrenheit(readings):
    return not_converted(readings.filter(lambda reading: reading.get("unit") != "F"))


def by_size(readings):
    def convert(reading):
        degrees = reading["temperature"]
        return (degrees - 32) * 5 / 9 if degrees > 60 else degrees

    return averaged(readings[readings["age"] >= -1000], convert)


def no_unit_is_fahrenheit(readings):
    def convert(reading):
        degrees = reading["temperature"]
        return degrees if reading.get("unit") == "C" else (degrees - 32) * 5 / 9

    return averaged(readings[readings["age"] >= -1000], convert)


def the_formula_the_other_way_round(readings):
    def convert(reading):
        degrees = reading["temperature"]
        return degrees * 9 / 5 + 32 if reading.get("unit") == "F" else degrees

    return averaged(readings[readings["age"] >= -1000], convert)


def once_fahrenheit_always_fahrenheit(readings):
    def convert(reading, state):
        if reading.get("unit") == "F":
            state.set("fahrenheit", True)
        degrees = reading["temperature"]
        return {**reading, "temperature": (degrees - 32) * 5 / 9 if state.get("fahrenheit", False) else degrees}

    near = readings[readings["age"] >= -1000].apply(convert, stateful=True)
    return near.tumbling_window(5000, grace_ms=2000).agg(temperature=Mean("temperature"), n=Count()).final()


def no_grace(readings):
    return averaged(readings[readings["age"] >= -1000], grace_ms=0)


def grace_in_seconds(readings):
    return averaged(readings[readings["age"] >= -1000], grace_ms=2)


def a_longer_grace(readings):
    return averaged(readings[readings["age"] >= -1000], grace_ms=5000)


def at_each_reading(readings):
    near = readings[readings["age"] >= -1000]
    near["temperature"] = near.apply(celsius)
    return near.tumbling_window(5000, grace_ms=2000).agg(temperature=Mean("temperature"), n=Count()).current()


def with_the_unit(readings):
    return answer(readings).apply(lambda window: {**window, "unit": "C"})


def each_twice(readings):
    return answer(readings).apply(lambda window: [window, window], expand=True)


RIGHT = [by_hand]
WINDOWS = ("There is a window", "After a reading", "Each window")  # which is not judged if few come
COUNTED = ("n is", "A reading that", "One that is exactly", "A late reading", "So does one", "One that comes")
BELIEVED = ("There is a window", "After a reading", "n is", "A reading that")
CONVERTED = ("temperature is", "Degrees")
WRONG = [
    (as_it_was, (*BELIEVED, *CONVERTED)),
    (every_clock_is_believed, BELIEVED),
    (nothing_ahead_at_all, ("n is", "One that is exactly")),
    (the_limit_too, ("n is", "One that is exactly")),
    (two_seconds_ahead, ("n is", "A reading that")),
    (only_far_ahead, ("n is", "A reading that")),
    (the_other_sign, (*BELIEVED, "A late reading", "So does one")),
    (neither_ahead_nor_late, ("n is", "A late reading", "So does one")),
    (no_device_that_was_ahead, (*WINDOWS, "A reading that")),
    (not_converted, CONVERTED),
    (no_fahrenheit, (*WINDOWS, "n is")),
    (by_size, (*CONVERTED, "A high")),
    (no_unit_is_fahrenheit, (*CONVERTED, "A high")),
    (the_formula_the_other_way_round, CONVERTED),
    (once_fahrenheit_always_fahrenheit, CONVERTED),
    (no_grace, ("n is", "A late reading", "So does one")),
    (grace_in_seconds, ("n is", "A late reading", "So does one")),
    (a_longer_grace, ("There is a window", "n is", "One that comes")),
    (at_each_reading, ("There is a window", "Each window", *COUNTED, *CONVERTED, "A high")),
    (with_the_unit, ("It has `start`",)),
    (each_twice, ("Each window",)),
]
REPAIR = ('readings["age"].abs() <= 1000', 'readings["age"] >= -1000')
