from quixstreams.dataframe.windows import Count, Sum


def answer(partials):
    def combine(partial, state):
        came = state.get(partial["timestamp"], {})
        came[str(partial["part"])] = [partial["temperature"] * partial["count"], partial["count"]]
        state.set(partial["timestamp"], came)
        if len(came) < partial["parts"]:
            return None
        state.delete(partial["timestamp"])
        return {
            "device": partial["device"],
            "timestamp": partial["timestamp"],
            "temperature": mean(came.values()),
        }

    return partials.group_by("device").apply(combine, stateful=True).filter(lambda each: each is not None)


def mean(parts):
    totals, counts = zip(*parts, strict=True)
    return sum(totals) / sum(counts)


def mean_of(parts):
    temperature = mean([(each["temperature"] * each["count"], each["count"]) for each in parts])
    return {"device": parts[0]["device"], "timestamp": parts[0]["timestamp"], "temperature": temperature}


def by_device(partials):
    return partials.group_by("device")


def collect(
    partials,
    mean=mean_of,
    group=by_device,
    same=lambda one, other: one["part"] == other["part"],
    is_complete=lambda came: len(came) == came[0]["parts"],
    forget=lambda state, window: state.delete(window),
):
    """Like `answer`, with the parts of a window in a list."""

    def combine(partial, state):
        window = partial["timestamp"]
        came = [*(each for each in state.get(window, []) if not same(each, partial)), partial]
        state.set(window, came)
        if not is_complete(came):
            return None
        forget(state, window)
        return mean(came)

    return group(partials).apply(combine, stateful=True).filter(lambda each: each is not None)


def all_of_a_device_in_one_dict(partials):
    def combine(partial, state):
        windows = state.get("windows", {})
        came = windows.setdefault(str(partial["timestamp"]), {})
        came[str(partial["part"])] = partial
        is_complete = len(came) == partial["parts"]
        if is_complete:
            del windows[str(partial["timestamp"])]
        state.set("windows", windows)
        return [mean_of([*came.values()])] if is_complete else []

    return partials.group_by("device").apply(combine, stateful=True, expand=True)


def totals_and_numbers(partials):
    def combine(partial, state):
        window = partial["timestamp"]
        total, readings, numbers = state.get(window, [0, 0, []])
        if partial["part"] not in numbers:
            total += partial["temperature"] * partial["count"]
            readings += partial["count"]
            numbers.append(partial["part"])
        if len(numbers) < partial["parts"]:
            state.set(window, [total, readings, numbers])
            return None
        state.delete(window)
        return {"device": partial["device"], "timestamp": window, "temperature": total / readings}

    return partials.group_by("device").apply(combine, stateful=True).filter(lambda each: each is not None)


def in_windows_with_a_grace(partials):
    def first(partial):
        return {str(partial["part"]): partial}

    def further(came, partial):
        return came | first(partial)

    windows = partials.group_by("device").tumbling_window(10_000, grace_ms=60_000).reduce(further, first).current()
    came = windows.apply(lambda window: [*window["value"].values()])
    return came.filter(lambda each: len(each) == each[0]["parts"]).apply(mean_of)


RIGHT = [collect, all_of_a_device_in_one_dict, totals_and_numbers, in_windows_with_a_grace]


def unchanged(partials):
    return partials


def each_part_a_window(partials):
    return by_device(partials).apply(lambda each: mean_of([each]))


def average_of_averages(partials):
    return collect(partials, mean=lambda came: mean_of([each | {"count": 1} for each in came]))


def not_multiplied(partials):
    def mean(came):
        return mean_of(came) | {
            "temperature": sum(each["temperature"] for each in came) / sum(each["count"] for each in came)
        }

    return collect(partials, mean=mean)


def rounded(partials):
    return collect(partials, mean=lambda came: mean_of(came) | {"temperature": round(mean_of(came)["temperature"], 2)})


def with_the_count(partials):
    return collect(partials, mean=lambda came: mean_of(came) | {"count": sum(each["count"] for each in came)})


def not_grouped(partials):
    return collect(partials, group=lambda stream: stream)


def grouped_by_window(partials):
    def group(stream):
        return stream.group_by(lambda each: str(each["timestamp"]), name="window")

    return collect(partials, group=group)


def grouped_by_device_and_window(partials):
    def group(stream):
        return stream.group_by(lambda each: f"{each['device']} {each['timestamp']}", name="both")

    return collect(partials, group=group)


def in_one_group(partials):
    return collect(partials, group=lambda stream: stream.group_by(lambda _: "all", name="all"))


def records_counted(partials):
    return collect(partials, same=lambda *_: False)


