"""What is remembered after each record, as a plain account says."""

import itertools
from collections import defaultdict
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labkit import Lab
from labkit.pipelines import average_temperature
from labkit.readings import BadReading, parse
from labkit.stepping import Step, Steps
from labkit.stepping.memory import Clock, Value, Window
from tests.pipelines import oracle
from tests.stepping import shapes
from tests.stepping.records import START, disorder, reading, send


def windows(step: Step) -> dict[tuple[str | None, int, int], Any]:
    return {(each.key, each.start, each.end): each.holds for each in step.after.values() if isinstance(each, Window)}


def clocks(step: Step) -> dict[str | None, int]:
    return {each.key: each.time for each in step.after.values() if isinstance(each, Clock)}


def readable(step: Step) -> dict[str, Any] | None:
    try:
        return parse(step.record.value)
    except BadReading:
        return None


def key_of(step: Step) -> str | None:
    return step.record.key and step.record.key.decode()


def assert_hopping(steps: Steps) -> None:
    """The windows of `average_temperature` are those of the oracle that are not closed, and what closes comes out."""
    clock: dict[str, int] = {}
    opened: dict[tuple[str, int, int], list[float]] = {}
    for step in steps:
        found, key = readable(step), key_of(step)
        closed = []
        if found and key is not None:
            time = step.record.timestamp
            clock[key] = max(time, clock.get(key, 0))
            until = clock[key] - oracle.GRACE - 10_000
            for start in oracle.starts(time, 10_000):
                if start > until:
                    opened.setdefault((key, start, start + 10_000), []).append(found["temperature"])
            closed = sorted(each for each in opened if each[0] == key and each[1] <= until)
        means = [oracle.mean(opened.pop(each)) for each in closed]
        assert [out.value["temperature"] for out in step.came_out] == means
        assert step.closed == len(closed)
        assert windows(step) == {each: {"temperature": oracle.mean(all)} for each, all in opened.items()}
        if opened:
            assert {key: time for key, time in clocks(step).items() if key in clock} == clock
        for each in step.after.values():
            if isinstance(each, Window):
                assert each.closes == each.end + oracle.GRACE > clock[each.key or ""]


@pytest.mark.parametrize("seed", range(2))
def test_hopping_windows(lab: Lab, seed: int) -> None:
    send(lab, "sensor", *disorder(seed, 80))
    assert_hopping(lab.step(average_temperature, reads="sensor", records=1000))


RANDOM = st.lists(
    st.tuples(st.sampled_from("abc"), st.floats(0, 40), st.floats(-20, 60)).map(lambda each: reading(*each)), min_size=1
)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=RANDOM)
def test_hopping_windows_of_any_readings(lab: Lab, records: list[Any]) -> None:
    rows = [orjson.loads(each.value) for each in records]
    assert_hopping(lab.step(average_temperature, reads="sensor", records=rows))


def test_a_window_that_the_whole_partition_closes(lab: Lab) -> None:
    rows = [reading("porch", 1), reading("oven", 2), reading("oven", 20), reading("porch", 21)]
    send(lab, "sensor", *rows)

    def by_partition(readings):
        return readings.tumbling_window(5000, grace_ms=1000).agg(n=shapes.Count()).final("partition")

    steps = lab.step(by_partition, reads="sensor")
    assert [len(windows(each)) for each in steps] == [1, 2, 1, 2]
    assert sorted(out.key for out in steps[2].came_out) == [b"oven", b"porch"]
    assert steps[2].marks == ["comes out", "closes"]
    (open_,) = (each for each in steps[2].after.values() if isinstance(each, Window))
    assert (open_.key, open_.closed_by, open_.closes) == ("oven", "partition", open_.end + 1000)


def test_sessions(lab: Lab) -> None:
    """One that a late reading joins to another is one from then on: events up to two gaps and a grace keep it open."""
    seconds = [0, 1, 4.5, 2.7, 12]
    send(lab, "sensor", *(reading("porch", second) for second in seconds))
    steps = lab.step(shapes.sessions, reads="sensor")
    spans = [
        [(start - START, end - START, each["n"]) for (_, start, end), each in windows(step).items()] for step in steps
    ]
    assert spans == [
        [(0, 1, 1)],
        [(0, 1001, 2)],
        [(0, 1001, 2), (4500, 4501, 1)],
        [(0, 4501, 4)],
        [(12_000, 12_001, 1)],
    ]
    assert [out.value["n"] for out in steps[4].came_out] == [4]
    assert [each.closed for each in steps] == [0, 0, 0, 0, 1]
    (session,) = (each for each in steps[3].after.values() if isinstance(each, Window))
    assert session.closes == START + 4501 + 2 * 2000 + 500


def test_sliding_windows_are_those_that_come_out(lab: Lab) -> None:
    send(lab, "sensor", *(reading("porch", second) for second in (0, 1, 2, 5, 30)))
    steps = lab.step(shapes.sliding, reads="sensor")
    held = [[each["n"] for each in windows(step).values()] for step in steps]
    assert held == [[1], [1, 2], [2, 3], [2], [1]]
    came = [out.value["n"] for step in steps for out in step.came_out]
    assert came == [1, 2, 3, 2]
    before = [windows(step) for step in steps]
    for number, step in enumerate(steps):
        for out in step.came_out:
            place = ("porch", out.value["start"], out.value["end"])
            assert before[number - 1][place] == {"n": out.value["n"], "last": out.value["last"]}
            assert place not in windows(step)


