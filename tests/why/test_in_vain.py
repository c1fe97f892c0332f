"""Lines that do something else than was meant, without an error: their run says so, and `lab.why` in which line."""

import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from quixstreams.dataframe.windows import Count, Mean
from quixstreams.sinks import BatchingSink

from labkit import Lab, LabError
from labkit.why.causes import Around, InVain, Scattered
from tests.stepping.records import reading, send
from tests.waiting import eventually
from tests.why.conftest import Plant
from tests.why.situations import HOT, lengths

UNUSED = "Nothing uses what is computed in line"
RETURNED = ".update changes a record in place, and what its function returns in line"
READ = "The state is read in line"
EXPANDED = "Each item of what is returned in line"


ROOMS = {"porch": "outside"}
STATS = SimpleNamespace()
SEEN: list[object] = []


class Lost(BatchingSink):
    """Takes records, and keeps none."""

    def write(self, batch: Any) -> None:
        pass


def filtered(readings):
    readings.filter(lambda each: each["temperature"] > 25)
    return readings


def applied(readings):
    readings.apply(lambda each: {"kelvin": each["temperature"] + 273.15})
    return readings


def kept(readings):
    readings[readings["temperature"] > 25]
    return readings


def set_on_what_is_kept(readings):
    readings[readings["temperature"] > 25]["hot"] = True
    return readings


def named_and_not_returned(readings):
    hot = readings[readings["temperature"] > 25]
    hot["hot"] = True
    return readings


def grouped(readings):
    readings.group_by("device")
    return readings


def a_column(readings):
    readings["temperature"].apply(lambda each: each * 2)
    return readings


def a_comparison(readings):
    readings["temperature"] > 25  # noqa: B015
    return readings


def a_window(readings):
    readings.tumbling_window(5000).agg(mean=Mean("temperature")).final()
    return readings


def timed(readings):
    readings.set_timestamp(lambda *record: 1000 * record[2])
    return readings


def updated(readings):
    return readings.update(lambda each: {**each, "hot": True})


def count(_, state):
    found = state.get("found", [])
    found.append(1)
    return {"n": len(found)}


def never_set(readings):
    return readings.apply(count, stateful=True)


def expanded(readings):
    return readings.apply(lambda each: each, expand=True)


def letters(readings):
    return readings.apply(lambda each: each["device"], expand=True)


def add_kelvin(reading):
    reading["kelvin"] = round(reading["temperature"] + 273.15, 1)
    return reading


def by_a_function(readings):
    readings.apply(add_kelvin)
    return readings


def never_set_in_keywords(readings):
    return readings.apply(func=count, stateful=True)


VAIN = {
    **dict.fromkeys((filtered, applied, kept, set_on_what_is_kept, named_and_not_returned, grouped), UNUSED),
    **dict.fromkeys((a_column, a_comparison, a_window, timed, by_a_function), UNUSED),
    **dict.fromkeys((expanded, letters), EXPANDED),
    updated: RETURNED,
    **dict.fromkeys((never_set, never_set_in_keywords), READ),
}


@pytest.mark.parametrize(("pipeline", "words"), VAIN.items())
def test_what_a_line_does_in_vain_is_said(
    shared: Lab, plant: Plant, pipeline: Callable[[Any], Any], words: str
) -> None:
    run, _ = plant({"a": HOT}, pipeline)
    found = shared.why(run)
    assert [type(each) for each in found.causes] == [InVain]
    assert found.sentences[0].startswith(words)
    line = pipeline.__code__.co_firstlineno + 1
    assert f"in line {line}, `" in found.sentences[0]
    assert run.note.endswith(")")
    assert f"({pipeline.__name__}, line {line}: " in run.note


def printed(readings):
    readings[readings["temperature"] > 31].print()
    return readings


def tabled(readings):
    readings[readings["temperature"] > 31].print_table(size=1)
    return readings


def sunk(readings):
    readings.filter(lambda each: each["temperature"] > 25).sink(Lost())
    return readings


