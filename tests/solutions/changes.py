def answer(readings):
    def change(reading, state):
        last = state.get("last")
        state.set("last", reading["temperature"])
        if last is None:
            return None
        return {**reading, "change": reading["temperature"] - last}

    return readings.apply(change, stateful=True).filter(lambda each: each is not None)


def zero_is_false(readings):
    def change(reading, state):
        last = state.get("last")
        state.set("last", reading["temperature"])
        return {**reading, "change": reading["temperature"] - last} if last else None

    return readings.apply(change, stateful=True).filter(lambda each: each is not None)


def of_any_device(readings):
    last = []

    def change(reading):
        last.append(reading["temperature"])
        return {**reading, "change": last[-1] - last[-2]} if len(last) > 1 else None

    return readings.apply(change).filter(lambda each: each is not None)


def the_other_way_round(readings):
    def change(reading, state):
        last = state.get("last")
        state.set("last", reading["temperature"])
        return {**reading, "change": last - reading["temperature"]} if last is not None else None

    return readings.apply(change, stateful=True).filter(lambda each: each is not None)


def the_first_too(readings):
    def change(reading, state):
        last = state.get("last", reading["temperature"])
        state.set("last", reading["temperature"])
        return {**reading, "change": reading["temperature"] - last}

    return readings.apply(change, stateful=True)


def since_the_first(readings):
    def change(reading, state):
        first = state.get("first")
        if first is None:
            state.set("first", reading["temperature"])
            return None
        return {**reading, "change": reading["temperature"] - first}

    return readings.apply(change, stateful=True).filter(lambda each: each is not None)


def only_the_change(readings):
    def change(reading, state):
        last = state.get("last")
        state.set("last", reading["temperature"])
        if last is None:
            return None
        kept = {"device": reading["device"], "timestamp": reading["timestamp"]}
        return {**kept, "change": reading["temperature"] - last}

    return readings.apply(change, stateful=True).filter(lambda each: each is not None)


def since_the_newest(readings):
    def change(reading, state):
        newest = state.get("newest")
        if newest is None or reading["timestamp"] > newest["timestamp"]:
            state.set("newest", reading)
        return newest and {**reading, "change": reading["temperature"] - newest["temperature"]}

    return readings.apply(change, stateful=True).filter(lambda each: each is not None)


def since_a_day_at_most(readings):
    def change(reading, state):
        last = state.get("last")
        state.set("last", reading)
        if last is None or reading["timestamp"] - last["timestamp"] > 86_400_000:
            return None
        return {**reading, "change": reading["temperature"] - last["temperature"]}

    return readings.apply(change, stateful=True).filter(lambda each: each is not None)


def drops_what_did_not_change(readings):
    return answer(readings).filter(lambda each: each["change"])


def compared_with(last):
    def change(reading):
        before = last.get(reading["device"])
        last[reading["device"]] = reading["temperature"]
        return None if before is None else {**reading, "change": reading["temperature"] - before}

    return change


def forgotten_at_a_restart(readings):
    return readings.apply(compared_with({})).filter(lambda each: each is not None)


def forgotten_beside_a_state_that_says_nothing(readings):
    change = compared_with({})

    def changed(reading, state):
        state.set("version", 1)
        return change(reading)

    return readings.apply(changed, stateful=True).filter(lambda each: each is not None)


SEEN = {}


def in_a_variable_of_the_module(readings):
    return readings.apply(compared_with(SEEN)).filter(lambda each: each is not None)


def remembers_them_all(readings):
    def change(reading, state):
        before = state.get("before", [])
        state.set("before", [*before, reading["temperature"]])
        return {**reading, "change": reading["temperature"] - before[-1]} if before else None

    return readings.apply(change, stateful=True).filter(lambda each: each is not None)


def each_twice(readings):
    return answer(readings).apply(lambda each: [each, each], expand=True)


def and_the_last(readings):
    def change(reading, state):
        last = state.get("last")
        state.set("last", reading["temperature"])
        return None if last is None else {**reading, "change": reading["temperature"] - last, "last": last}

    return readings.apply(change, stateful=True).filter(lambda each: each is not None)


def everything_beside_a_counter(readings):
    def counted(reading, state):
        state.set("count", state.get("count", 0) + 1)
        return reading

    return readings.apply(counted, stateful=True)


OTHERS = ("Every reading but the first", "A reading that follows")
NOTHING = "What the pipeline remembers"  # which is not judged if there is no state, or if little else is right
WRONG = [
    (everything_beside_a_counter, ("The first reading", "change", NOTHING)),
    (each_twice, OTHERS),
    (and_the_last, ("Its other fields",)),
    (in_a_variable_of_the_module, (*OTHERS, NOTHING)),
    (remembers_them_all, (NOTHING,)),
    (drops_what_did_not_change, OTHERS),
    (forgotten_at_a_restart, (*OTHERS, NOTHING)),
    (forgotten_beside_a_state_that_says_nothing, (*OTHERS, NOTHING)),
    (zero_is_false, ("A reading that follows",)),
    (of_any_device, ("Every reading but the first", "The first reading", "change", NOTHING)),
    (the_other_way_round, ("change",)),
    (the_first_too, ("The first reading",)),
    (since_the_newest, ("change",)),
    (since_a_day_at_most, OTHERS),
    (since_the_first, ("change", NOTHING)),  # what never changes is no memory of readings
    (only_the_change, ("Its other fields",)),
]
REPAIR = ("if not before", "if before is None")