def same_as_the_last(partials):
    def combine(partial, state):
        came = state.get(partial["timestamp"], [])
        if partial not in came[-1:]:
            came.append(partial)
        if len(came) < partial["parts"]:
            state.set(partial["timestamp"], came)
            return None
        state.delete(partial["timestamp"])
        return mean_of(came)

    return partials.group_by("device").apply(combine, stateful=True).filter(lambda each: each is not None)


def same_values(partials):
    return collect(partials, same=lambda *both: len({(each["temperature"], each["count"]) for each in both}) == 1)


def repeated_in_the_sum(partials):
    return collect(
        partials,
        same=lambda *_: False,
        is_complete=lambda came: len({each["part"] for each in came}) == came[0]["parts"],
    )


def four_parts(partials):
    return collect(partials, is_complete=lambda came: len(came) == 4)


def up_to_the_highest_number(partials):
    return collect(partials, is_complete=lambda came: came[-1]["part"] == came[-1]["parts"] - 1)


def each_part_a_result(partials):
    return collect(partials, is_complete=lambda _: True, forget=lambda *_: None)


def never_forgotten(partials):
    return collect(partials, forget=lambda *_: None)


def an_empty_list_left(partials):
    return collect(partials, forget=lambda state, window: state.set(window, []))


def without_zeros(partials):
    return collect(partials.filter(lambda each: each["temperature"]))


def one_window_at_a_time(partials):
    def combine(partial, state):
        came = state.get("came", [])
        if came and came[0]["timestamp"] != partial["timestamp"]:
            came = []
        came = [*(each for each in came if each["part"] != partial["part"]), partial]
        state.set("came", came)
        return mean_of(came) if len(came) == partial["parts"] else None

    return partials.group_by("device").apply(combine, stateful=True).filter(lambda each: each is not None)


def until_the_next_window(partials):
    partials["total"] = partials["temperature"] * partials["count"]
    windows = partials.group_by("device").tumbling_window(10_000).agg(total=Sum("total"), count=Sum("count")).final()
    return windows.apply(with_key, metadata=True)


def with_key(window, key, *_):
    return {"device": key, "timestamp": window["start"], "temperature": window["total"] / window["count"]}


def as_many_as_parts_in_windows(partials):
    partials["total"] = partials["temperature"] * partials["count"]
    windows = partials.group_by("device").tumbling_window(10_000, grace_ms=60_000)
    sums = windows.agg(total=Sum("total"), count=Sum("count"), came=Count(), parts=Sum("parts")).current()
    return sums.filter(lambda each: each["came"] ** 2 == each["parts"]).apply(with_key, metadata=True)


def in_a_variable(partials):
    windows = {}

    def combine(partial):
        came = windows.setdefault((partial["device"], partial["timestamp"]), {})
        came[partial["part"]] = partial
        return mean_of([*came.values()]) if len(came) == partial["parts"] else None

    return partials.group_by("device").apply(combine).filter(lambda each: each is not None)


def each_twice(partials):
    return answer(partials).apply(lambda each: [each, each], expand=True)


THE_MEAN = ("temperature is", "A part that")
ALL_BUT_THE_FORM = ("A window comes", "So does", "What came", "A window that", *THE_MEAN, "What the")
EVERYTHING = (*ALL_BUT_THE_FORM, "Device")
WRONG = [
    (unchanged, EVERYTHING),
    (by_device, EVERYTHING),
    (each_part_a_window, ALL_BUT_THE_FORM),
    (average_of_averages, THE_MEAN),
    (not_multiplied, THE_MEAN),
    (rounded, THE_MEAN),
    (with_the_count, ("Device",)),
    (not_grouped, EVERYTHING),
    (grouped_by_window, EVERYTHING),
    (grouped_by_device_and_window, ("Device",)),
    (in_one_group, EVERYTHING),
    (records_counted, ("A window that", "temperature is", "A part that", "What the")),
    (same_as_the_last, THE_MEAN),
    (same_values, ("A window comes", "So does", "What the")),
    (repeated_in_the_sum, THE_MEAN),
    (four_parts, ("A window comes", "So does", "What came", "A window that", "What the")),
    (up_to_the_highest_number, ALL_BUT_THE_FORM),
    (each_part_a_result, ALL_BUT_THE_FORM),
    (never_forgotten, ("What the",)),
    (an_empty_list_left, ("What the",)),
    (without_zeros, ("A window comes", "So does", "What the")),
    (one_window_at_a_time, ("A window comes", "So does", "What came")),
    (until_the_next_window, ("A window comes", "A window that", "temperature is", "A part that", "What the")),
    (as_many_as_parts_in_windows, ("A window that", "temperature is", "A part that")),
    (in_a_variable, ("So does", "What came", "What the")),
    (each_twice, ("A window comes", "So does", "What came")),
]
REPAIR = (
    'sum(each["temperature"] for each in parts) / len(parts)',
    'sum(each["temperature"] * each["count"] for each in parts) / sum(each["count"] for each in parts)',
)