def test_windows_by_count_and_what_they_collect(lab: Lab) -> None:
    send(lab, "sensor", *(reading("porch", second, temperature=second) for second in range(7)))
    steps = lab.step(shapes.by_count, reads="sensor")
    held = [
        [(each.records, each.full_at, each.holds["mean"], len(each.holds["all"])) for each in step.after.values()]
        for step in steps
    ]
    assert held == [[(1, 3, 0, 1)], [(2, 3, 0.5, 2)], [], [(1, 3, 3, 1)], [(2, 3, 3.5, 2)], [], [(1, 3, 6, 1)]]
    assert [step.closed for step in steps] == [0, 0, 1, 0, 0, 1, 0]


def test_windows_by_count_that_overlap(lab: Lab) -> None:
    send(lab, "sensor", *(reading("porch", second, humidity=second) for second in range(7)))
    steps = lab.step(shapes.by_count_hopping, reads="sensor")
    assert [[each.holds["total"] for each in step.after.values()] for step in steps] == [
        [0], [1], [3, 2], [5], [9, 4], [9], [15, 6],
    ]  # fmt: skip
    assert [step.closed for step in steps] == [0, 0, 0, 1, 0, 1, 0]
    assert [out.value["total"] for step in steps for out in step.came_out] == [6, 14]


def test_collected_values(lab: Lab) -> None:
    temperatures = [10.0, 11.0, 12.0, 13.0, 14.0, 15.0]
    send(lab, "sensor", *(reading("porch", second, each) for second, each in enumerate(temperatures)))
    steps = lab.step(shapes.collected, reads="sensor")
    assert [[each["all"] for each in windows(step).values()] for step in steps] == [
        [[10.0]], [[10.0, 11.0]], [[10.0, 11.0, 12.0]], [[10.0, 11.0, 12.0, 13.0]],
        [[10.0, 11.0, 12.0, 13.0], [14.0]], [[14.0, 15.0]],
    ]  # fmt: skip


@pytest.mark.parametrize("pipeline", [shapes.of_old, shapes.reduced, shapes.current])
def test_what_a_window_holds_is_what_it_emits(lab: Lab, pipeline: Any) -> None:
    send(lab, "sensor", *disorder(7))
    steps = lab.step(pipeline, reads="sensor", records=1000)
    for before, step in itertools.pairwise(steps):
        for out in step.came_out:
            place = (out.key.decode(), out.value["start"], out.value["end"])
            held = windows(step)[place] if pipeline is shapes.current else windows(before)[place]
            assert held == {name: each for name, each in out.value.items() if name not in ("start", "end")}
    assert sum(len(step.came_out) for step in steps) > 10


def test_state(lab: Lab) -> None:
    send(lab, "sensor", *disorder(8))
    last: dict[str | None, float] = {}
    times: defaultdict[str | None, int] = defaultdict(int)
    for step in lab.step(shapes.stateful, reads="sensor", records=1000):
        found, key = readable(step), key_of(step)
        if found:
            last[key] = found["temperature"]
            times[key] += 1
        values = {(each.key, each.name): each.value for each in step.after.values() if isinstance(each, Value)}
        assert {key: each for (key, name), each in values.items() if name == "last"} == last
        assert {key: each for (key, name), each in values.items() if name == "count|so far"} == times


def test_state_that_is_deleted_or_has_a_time_to_live(lab: Lab) -> None:
    send(lab, "sensor", *(reading("porch", 0, each) for each in (10, 9, 11, 12)))
    steps = lab.step(shapes.forgetful, reads="sensor")
    assert [[each.value for each in step.after.values()] for step in steps] == [[10], [10], [], [12]]


def test_the_side_of_a_join_that_is_kept(lab: Lab) -> None:
    send(lab, "left", reading("porch", 1, 21.0), reading("porch", 3, 23.0))
    send(lab, "right", reading("porch", 2, 22.0))
    steps = lab.step(shapes.joined, reads=["left", "right"])
    assert [each.record.topic for each in steps] == ["left", "right", "left"]
    kept = [[each.value["temperature"] for each in step.after.values() if isinstance(each, Value)] for step in steps]
    assert kept == [[], [22.0], [22.0]]
    assert [out.value for step in steps for out in step.came_out] == [{"t": 23.0, "before": 22.0}]
    assert [step.outcomes[0].kind for step in steps] == ["left out", "keeps", "passes"]


def test_a_key_that_group_by_made(lab: Lab) -> None:
    records = [each._replace(partition=n % 2) for n, each in enumerate(disorder(9, 40, bad=False))]
    send(lab, "sensor", *records, partitions=2)
    steps = lab.step(shapes.grouped, reads="sensor")
    assert {key for step in steps for key, *_ in windows(step)} == {"hot", "cold"}
    for before, step in itertools.pairwise(steps):
        for out in step.came_out:
            assert windows(before)[out.key, out.value["start"], out.value["end"]] == {"n": out.value["n"]}
