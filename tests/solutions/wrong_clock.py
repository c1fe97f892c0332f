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


def forgotten_at_a_restart(readings):
    newest = {}

    def is_believable(reading):
        known = newest.get(reading["device"], reading["timestamp"])
        if reading["timestamp"] > known + 60_000:
            return False
        newest[reading["device"]] = max(known, reading["timestamp"])
        return True

    return readings.filter(is_believable)


WRONG = [
    (believes_everything, ("One that is more than", "So is a second", "The newest one is still")),
    (compared_with_the_last, ("After a late reading",)),
    (remembers_what_it_left_out, ("So is a second",)),
    (the_limit_too, ("One that is exactly",)),
    (of_any_device, ("An ordinary reading", "One that is exactly", "After a late", "The newest one is still")),
    (forgotten_at_a_restart, ("The newest one is still",)),
]
