"""Pipelines of every shape that a run knows, as students and others write them."""

import json
from datetime import timedelta

from quixstreams.dataframe.windows import Collect, Count, Earliest, Latest, Max, Mean, Min, Sum


def columns(readings):
    readings["kelvin"] = readings["temperature"] + 273.15
    readings = readings[(readings["kelvin"] > 293) & (readings["humidity"] < 80)]
    readings["label"] = readings["temperature"].apply(lambda t: f"{t:.0f} degrees")
    return readings[["device", "kelvin", "label"]]


def tumbling(readings):
    windows = readings.tumbling_window(5000, grace_ms=1000)
    means = windows.agg(mean=Mean("temperature"), n=Count()).final()
    return means[means["n"] > 1]


def hopping_by_partition(readings):
    return (
        readings.hopping_window(6000, 2000, grace_ms=timedelta(seconds=3))
        .agg(low=Min("temperature"), high=Max("temperature"))
        .final("partition")
    )


def current(readings):
    return readings.tumbling_window(10_000).agg(total=Sum("humidity")).current()


def sessions(readings):
    return readings.session_window(2000, grace_ms=500).agg(n=Count(), first=Earliest("temperature")).final()


def sliding(readings):
    return readings.sliding_window(3000, grace_ms=1000).agg(n=Count(), last=Latest("temperature")).final()


def collected(readings):
    return readings.tumbling_window(4000, grace_ms=500).agg(all=Collect("temperature")).final()


def by_count(readings):
    return readings.tumbling_count_window(3).agg(mean=Mean("temperature"), all=Collect("humidity")).final()


def by_count_hopping(readings):
    return readings.hopping_count_window(4, 2).agg(total=Sum("humidity")).final()


def of_old(readings):
    return readings.apply(lambda each: each["temperature"]).tumbling_window(5000).mean().final()


def reduced(readings):
    windows = readings.hopping_window(4000, 2000, grace_ms=1000)
    return windows.reduce(
        lambda old, new: {"n": old["n"] + 1, "last": new["temperature"]},
        lambda new: {"n": 1, "last": new["temperature"]},
    ).final()


def late_told(readings):
    late = []
    windows = readings.tumbling_window(3000, on_late=lambda *args: late.append(args) or False)
    return windows.agg(n=Count()).final().update(lambda window: window.update(late=len(late)))


def stateful(readings):
    def change(reading, state):
        last = state.get("last", 0.0)
        state.set("last", reading["temperature"])
        state.set("count|so far", state.get("count|so far", 0) + 1)
        return {**reading, "change": reading["temperature"] - last}

    return readings.apply(change, stateful=True)


def forgetful(readings):
    def seen(reading, state):
        known = state.get("seen")
        if known is None:
            state.set("seen", reading["temperature"], ttl=timedelta(minutes=5))
        elif known < reading["temperature"]:
            state.delete("seen")
        return known is None

    return readings.filter(seen, stateful=True)


def grouped(readings):
    rooms = readings.group_by(lambda each: "hot" if each["temperature"] > 30 else "cold", name="how hot")
    return rooms.tumbling_window(5000, grace_ms=1000).agg(n=Count()).final()


def grouped_by_a_field(readings):
    counts = readings.group_by("device").hopping_window(4000, 2000).agg(n=Count()).final()
    return counts.apply(lambda window, key, *_: {"device": key, **window}, metadata=True)


def branches(readings):
    hot = readings[readings["temperature"] > 35].apply(lambda each: {"hot": each["device"]})
    cold = readings[readings["temperature"] < 20].apply(lambda each: {"cold": each["device"]})
    return hot.concat(cold)


def expanded(readings):
    return readings.apply(lambda each: [each["temperature"], each["humidity"]], expand=True).filter(
        lambda one: one > 30
    )


def in_place(readings):
    def warm(reading):
        reading["warm"] = reading["temperature"] > 25

    readings = readings.update(warm)
    readings["twice"] = readings.apply(lambda each: each["temperature"] * 2)
    return readings.drop("humidity").fill(note="none").set_timestamp(lambda value, *_: value["timestamp"] + 1)


def printed(readings):
    return readings.print_table(size=2, metadata=False)


def raw(records):
    return records.apply(lambda value: json.dumps({"length": len(value or b"")}).encode()).apply(json.loads)


def nothing(readings):
    return readings[readings["temperature"] > 1000]


def as_it_is(readings):
    return readings


def both(left, right):
    return left.concat(right)


def joined(left, right):
    return left.join_asof(right, on_merge=lambda one, other: {"t": one["temperature"], "before": other["temperature"]})


def joined_if_there(left, right):
    return left.join_asof(
        right, how="left", on_merge=lambda one, other: {"t": one["temperature"], "before": other and other["humidity"]}
    )


def joined_in_an_interval(left, right):
    return left.join_interval(
        right,
        how="outer",
        on_merge=lambda one, other: {"left": one and one["temperature"], "right": other and other["temperature"]},
        grace_ms=60_000,
        backward_ms=3000,
        forward_ms=1000,
    )


ONE = (
    columns, hopping_by_partition, current, sessions, late_told, stateful, grouped, branches, expanded,
    tumbling, sliding, collected, by_count, by_count_hopping, of_old, reduced, forgetful, grouped_by_a_field, in_place,
    printed, nothing, as_it_is,
)  # fmt: skip
SAMPLE = 5  # of these, which stand first; the others are slow to try
TWO = (both, joined, joined_if_there, joined_in_an_interval)
