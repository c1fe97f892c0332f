def answer(readings, places):
    placed = readings.join_asof(places[["place"]], how="left")
    placed["place"] = placed.apply(lambda reading: reading.get("place") or "unknown")
    return placed


def filled(placed, unknown="unknown"):
    placed["place"] = placed.apply(lambda reading: reading.get("place") or unknown)
    return placed


def only_with_a_place(readings, places):
    return filled(readings.join_asof(places[["place"]]))


def not_filled(readings, places):
    return readings.join_asof(places[["place"]], how="left")


def taken_down_is_null(readings, places):
    placed = readings.join_asof(places[["place"]], how="left")
    placed["place"] = placed.apply(lambda reading: reading.get("place", "unknown"))
    return placed


def none_while_taken_down(readings, places):
    return answer(readings, places[places["place"].notnull()])


def the_newest(readings, places):
    hangs = {}

    def note(move):
        hangs[move["device"]] = move["place"]

    readings["place"] = readings.apply(lambda reading: hangs.get(reading["device"]) or "unknown")
    return readings.concat(places.update(note).filter(lambda move: False))


def moves_too(readings, places):
    return answer(readings, places).concat(places[places["place"].isnull()])


def whatever_both_have(readings, places):
    return filled(readings.join_asof(places, how="left", on_merge="keep-right"))


def by_whom_too(readings, places):
    return filled(readings.join_asof(places, how="left", on_merge="keep-left"))


def for_a_second(readings, places):
    return filled(readings.join_asof(places[["place"]], how="left", grace_ms=1000))


def of_the_last_four_seconds(readings, places):
    near = readings.join_interval(places[["place"]], how="left", backward_ms=4000, grace_ms=4000)
    return filled(near)


def in_capitals(readings, places):
    placed = answer(readings, places)
    placed["place"] = placed["place"].apply(str.upper)
    return placed


def nowhere(readings, places):
    return filled(readings.join_asof(places[["place"]], how="left"), unknown="nowhere")


def only_the_place(readings, places):
    return answer(readings, places)[["device", "timestamp", "place"]]


BEFORE, DOWN = "Before the first", "While a device"
WRONG = [
    (the_newest, ("A reading that comes late",)),
    (only_with_a_place, ("Every reading", BEFORE)),
    (not_filled, (BEFORE, DOWN)),
    (taken_down_is_null, (DOWN,)),
    (none_while_taken_down, (DOWN,)),
    (moves_too, ("Every reading",)),
    (whatever_both_have, ("Key, time",)),
    (by_whom_too, ("Key, time",)),
    (for_a_second, ("A reading that comes late",)),
    (of_the_last_four_seconds, ("place is", "A reading that comes late")),
    (in_capitals, ("place is", "A reading that comes late", BEFORE, DOWN)),
    (nowhere, (BEFORE, DOWN)),
    (only_the_place, ("Key, time",)),
]
REPAIR = ('reading.get("place", "unknown")', 'reading.get("place") or "unknown"')
