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


WRONG = [
    (no_device, ("device, from and until",)),
    (forgotten_at_a_restart, ("Each silence of more", "Nor does")),
    (time_runs_back, ("Nor does",)),
    (from_5_s_on, ("A silence of exactly",)),
    (in_milliseconds, ("seconds is",)),
    (the_first_too, ("Shorter silences",)),
    (ten_seconds, ("Each silence of more",)),
    (either_way, ("A reading that comes late",)),
]
