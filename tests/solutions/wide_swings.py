from quixstreams.dataframe.windows import Last, Max, Min

HOUR, MINUTE = 3_600_000, 60_000


def answer(levels):
    known = levels[levels["level"].notnull()]
    hours = known.tumbling_window(HOUR, grace_ms=10 * MINUTE).agg(low=Min("level"), high=Max("level")).final()
    hours["swing"] = hours["high"] - hours["low"]
    return hours[hours["swing"] >= 1]


def swings(levels, length=HOUR, grace=10 * MINUTE, of="level"):
    known = levels[levels["level"].notnull()]
    hours = known.tumbling_window(length, grace_ms=grace).agg(low=Min(of), high=Max(of)).final()
    hours["swing"] = hours["high"] - hours["low"]
    return hours


def without_start_and_end(levels):
    return answer(levels)[["low", "high", "swing"]]


RIGHT = [without_start_and_end]


def more_than_1(levels):
    hours = swings(levels)
    return hours[hours["swing"] > 1]


def all_hours(levels):
    return swings(levels)


def no_grace(levels):
    hours = swings(levels, grace=0)
    return hours[hours["swing"] >= 1]


def grace_of_an_hour(levels):
    hours = swings(levels, grace=HOUR)
    return hours[hours["swing"] >= 1]


def grace_in_minutes(levels):
    hours = swings(levels, grace=10)
    return hours[hours["swing"] >= 1]


def half_hours(levels):
    hours = swings(levels, length=HOUR // 2)
    return hours[hours["swing"] >= 1]


def gap_is_zero(levels):
    known = levels.apply(lambda each: {"level": each["level"] or 0.0})
    hours = known.tumbling_window(HOUR, grace_ms=10 * MINUTE).agg(low=Min("level"), high=Max("level")).final()
    hours["swing"] = hours["high"] - hours["low"]
    return hours[hours["swing"] >= 1]


def to_the_last(levels):
    known = levels[levels["level"].notnull()]
    hours = known.tumbling_window(HOUR, grace_ms=10 * MINUTE).agg(low=Min("level"), high=Last("level")).final()
    hours["swing"] = hours["high"] - hours["low"]
    return hours[hours["swing"] >= 1]


def wide_levels_only(levels):
    """The filter before the window instead of behind it."""
    high = levels[levels["level"].notnull()]
    high = high[high["level"] >= 1]
    hours = high.tumbling_window(HOUR, grace_ms=10 * MINUTE).agg(low=Min("level"), high=Max("level")).final()
    hours["swing"] = hours["high"] - hours["low"]
    return hours


def at_each_level(levels):
    known = levels[levels["level"].notnull()]
    hours = known.tumbling_window(HOUR, grace_ms=10 * MINUTE).agg(low=Min("level"), high=Max("level")).current()
    hours["swing"] = hours["high"] - hours["low"]
    return hours[hours["swing"] >= 1]


def of_the_low(levels):
    hours = swings(levels)
    hours["swing"] = hours["swing"] / hours["low"]
    return hours[hours["high"] - hours["low"] >= 1]


def each_twice(levels):
    return answer(levels).apply(lambda hour: [hour, hour], expand=True)


HOURS, ONCE, LEVELS, SWING, TIMES = "Each hour with", "Each hour comes", "low and high", "swing is", "If it has"
EXACTLY, GAP, IN_TIME, TOO_LATE = "A swing of exactly", "A gap counts", "A level counts", "One that comes later"
WRONG = [
    (more_than_1, (HOURS, EXACTLY)),
    (no_grace, (HOURS, IN_TIME)),
    (each_twice, (ONCE,)),
    (of_the_low, (SWING, EXACTLY, GAP, IN_TIME, TOO_LATE)),
    (grace_of_an_hour, (TOO_LATE,)),
    (grace_in_minutes, (HOURS, IN_TIME)),
    (all_hours, (HOURS,)),
    (half_hours, (HOURS, LEVELS, SWING, TIMES, GAP, IN_TIME, TOO_LATE)),
    (gap_is_zero, (GAP,)),
    (to_the_last, (HOURS, LEVELS, SWING, EXACTLY)),
    (wide_levels_only, (HOURS, LEVELS, SWING, EXACTLY, IN_TIME, TOO_LATE)),
    (at_each_level, (ONCE, LEVELS, SWING, GAP, TOO_LATE)),
]
REPAIR = ("seconds=10", "minutes=10")
