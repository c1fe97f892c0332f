def answer(readings):
    def gap(reading, state):
        device, n = reading["device"], reading["n"]
        highest = state.get(device, n)
        state.set(device, max(highest, n))
        if n > highest + 1:
            return [{"device": device, "first": highest + 1, "last": n - 1, "timestamp": reading["timestamp"]}]
        return []

    return readings.apply(gap, stateful=True, expand=True)


def record(reading, highest):
    return {
        "device": reading["device"],
        "first": highest + 1,
        "last": reading["n"] - 1,
        "timestamp": reading["timestamp"],
    }


def watch(readings, new=None, is_gap=lambda n, highest: n > highest + 1, then=max, made=record):
    """`new` is the highest number of a device that is new, `then` makes the next highest number."""

    def gap(reading, state):
        device, n = reading["device"], reading["n"]
        highest = state.get(device, n if new is None else new)
        state.set(device, then(highest, n))
        return [made(reading, highest)] if is_gap(n, highest) else []

    return readings.apply(gap, stateful=True, expand=True)


def the_last_number(readings):
    return watch(readings, then=lambda _, n: n)


def any_other_number(readings):
    return watch(readings, is_gap=lambda n, highest: n != highest + 1 and n != highest)


def any_other_number_than_the_next(readings):
    return watch(readings, new=0, is_gap=lambda n, highest: n != highest + 1)


def a_new_count_if_it_is_far_lower(readings):
    return watch(readings, then=lambda highest, n: n if n < highest - 1000 else max(highest, n))


def a_new_count_at_0(readings):
    return watch(readings, then=lambda highest, n: max(highest, n) if n else 0)


def from_two_on(readings):
    return watch(readings, is_gap=lambda n, highest: n > highest + 2)


def at_most_10_000(readings):
    return watch(readings, is_gap=lambda n, highest: highest + 1 < n <= highest + 10_000)


def from_0_on(readings):
    return watch(readings, new=-1)


def the_numbers_around_the_gap(readings):
    return watch(readings, made=lambda reading, highest: {**record(reading, highest - 1), "last": reading["n"]})


def the_reading_too(readings):
    return watch(readings, made=lambda reading, highest: {**reading, **record(reading, highest)})


def one_for_each_number(readings):
    def gap(reading, state):
        device, n = reading["device"], reading["n"]
        highest = state.get(device, n)
        state.set(device, max(highest, n))
        return [{**record(reading, highest), "first": each, "last": each} for each in range(highest + 1, n)][:100]

    return readings.apply(gap, stateful=True, expand=True)


def zero_is_false(readings):
    def gap(reading, state):
        device, n = reading["device"], reading["n"]
        highest = state.get(device) or n
        state.set(device, max(highest, n))
        return [record(reading, highest)] if n > highest + 1 else []

    return readings.apply(gap, stateful=True, expand=True)


def one_number_for_each_gateway(readings):
    def gap(reading, state):
        highest = state.get("highest", reading["n"])
        state.set("highest", max(highest, reading["n"]))
        return [record(reading, highest)] if reading["n"] > highest + 1 else []

    return readings.apply(gap, stateful=True, expand=True)


def later_ones_only(readings):
    def is_newer(reading, state):
        newest = state.get(("time", reading["device"]), 0)
        state.set(("time", reading["device"]), max(newest, reading["timestamp"]))
        return reading["timestamp"] > newest

    return answer(readings.filter(is_newer, stateful=True))


def with_a_temperature(readings):
    return answer(readings[readings.contains("temperature")])


def in_a_dict(highest):
    def gap(reading):
        device, n = reading["device"], reading["n"]
        before = highest.get(device, n)
        highest[device] = max(before, n)
        return [record(reading, before)] if n > before + 1 else []

    return gap


def forgotten_at_a_restart(readings):
    return readings.apply(in_a_dict({}), expand=True)


HIGHEST = {}


def in_a_variable_of_the_module(readings):
    return readings.apply(in_a_dict(HIGHEST), expand=True)


def all_that_came(readings):
    def gap(reading, state):
        device, n = reading["device"], reading["n"]
        came = state.get(device, [])
        state.set(device, [*came, n])
        return [record(reading, max(came))] if came and n > max(came) + 1 else []

    return readings.apply(gap, stateful=True, expand=True)


def those_that_are_still_missing(readings):
    def gap(reading, state):
        device, n = reading["device"], reading["n"]
        highest, gaps = state.get(device, [n, []])
        new = [[highest + 1, n - 1]] if n > highest + 1 else []
        state.set(device, [max(highest, n), gaps + new])
        return [record(reading, highest) for _ in new]

    return readings.apply(gap, stateful=True, expand=True)


def each_twice(readings):
    return answer(readings).apply(lambda each: [each, each], expand=True)


def all_devices_in_one_value(readings):
    def gap(reading, state):
        device, n, numbers = reading["device"], reading["n"], state.get("numbers", {})
        highest = numbers.get(device, n - 1)
        state.set("numbers", {**numbers, device: max(n, highest)})
        return record(reading, highest) if n - highest >= 2 else None

    return readings.apply(gap, stateful=True).filter(lambda each: each is not None)


def the_next_number(readings):
    def gap(reading, state):
        following = state.get(("next", reading["device"]), 0)
        if reading["n"] < following:
            return None
        state.set(("next", reading["device"]), reading["n"] + 1)
        return record(reading, following - 1) if 0 < following < reading["n"] else None

    return readings.apply(gap, stateful=True).filter(bool)


RIGHT = [all_devices_in_one_value, the_next_number]
NOTHING = "What the pipeline remembers"  # which is not judged if there is no state, or if little else is right
GAPS = ("Each gap", "So does a single", "Such a number", "Devices behind", "The highest number")
WRONG = [
    (the_last_number, ("Such a number", "The four")),
    (any_other_number, ("Nor does a number", "Such a number")),
    (
        any_other_number_than_the_next,
        ("Nor does a device", "Nor does a number", "Such a number", "Devices behind", "The four", NOTHING),
    ),
    (a_new_count_if_it_is_far_lower, ("Such a number",)),
    (a_new_count_at_0, ("Such a number",)),
    (from_two_on, ("So does a single",)),
    (at_most_10_000, ("Each gap",)),
    (from_0_on, ("Nor does a device",)),
    (zero_is_false, ("Each gap",)),
    (the_numbers_around_the_gap, ("The four",)),
    (the_reading_too, ("The four",)),
    (one_for_each_number, (*GAPS[:1], *GAPS[2:], "The four", NOTHING)),
    (one_number_for_each_gateway, ("Devices behind",)),
    (later_ones_only, (*GAPS[:4], "A reading with", "Nor does a number", "The four", NOTHING)),
    (with_a_temperature, (*GAPS[:1], *GAPS[2:], "A reading with", "The four", NOTHING)),
    (forgotten_at_a_restart, ("The highest number", NOTHING)),
    (in_a_variable_of_the_module, ("The highest number", NOTHING)),
    (all_that_came, (NOTHING,)),
    (those_that_are_still_missing, (NOTHING,)),
    (each_twice, (*GAPS, NOTHING)),
]
REPAIR = ("state.set(device, n)", "state.set(device, n if newest is None else max(newest, n))")
