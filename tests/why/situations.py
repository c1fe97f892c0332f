"""Planted situations: what goes in, the pipeline, what is the matter, and words that the answer must have.

`{a}` and `{b}` are the topics that the pipeline reads, `{out}` the one that it writes.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from quixstreams.dataframe.windows import Count, Max, Mean

from labkit.why import causes
from tests.stepping.records import START, Raw, reading

LIMIT = 3030.0
HOT = [reading("porch", n, 20 + n % 13) for n in range(33)]  # at most 32 degrees, the last 26
ROOMS = [reading(room, n, 20 + n) for n in range(5) for room in ("porch", "oven")]
MINUTE = [reading("porch", n, 20 + n % 13) for n in range(60)]
BROKEN = [Raw(b"porch", b"{broken", START + n) for n in range(4)]


class Situation(NamedTuple):
    name: str
    sent: Mapping[str, Sequence[Raw]]
    pipeline: Callable[..., Any]
    matter: Sequence[type[causes.Cause]]
    words: Sequence[str] = ()
    options: Mapping[str, Any] = {}


# ------------------------------------------------------------------- pipelines


def above(readings):
    readings["kelvin"] = readings["temperature"] + 273.15
    return readings[readings["kelvin"] > 3030]


def above_a_name(readings):
    return readings[readings["temperature"] + 273.15 > LIMIT]


def below(readings):
    return readings[readings["temperature"] <= 10]


def another_device(readings):
    return readings[readings["device"] == "oven"]


def exactly(readings):
    return readings[readings["humidity"] == 40]


def never_both(readings):
    hot = readings["temperature"] > 30
    cold = readings["temperature"] < 22
    return readings[hot & cold]


def not_below(readings):
    return readings[~(readings["temperature"] < 99)]


def by_lambda(readings):
    return readings.filter(lambda each: each["temperature"] > 33 and each["humidity"] > 10)


def is_frosty(reading):
    return reading["temperature"] < 0


def by_function(readings):
    return readings.filter(is_frosty)


def by_get(readings):
    return readings.filter(lambda each: each.get("temperatur"))


def two_filters(readings):
    hot = readings[readings["temperature"] > 30]
    return hot[hot["humidity"] < 10]


def chain(readings):
    return readings[readings["temperature"] > 40].group_by("device").tumbling_window(4000).agg(n=Count()).final()


def tumbling(readings):
    return readings.tumbling_window(4000, grace_ms=2000).agg(mean=Mean("temperature"), n=Count()).final()


def strict(readings):
    return readings.tumbling_window(4000).agg(n=Count()).final()


def full_windows(readings):
    windows = readings.tumbling_window(4000).agg(n=Count()).final()
    return windows[windows["n"] > 4]


def hopping(readings):
    return readings.hopping_window(20_000, 10_000).agg(n=Count()).final()


def sessions(readings):
    return readings.session_window(2000, grace_ms=500).agg(n=Count()).final()


def sliding(readings):
    return readings.sliding_window(20_000).agg(n=Count()).final()


def by_count(readings):
    return readings.tumbling_count_window(8).agg(n=Count()).final()


def by_partition(readings):
    return readings.tumbling_window(10_000).agg(n=Count()).final("partition")


def current(readings):
    return readings.tumbling_window(4000).agg(n=Count()).current()


def mistyped(readings):
    return readings.tumbling_window(4000).agg(high=Max("temprature")).final()


def as_it_is(readings):
    return readings


def failing(readings):
    return readings.apply(lambda each: 1 / (each["temperature"] - 25))


def misspelt(readings):
    return readings[readings["temprature"] > 30]


def as_of(left, right):
    return left.join_asof(right, on_merge=lambda one, other: {"t": one["temperature"], "h": other["humidity"]})


def in_an_interval(left, right):
    return left.join_interval(
        right, on_merge=lambda one, other: {"t": one["temperature"], "h": other["humidity"]}, backward_ms=1000
    )


def by_room(readings):
    return readings.group_by("device").tumbling_window(4000).agg(n=Count()).final()


def hot_or_cold(readings):
    return readings[readings["temperature"] > 30].concat(readings[readings["temperature"] < 21])


def lengths(values):
    return values.apply(len)


def rare(readings):
    return readings.tumbling_window(timedelta(seconds=2)).agg(n=Count()).final()


def of(*names: str) -> Callable[..., Any]:
    return lambda *seconds: [reading(name, each) for name in names for each in seconds]


LATE = [*of("porch")(0, 1, 2, 9, 10), *of("porch")(3), *of("porch")(11, 12)]
SILENT = [*of("oven")(0, 1, 2), *MINUTE]
TURNS = [each for n in range(30) for each in of("a", "b")(n)]
THREE = [each for n in range(20) for each in of("a", "b", "c")(n)]
AHEAD = [*THREE[:30], *of("b")(900), *THREE[30:]]
NO_KEY = [each._replace(key=None) for each in MINUTE[:10]]

ONE = [
    Situation(
        "above", {"a": HOT}, above, [causes.LeftOut],
        ["All 33 records stopped at line", '[readings["kelvin"] > 3030]`: the highest kelvin was 305.15.'],
    ),
    Situation(
        "a name", {"a": HOT}, above_a_name, [causes.LeftOut], ["the highest temperature + 273.15 was 305.15"]
    ),
    Situation("below", {"a": HOT}, below, [causes.LeftOut], ["the lowest temperature was 20."]),
    Situation("a text", {"a": HOT}, another_device, [causes.LeftOut], ["the commonest device was porch"]),
    Situation("a number", {"a": HOT}, exactly, [causes.LeftOut], ["the nearest humidity was 50"]),
    Situation(
        "never both", {"a": HOT}, never_both, [causes.LeftOut],
        ["`temperature < 22` held for 6 of 33", "`temperature > 30` held for 4 of 33", "never all at once"],
    ),
    Situation("negated", {"a": HOT}, not_below, [causes.LeftOut], ["the highest temperature was 32"]),
    Situation(
        "a lambda", {"a": HOT}, by_lambda, [causes.LeftOut],
        ["`temperature > 33` held for none, the highest temperature was 32", "`humidity > 10` held for 33 of 33"],
    ),
    Situation("a function", {"a": HOT}, by_function, [causes.LeftOut], ["the lowest temperature was 20"]),
    Situation("no comparison", {"a": HOT}, by_get, [causes.LeftOut], ["the newest was device porch, temperature 26"]),
    Situation(
        "two filters", {"a": HOT}, two_filters, [causes.LeftOut, causes.LeftOut],
        ["All 4 records stopped at line", "the lowest humidity was 50", "29 of 33 records stopped at line"],
    ),
    Situation(
        "a filter before a window", {"a": HOT}, chain, [causes.LeftOut],
        ["All 33 records stopped at line", "the highest temperature was 32"],
    ),
    Situation(
        "windows left out", {"a": MINUTE}, full_windows, [causes.LeftOut],
        ["All 14 windows stopped at line", "the highest n was 4"],
    ),
    Situation(
        "tumbling", {"a": ROOMS}, tumbling, [causes.Waiting],
        ["4 are open", "porch's window 22:13:20 – 22:13:24 closes when porch sends a record of 22:13:26 or later; its "
         "event time is 22:13:24", "1 more closes later"],
    ),
    Situation(
        "hopping", {"a": HOT[:5]}, hopping, [causes.Waiting], ["porch's window 22:13:10 – 22:13:30 closes when porch"]
    ),
    Situation("a session", {"a": HOT[:5]}, sessions, [causes.Waiting], ["sends a record of 22:13:28.501 or later"]),
    Situation("sliding", {"a": HOT[:1]}, sliding, [causes.Waiting], ["porch's window 22:13:"]),
    Situation("by count", {"a": HOT[:5]}, by_count, [causes.Waiting], ["5 of the 8 records that close it"]),
    Situation(
        "by partition", {"a": ROOMS}, by_partition, [causes.Waiting],
        ["when any key of its partition sends a record of 22:13:30 or later"],
    ),
    Situation(
        "a clock that is ahead", {"a": AHEAD}, tumbling, [causes.Late],
        ["Or did an earlier record have a time that is ahead?"],
    ),
    Situation(
        "a silent key", {"a": SILENT}, tumbling, [causes.Silent],
        ["oven has sent nothing since 22:13:22, while others are at 22:14:19: its window stays open"],
    ),
    Situation(
        "late", {"a": LATE}, strict, [causes.Late],
        ["1 of 8 records came too late for a window in line", "by up to 7 s: porch at 22:13:23",
         "22:13:20 – 22:13:24 had closed", "A grace_ms that is longer by more than 6 s counts it."],
    ),
    Situation(
        "no key", {"a": NO_KEY}, strict, [causes.WithoutKey],
        ["All 10 records have no key", 'readings.group_by("device")'],
    ),
    Situation("some have no key", {"a": [*NO_KEY[:3], *MINUTE]}, strict, [causes.WithoutKey], ["3 of 63 records"]),
    Situation(
        "unreadable", {"a": BROKEN}, above, [causes.Unreadable],
        ["All 4 records could not be read, and went to {a}.dead-letter: 4 of the newest 4 because of `not JSON"],
    ),
    Situation(
        "some are unreadable", {"a": [*BROKEN, Raw(b"porch", None, START), *MINUTE]}, as_it_is, [causes.Unreadable],
        ["5 of 65 records could not be read", "4 of the newest 5 because of `not JSON"],
    ),
    Situation(
        "no field", {"a": MINUTE}, mistyped, [causes.NoField],
        ["Max(\"temprature\") has nothing to compute", "Did you mean 'temperature'?"],
    ),
    Situation("no output", {"a": HOT}, as_it_is, [causes.NoOutput], ["it has no topic to write to"], {"writes": None}),
    Situation("nobody writes", {"a": []}, as_it_is, [causes.NoInput], ["{a} holds no record. Nothing in this lab"]),
    Situation(
        "failed", {"a": HOT}, failing, [causes.Failed],
        ["It has failed: ZeroDivisionError", "`return readings.apply(lambda each: 1 / (", "{a}, partition 0, offset 5"],
    ),
    Situation(
        "misspelt", {"a": HOT}, misspelt, [causes.Failed], ["did you mean 'temperature'?", "{a}, partition 0, offset 0"]
    ),
    Situation("no side", {"a": HOT, "b": []}, as_of, [causes.NoInput, causes.Alone], ["none has come from {b}"]),
    Situation(
        "no key in common", {"a": HOT, "b": of("oven")(1, 2)}, as_of, [causes.Alone],
        ["{a} and {b} have no key in common (porch; oven)"],
    ),
    Situation(
        "a side comes late", {"a": of("oven")(0, 1, 2), "b": of("oven")(5, 6)}, as_of, [causes.Alone],
        ["The nearest two are of oven: in {a} at 22:13:22, in {b} at 22:13:25, 3 s later", "that is not later"],
    ),
    Situation(
        "a side comes late for most", {"a": of("oven")(0, 1, 2, 3, 4, 5), "b": of("oven")(4)}, as_of, [causes.Early],
        ["4 of 6 records of {a} found no partner in the join of line", "{b} that is not later",
         "the last of them was of oven at 22:13:23, and the first of its key in {b} is at 22:13:24."],
    ),
    Situation(
        "too far apart", {"a": of("oven")(10, 20), "b": of("oven")(6)}, in_an_interval, [causes.Alone],
        ["in {a} at 22:13:30, in {b} at 22:13:26, 4 s earlier."],
    ),
]  # fmt: skip

PAIRS = [
    Situation(
        "left out, unreadable", {"a": [*BROKEN, *HOT]}, above, [causes.LeftOut, causes.Unreadable],
        ["All 33 records stopped at line", "4 of 37 records could not be read"],
    ),
    Situation(
        "left out, no output", {"a": HOT}, above, [causes.NoOutput, causes.LeftOut], ["the highest kelvin was 305.15"],
        {"writes": None},
    ),
    Situation("no key, no field", {"a": NO_KEY}, mistyped, [causes.WithoutKey, causes.NoField], ["All 10 records"]),
    Situation("open, no field", {"a": HOT[:3]}, mistyped, [causes.Waiting, causes.NoField], ["1 is open"]),
    Situation(
        "late, silent", {"a": [*of("oven")(0, 1), *LATE, *of("porch")(13, 14)]}, strict, [causes.Late, causes.Silent],
        ["1 of 12 records came too late", "oven has sent nothing since 22:13:21"],
    ),
    Situation(
        "silent, unreadable", {"a": [*SILENT, *BROKEN]}, tumbling, [causes.Unreadable, causes.Silent],
        ["4 of 67 records could not be read", "oven has sent nothing"],
    ),
    Situation(
        "some no key, open", {"a": [*NO_KEY[:2], *HOT[:3]]}, strict, [causes.Waiting, causes.WithoutKey],
        ["1 is open", "2 of 5 records have no key"],
    ),
    Situation(
        "no side, unreadable", {"a": [*BROKEN, *HOT], "b": []}, as_of,
        [causes.NoInput, causes.Alone, causes.Unreadable], ["{b} holds no record"],
    ),
    Situation(
        "late, left out", {"a": LATE}, full_windows, [causes.LeftOut, causes.Late],
        ["All 2 windows stopped", "1 of 8 records came too late"],
    ),
]  # fmt: skip

SAMPLE = 2  # of the pairs, which stand first; the others are slow to try

HEALTHY = [
    Situation("a filter", {"a": HOT}, hot_or_cold, []),
    Situation("windows", {"a": MINUTE}, tumbling, []),
    Situation("two keys", {"a": TURNS}, by_partition, []),
    Situation("partial windows", {"a": HOT[:3]}, current, []),
    Situation("keys that take turns", {"a": TURNS}, strict, []),
    Situation("by room", {"a": TURNS}, by_room, []),
    Situation("a join", {"a": of("oven")(5, 6), "b": of("oven")(0, 1, 2)}, as_of, []),
    Situation("a join with a few before", {"a": of("oven")(0, 5, 6), "b": of("oven")(1)}, as_of, []),
    Situation("bytes", {"a": BROKEN}, lengths, [], (), {"raw": True}),
    Situation("exactly once", {"a": MINUTE}, rare, [], (), {"exactly_once": True}),
    Situation("a process of its own", {"a": MINUTE}, rare, [], (), {"in_process": True}),
]
