def answer(readings):
    def outage(reading, state):
        now = reading["timestamp"]
        last = state.get("last", now)
        state.set("last", max(last, now))
        if now - last > 5000:
            return {"device": reading["device"], "from": last, "until": now, "seconds": (now - last) / 1000}
        return None

    return readings.apply(outage, stateful=True).filter(lambda each: each is not None)


def detector(readings, forward=True, limit=5001, unit=1000, first=False):
    def outage(reading, state):
        now = reading["timestamp"]
        last = state.get("last", 0 if first else now)
        state.set("last", max(last, now) if forward else now)
        if now - last >= limit:
            return {"device": reading["device"], "from": last, "until": now, "seconds": (now - last) / unit}
        return None

    return readings.apply(outage, stateful=True).filter(lambda each: each is not None)


def time_runs_back(readings):
    return detector(readings, forward=False)


def from_5_s_on(readings):
    return detector(readings, limit=5000)


def in_milliseconds(readings):
    return detector(readings, unit=1)


def the_first_too(readings):
    return detector(readings, first=True)


def ten_seconds(readings):
    return detector(readings, limit=10_000)


def either_way(readings):
    def outage(reading, state):
        now = reading["timestamp"]
        last = state.get("last", now)
        state.set("last", max(last, now))
        if abs(now - last) > 5000:
            return {"device": reading["device"], "from": last, "until": now, "seconds": (now - last) / 1000}
        return None

    return readings.apply(outage, stateful=True).filter(lambda each: each is not None)


def no_device(readings):
    return answer(readings).apply(lambda each: {**each, "device": "whatever"})


def forgotten_at_a_restart(readings):
    heard = {}

    def outage(reading):
        device, now = reading["device"], reading["timestamp"]
        last = heard.get(device, now)
        heard[device] = max(last, now)
        return (
            {"device": device, "from": last, "until": now, "seconds": (now - last) / 1000}
            if now - last > 5000
            else None
        )

    return readings.apply(outage).filter(lambda each: each is not None)


def in_a_list(readings):
    def outage(reading, state):
        now = reading["timestamp"]
        heard = state.get("heard", [now])
        state.set("heard", [*heard, now])
        last = max(heard)
        if now - last > 5000:
            return {"device": reading["device"], "from": last, "until": now, "seconds": (now - last) / 1000}
        return None

    return readings.apply(outage, stateful=True).filter(lambda each: each is not None)


def late_ones_by_less_than_the_limit(readings):
    def outage(reading, state):
        now = reading["timestamp"]
        last = state.get("last", now)
        state.set("last", max(last, now) if last - now < 5000 else now)
        if now - last > 5000:
            return {"device": reading["device"], "from": last, "until": now, "seconds": (now - last) / 1000}
        return None

    return readings.apply(outage, stateful=True).filter(lambda each: each is not None)


def a_new_clock_if_it_is_late_by_an_hour(readings):
    def outage(reading, state):
        now = reading["timestamp"]
        last = state.get("last", now)
        state.set("last", now if now < last - 3_600_000 else max(last, now))
        if now - last > 5000:
            return {"device": reading["device"], "from": last, "until": now, "seconds": (now - last) / 1000}
        return None

    return readings.apply(outage, stateful=True).filter(lambda each: each is not None)


def whole_seconds(readings):
    return answer(readings).apply(lambda each: {**each, "seconds": each["seconds"] // 1})


def within_a_day(readings):
    return answer(readings).apply(lambda each: {**each, "seconds": each["seconds"] % 86_400})


def each_twice(readings):
    return answer(readings).apply(lambda each: [each, each], expand=True)


def by_the_time_of_the_record(readings):
    def outage(value, key, timestamp, headers, state):
        last = state.get("last", timestamp)
        state.set("last", max(last, timestamp))
        found = {"device": value["device"], "from": last, "until": timestamp, "seconds": (timestamp - last) / 1000}
        return found if timestamp - last > 5000 else None

    return readings.apply(outage, stateful=True, metadata=True).filter(lambda each: each is not None)


def within_a_month(readings):
    return answer(readings).filter(lambda each: each["seconds"] < 30 * 86400)


def everything_beside_a_counter(readings):
    def counted(reading, state):
        state.set("count", state.get("count", 0) + 1)
        return reading

    return readings.apply(counted, stateful=True)


NOTHING = "What the pipeline remembers"  # which is not judged if there is no state, or if little else is right
SHORTER = ("Shorter silences", "A silence of exactly")
WRONG = [
    (
        by_the_time_of_the_record,
        ("Each silence of more", *SHORTER, "device, from and until", "seconds is", NOTHING),
    ),
    (
        everything_beside_a_counter,
        (*SHORTER, "A reading that comes late", "Nor does", "device, from and until", "seconds is", NOTHING),
    ),
    (in_a_list, (NOTHING,)),
    (late_ones_by_less_than_the_limit, ("A reading that comes late", "Nor does")),
    (a_new_clock_if_it_is_late_by_an_hour, ("A reading that comes late", "Nor does")),
    (whole_seconds, ("seconds is",)),
    (within_a_day, ("seconds is",)),
    (within_a_month, ("Each silence of more",)),
    (each_twice, ("Each silence gives one",)),
    (no_device, ("device, from and until",)),
    (forgotten_at_a_restart, ("Each silence of more", NOTHING)),
    (time_runs_back, ("A reading that comes late", "Nor does")),
    (from_5_s_on, ("A silence of exactly",)),
    (in_milliseconds, ("seconds is",)),
    (the_first_too, ("Shorter silences",)),
    (ten_seconds, ("Each silence of more",)),
    (either_way, ("A reading that comes late",)),
]
REPAIR = ('state.set("newest", until)', 'state.set("newest", max(since, until))')