def on_a_branch(readings):
    readings[readings["temperature"] > 25].update(lambda _: None)
    return readings


def changed_in_place(readings):
    readings["kelvin"] = readings["temperature"].apply(lambda each: each + 273.15)
    readings["hot"] = ~(readings["kelvin"] < 300) & readings.contains("humidity")
    readings.update(lambda each: each.pop("humidity"))
    readings["room"] = "none"
    return readings.drop("room")


def joined_again(readings):
    cold = readings[readings["temperature"] < 22]
    hot = readings[readings["temperature"] > 30]
    return hot.concat(cold)


def remember(reading, state):
    state.set("last", reading["temperature"])


def compare(_, state):
    return {"last": state.get("last")}


def written_by_another_line(readings):
    return readings.update(remember, stateful=True).apply(compare, stateful=True)


def remembering_with_more(reading, state, table=ROOMS):
    state.set("n", state.get("n", 0) + 1)
    return reading | {"room": table.get(reading["device"])}


def remembering_among_others(reading, *more):
    more[-1].set("last", reading["temperature"])
    return reading


def remembering_with_metadata(reading, key, timestamp, headers, state):
    return {
        "n": (n := state.get("n", 0) + 1),
        "set": state.set("n", n),
        "key": (reading, key, timestamp, headers) and 1,
    }


def noting_elsewhere(reading, state, stats=STATS):
    stats.last = reading["device"]
    state.set("last", reading["device"])
    return reading


class Tracker:
    """Remembers by a method."""

    def track(self, reading, state, table=ROOMS):
        state.set("n", state.get("n", 0) + len(table))
        return reading


def all_that_set(readings):
    found = readings.apply(remembering_with_more, stateful=True).apply(remembering_among_others, stateful=True)
    found = found.apply(Tracker().track, stateful=True).apply(noting_elsewhere, stateful=True)
    return found.apply(remembering_with_metadata, stateful=True, metadata=True)


def written_in_keywords(readings):
    return readings.update(func=remember, stateful=True).apply(compare, stateful=True)


def listed_elsewhere(readings):
    readings[readings["temperature"] > 20].apply(lambda each: SEEN.append(each))
    readings.filter(lambda each: each["temperature"] > 20).filter(notify)
    readings.apply(lambda each: [notify(each) for _ in "ab"], expand=True)
    readings.apply(remembering_with_more, stateful=True)
    readings.tumbling_window(5000).agg(n=Count()).final().apply(notify)
    return readings


def notify(reading):
    SEEN.append(reading)
    return reading


def returning_something(readings):
    readings.update(lambda each: each.setdefault("extra", {}))
    readings.update(lambda each: each.pop("meta", None))
    readings.update(lambda each: {"ok": bool(each)})
    return readings.update(copied)


def copied(reading):
    reading["fresh"] = True
    return dict(reading)


def keys_and_letters(readings):
    return readings.apply(lambda each: dict.fromkeys([each["device"], "all"]), expand=True)


def words(readings):
    return readings.apply(lambda each: each["device"].upper(), expand=True)


def named_conditions(readings):
    level = {"hot": readings["temperature"] > 25, "cold": readings["temperature"] < 10}
    return readings[level["hot"]]


def guarded(readings):
    readings = readings.fill("comment", battery=0)
    return readings[readings.contains("humidity") & ~readings.contains("error")]


def reduced(readings):
    return readings.tumbling_window(2000).reduce(reducer=lambda n, _: n + 1, initializer=lambda _: 1).current()


def given_on(reading, state):
    return compare(reading, state)


def read_elsewhere(readings):
    return readings.apply(given_on, stateful=True)


def an_unused_name(readings):
    temperature = readings["temperature"]
    del temperature
    return readings


def as_a_list(readings):
    return readings.apply(lambda each: [each, each], expand=True)


