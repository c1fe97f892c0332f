def answer(readings):
    def is_believable(reading, state):
        newest = state.get("newest", default=reading["timestamp"])
        if reading["timestamp"] > newest + 60_000:
            return False
        state.set("newest", max(newest, reading["timestamp"]))
        return True

    return readings.filter(is_believable, stateful=True)


def believes_everything(readings):
    return readings


def compared_with_the_last(readings):
    def is_believable(reading, state):
        last = state.get("last", default=reading["timestamp"])
        if reading["timestamp"] > last + 60_000:
            return False
        state.set("last", reading["timestamp"])
        return True

    return readings.filter(is_believable, stateful=True)


def remembers_what_it_left_out(readings):
    def is_believable(reading, state):
        newest = state.get("newest", default=reading["timestamp"])
        state.set("newest", max(newest, reading["timestamp"]))
        return reading["timestamp"] <= newest + 60_000

    return readings.filter(is_believable, stateful=True)


def the_limit_too(readings):
    def is_believable(reading, state):
        newest = state.get("newest", default=reading["timestamp"])
        if reading["timestamp"] >= newest + 60_000:
            return False
        state.set("newest", max(newest, reading["timestamp"]))
        return True

    return readings.filter(is_believable, stateful=True)


def of_any_device(readings):
    newest = []

    def is_believable(reading):
        if newest and reading["timestamp"] > max(newest) + 60_000:
            return False
        newest.append(reading["timestamp"])
        return True

    return readings.filter(is_believable)


def compared_with(newest):
    def is_believable(reading):
        known = newest.get(reading["device"], reading["timestamp"])
        if reading["timestamp"] > known + 60_000:
            return False
        newest[reading["device"]] = max(known, reading["timestamp"])
        return True

    return is_believable


def forgotten_at_a_restart(readings):
    return readings.filter(compared_with({}))


def no_late_ones(readings):
    def is_believable(reading, state):
        newest = state.get("newest", default=reading["timestamp"])
        if not newest <= reading["timestamp"] <= newest + 60_000:
            return False
        state.set("newest", reading["timestamp"])
        return True

    return readings.filter(is_believable, stateful=True)


def late_ones_of_the_last_day(readings):
    def is_recent(reading, state):
        newest = max(state.get("latest", default=0), reading["timestamp"])
        state.set("latest", newest)
        return reading["timestamp"] > newest - 86_400_000

    return answer(readings).filter(is_recent, stateful=True)


def the_tenth_in_a_row(readings):
    def is_believable(reading, state):
        newest, row = state.get("newest", default=reading["timestamp"]), state.get("row", default=0)
        is_ahead = reading["timestamp"] > newest + 60_000
        state.set("row", row + 1 if is_ahead else 0)
        if is_ahead and row < 9:
            return False
        state.set("newest", max(newest, reading["timestamp"]))
        return True

    return readings.filter(is_believable, stateful=True)


def late_ones_of_the_last_minute(readings):
    return answer(readings).filter(within_a_minute, stateful=True)


def within_a_minute(reading, state):
    newest = max(state.get("latest", default=0), reading["timestamp"])
    state.set("latest", newest)
    return reading["timestamp"] > newest - 60_000


def in_whole_seconds(readings):
    def is_believable(reading, state):
        newest = state.get("newest", default=reading["timestamp"])
        if reading["timestamp"] // 1000 > newest // 1000 + 60:
            return False
        state.set("newest", max(newest, reading["timestamp"]))
        return True

    return readings.filter(is_believable, stateful=True)


NEWEST = {}


def in_a_variable_of_the_module(readings):
    return readings.filter(compared_with(NEWEST))


def all_that_came(readings):
    def is_believable(reading, state):
        came = state.get("came", default=[reading["timestamp"]])
        if reading["timestamp"] > max(came) + 60_000:
            return False
        state.set("came", [*came, reading["timestamp"]])
        return True

    return readings.filter(is_believable, stateful=True)


def each_twice(readings):
    return answer(readings).apply(lambda each: [each, each], expand=True)


NOTHING = "What the pipeline remembers"  # which is not judged if there is no state, or if little else is right
EVERYTHING = (
    *("An ordinary reading", "One that is more than", "So is a second", "One that is exactly", "A late reading"),
    *("After a late", "The newest one is still", NOTHING),
)
WRONG = [
    (no_late_ones, ("A late reading",)),
    (late_ones_of_the_last_minute, ("A late reading",)),
    (late_ones_of_the_last_day, ("A late reading",)),
    (the_tenth_in_a_row, ("One that is more than", "So is a second", "The newest one is still")),
    (in_whole_seconds, ("One that is more than",)),
    (in_a_variable_of_the_module, ("The newest one is still", NOTHING)),
    (all_that_came, (NOTHING,)),
    (each_twice, ("An ordinary reading", "A late reading", "One that is exactly", "After a late")),
    (believes_everything, ("One that is more than", "So is a second", "The newest one is still", NOTHING)),
    (compared_with_the_last, ("An ordinary reading", "After a late reading")),
    (remembers_what_it_left_out, ("One that is more than", "So is a second", "The newest one is still")),
    (the_limit_too, ("An ordinary reading", "One that is exactly")),
    (of_any_device, EVERYTHING),
    (forgotten_at_a_restart, ("The newest one is still", NOTHING)),
]
REPAIR = ("max(newest, time)", "max(newest, time) if near else newest")
