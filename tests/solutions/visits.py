from quixstreams.dataframe.windows import Count, Max, Min


def answer(motions):
    windows = motions.session_window(inactivity_gap_ms=30_000, grace_ms=20_000)
    visits = windows.agg(motions=Count()).final()
    visits["seconds"] = (visits["end"] - visits["start"] - 1) / 1000
    return visits


def sessions(motions, gap=30_000, grace=20_000, beyond=1, unit=1000, name="motions"):
    visits = motions.session_window(gap, grace_ms=grace).agg(**{name: Count()}).final()
    visits["seconds"] = (visits["end"] - visits["start"] - beyond) / unit
    return visits


def no_grace(motions):
    return sessions(motions, grace=0)


def grace_of_50_s(motions):
    return sessions(motions, grace=50_000)


def gap_of_50_s(motions):
    return sessions(motions, gap=50_000, grace=0)


def to_the_end(motions):
    return sessions(motions, beyond=0)


def in_milliseconds(motions):
    return sessions(motions, unit=1)


def under_another_name(motions):
    return sessions(motions, name="n")


def at_each_motion(motions):
    visits = motions.session_window(30_000, grace_ms=20_000).agg(motions=Count()).current()
    visits["seconds"] = (visits["end"] - visits["start"] - 1) / 1000
    return visits


def tumbling(motions):
    times = {"first": Min("timestamp"), "last": Max("timestamp")}
    visits = motions.tumbling_window(30_000, grace_ms=20_000).agg(motions=Count(), **times).final()
    visits["seconds"] = (visits["last"] - visits["first"]) / 1000
    return visits


def more_than_one(motions):
    visits = answer(motions)
    return visits[visits["motions"] > 1]


def each_twice(motions):
    return answer(motions).apply(lambda visit: [visit, visit], expand=True)


def by_state(motions):
    def last_visit(motion, state):
        time = motion["timestamp"]
        visit = state.get("visit")
        if visit and time - visit["last"] <= 30_000:
            state.set("visit", {**visit, "last": max(time, visit["last"]), "motions": visit["motions"] + 1})
            return None
        state.set("visit", {"first": time, "last": time, "motions": 1})
        return visit

    found = motions.apply(last_visit, stateful=True).filter(lambda visit: visit is not None)
    found["seconds"] = (found["last"] - found["first"]) / 1000
    return found.set_timestamp(lambda visit, key, timestamp, headers: visit["first"])


VISITS, MOTIONS, SECONDS, ONCE, TIMES = "There is one", "motions is", "seconds is", "Each visit comes", "If it has"
EXACTLY, BETWEEN, LATE, TOO_LATE = (
    "Motions exactly",
    "A motion that comes late",
    "A motion up to",
    "One that is further",
)
WRONG = [
    (no_grace, (VISITS, SECONDS, BETWEEN, LATE, TIMES)),
    (gap_of_50_s, (VISITS, MOTIONS, SECONDS, EXACTLY, BETWEEN, LATE, TOO_LATE, ONCE, TIMES)),
    (at_each_motion, (VISITS, MOTIONS, SECONDS, EXACTLY, BETWEEN, LATE, TOO_LATE, ONCE, TIMES)),
    (tumbling, (VISITS, EXACTLY, BETWEEN, LATE, TOO_LATE, ONCE, TIMES)),
    (each_twice, (ONCE,)),
    (by_state, (VISITS, SECONDS, BETWEEN, TOO_LATE)),
    (grace_of_50_s, (TOO_LATE,)),
    (to_the_end, (SECONDS,)),
    (in_milliseconds, (SECONDS,)),
    (under_another_name, (MOTIONS, EXACTLY, BETWEEN, LATE, TOO_LATE)),
    (more_than_one, (VISITS,)),
]
REPAIR = ("inactivity_gap_ms=30_000)", "inactivity_gap_ms=30_000, grace_ms=20_000)")