MEANT = [
    printed, tabled, sunk, on_a_branch, changed_in_place, joined_again, written_by_another_line, read_elsewhere,
    an_unused_name, as_a_list, all_that_set, written_in_keywords, listed_elsewhere, returning_something,
    keys_and_letters, words, named_conditions, guarded, reduced,
]  # fmt: skip


@pytest.mark.parametrize("pipeline", MEANT)
def test_what_has_an_effect_needs_no_word(shared: Lab, plant: Plant, pipeline: Callable[[Any], Any]) -> None:
    run, _ = plant({"a": HOT}, pipeline)
    assert (run.error, run.note) == (None, "")
    assert shared.why(run).causes == ()


def test_a_pipeline_that_writes_nothing_needs_to_return_nothing_either(plant: Plant) -> None:
    def only_printed(readings):
        readings[readings["temperature"] > 31].print()

    run, _ = plant({"a": HOT}, only_printed, writes=None)
    assert (run.error, run.note, run.records_in) == (None, "", len(HOT))
    with pytest.raises(LabError, match="nothing instead of a stream"):
        plant({"b": HOT}, only_printed)
    with pytest.raises(LabError, match="nothing instead of a stream"):
        plant({"c": HOT}, lambda _: None, writes=None)


def test_a_branch_that_goes_through_a_repartition_topic_is_used_or_not(shared: Lab) -> None:
    def by_room(readings):
        return readings.group_by("device").apply(lambda each: each)

    shared.create_topic("parts", partitions=3)
    send(shared, "parts", *[each._replace(partition=n % 3) for n, each in enumerate(HOT)], partitions=3)
    run = shared.run(by_room, reads="parts", writes="by-room")
    assert run.note == ""
    assert not shared.why(run).causes
    run = shared.run(grouped, reads="parts", writes="by-none")
    assert "(grouped, line " in run.note


def counted(readings):
    return readings.tumbling_window(60_000).agg(n=Count()).current()


def test_a_key_in_several_partitions_is_said(shared: Lab) -> None:
    rooms = [reading(room, n, 20) for n in range(4) for room in ("porch", "oven")]
    moved = [each._replace(partition=n % 3) for n, each in enumerate(rooms)]
    send(shared, "scattered", *moved, partitions=3)
    run = shared.run(counted, reads="scattered", writes="counts")
    run.wait_until_caught_up()
    (found,) = shared.why(run).causes
    assert found == Scattered("scattered", "porch", (0, 1, 2))
    assert "in the partitions 0, 1 and 2 of scattered" in str(shared.why(run))
    run = shared.run(lengths, reads="scattered", writes="lengths", raw=True)  # which remembers nothing
    run.wait_until_caught_up()
    assert not shared.why(run).causes


def test_keys_in_partitions_of_their_own_are_not_scattered(shared: Lab) -> None:
    rooms = [reading(room, n, 20)._replace(partition=p) for n in range(4) for p, room in enumerate(("porch", "oven"))]
    send(shared, "kept-apart", *rooms, partitions=2)
    run = shared.run(counted, reads="kept-apart", writes="counts-apart")
    run.wait_until_caught_up()
    assert not shared.why(run).causes


def test_runs_that_feed_each_other_are_said(lab: Lab) -> None:
    def slowly(readings):
        return readings.filter(lambda _: time.sleep(0.05) is None)

    lab.create_topic("in")
    there = lab.run(slowly, reads="in", writes="out", name="there")
    assert there.note == ""
    back = lab.run(slowly, reads="out", writes="in", name="back")
    assert back.note == "what it writes comes back to it, by out → in and in → out"
    lab.produce([{"n": 1}], writes="in", key=None, time=None, per_second=None).wait(10)
    eventually(lambda: there.records_out > 2)
    found = lab.why(there)
    assert Around(("in → out", "out → in")) in found.causes  # perhaps it is behind, too
    assert "comes back to it, by in → out and out → in: it goes round" in str(found)
    back.stop()
    assert not any(isinstance(each, Around) for each in lab.why(there).causes)
