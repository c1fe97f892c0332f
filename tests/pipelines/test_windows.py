"""The window pipelines against an oracle in plain Python, through a real broker; and the oracle against the rules."""

import itertools
import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labkit import Lab
from labkit.kafka import clients
from labkit.kafka.tap import Record
from labkit.pipelines import PIPELINES, Stage, alert_counter
from labkit.runs.run import Run
from labkit.testing.trial import UnderTest
from tests.pipelines import oracle
from tests.pipelines.oracle import GRACE, STEP, Reading
from tests.waiting import eventually

BEGIN = 1_700_000_000_000  # a full second
FAR = 3_600_000  # milliseconds; closes every window

# ------------------------------------------------------------------ through the broker


class Sent(NamedTuple):
    """A record as it goes to Kafka, and what the windows must see of it, if anything."""

    key: str | None
    value: bytes | None
    timestamp: int
    reading: Reading | None = None
    bad: bool = False


def row(reading: Reading) -> dict[str, object]:
    return {**reading._asdict(), "humidity": 40}


def good(reading: Reading) -> Sent:
    return Sent(reading.device, json.dumps(row(reading)).encode(), reading.timestamp, reading)


GOOD = {"device": "first", "temperature": 31.0, "humidity": 40, "timestamp": BEGIN}
BAD = [
    *(b"?", b"null", b"[]", b"{}", b"\xff", None),
    *(json.dumps({name: value for name, value in GOOD.items() if name != left_out}).encode() for left_out in GOOD),
    *(json.dumps(GOOD | {"temperature": each}).encode() for each in (float("nan"), 1e308, 1e308, "hot", None, -274)),
]
SECONDS = {  # in which a device sends
    "first": [(0, 240)],
    "second": [(0, 240)],
    "third": [(0, 240)],
    "silent for a while": [(0, 80), (130, 240)],
    "silent for ever": [(20, 150)],
}


def disorderly(seed: int) -> list[Sent]:
    """Four readings a second of each device: out of order, late within the grace and beyond it, twice; and bad ones."""
    dice, arrivals = random.Random(seed), []
    for device, spans in SECONDS.items():
        for milliseconds in itertools.chain(*(range(1000 * first, 1000 * last, 250) for first, last in spans)):
            near = dice.choice([-1, 0, 1, dice.randrange(250)])  # on, just before and just after windows' boundaries
            temperature = dice.choice([dice.uniform(27, 33), round(dice.uniform(27, 33), 2), dice.randrange(27, 33)])
            record = good(Reading(device, BEGIN + milliseconds + near, temperature))
            for _ in range(2 if dice.random() < 0.03 else 1):
                arrivals.append((record.timestamp + delay(dice), record))
    for value in BAD * 3:
        now = BEGIN + dice.randrange(240_000)
        arrivals.append((now, Sent("first", value, now + FAR, bad=True)))  # closes nothing, though it is far ahead
    arrivals.append((BEGIN + 60_000, Sent(None, json.dumps(GOOD).encode(), BEGIN + 60_000)))  # no key, no window
    return [record for _, record in sorted(arrivals, key=lambda each: each[0])]


def delay(dice: random.Random) -> int:
    """From a reading to its arrival: none; within the grace; about its end; too late for some windows or for all."""
    shortest, longest = dice.choices([(0, 1), (0, 8), (6, 11), (10, 80)], weights=[70, 20, 5, 5])[0]
    return 250 * dice.randrange(shortest, longest)


def send(lab: Lab, topic: str, records: Iterable[Sent]) -> None:
    lab.create_topic(topic)
    producer = clients.producer(lab.broker.address)
    for each in records:
        producer.produce(lab.full_name(topic), each.value, each.key, timestamp=each.timestamp)
    assert producer.flush(10) == 0


def pass_through(lab: Lab, *names: str) -> list[Run]:
    """Run pipelines side by side until they have read all that is in their topics."""
    stages = [PIPELINES[name] for name in names]
    runs = [lab.run(each.function, reads=each.reads, writes=each.writes) for each in stages]
    for run in runs:
        eventually(lambda run=run: run.lag() == 0 or run.error, 30)
        run.stop()  # which finishes and commits what was read
        assert run.status == "stopped", run.error
    return runs


def assert_the_windows_are_the_oracles(lab: Lab, records: list[Sent]) -> None:
    send(lab, "sensor", records)
    runs = pass_through(lab, "alert-filter", "average-temperature") + pass_through(lab, "alert-counter")
    readings = [each.reading for each in records if each.reading]
    assert_are_windows(lab.records("avg-temp"), oracle.average_temperature(readings))
    assert_are_windows(lab.records("alert-count"), oracle.alert_counter(readings))
    bad = len([each for each in records if each.bad])
    assert [each.dead_letters for each in runs] == [bad, bad, 0]


def assert_are_windows(records: list[Record], expected: list[dict[str, object]]) -> None:
    """Windows of all devices, in order: the topic has one partition. librdkafka takes a timestamp of 0 for now."""
    found = [(each.value, each.key, each.timestamp if each.value["start"] else 0) for each in records]
    wanted = [(each, each["device"], each["start"]) for each in expected]
    differences = (pair for pair in itertools.zip_longest(found, wanted) if pair[0] != pair[1])
    assert list(itertools.islice(differences, 2)) == []  # all of them are more than pytest can print in a minute


def test_every_window_of_a_long_disorderly_stream_is_the_oracles(lab: Lab) -> None:
    records = disorderly(seed=1)
    assert len(records) > 4000
    assert_the_windows_are_the_oracles(lab, records)
    assert {each.key for each in lab.records("avg-temp")} == set(SECONDS)


steps = st.sampled_from([0, 1, 250, 999, 1000, 3000, 7000, 7001, 12_000, -1, -250, -1000, -2000, -2001, -7000, -12_000])
arrivals = st.tuples(st.sampled_from(["a", "a|b", "ä"]), steps, st.one_of(st.floats(-273.15, 60), st.integers(29, 31)))
streams = st.tuples(st.sampled_from([1, BEGIN]), st.lists(arrivals, min_size=30, max_size=80))


def walk(begin: int, arrivals: list[tuple[str, int, float]]) -> list[Reading]:
    """Readings whose timestamps go forwards and backwards by steps, never to or before 1970."""
    times = itertools.accumulate((step for _, step, _ in arrivals), lambda at, step: max(at + step, 1), initial=begin)
    return [Reading(device, at, temperature) for (device, _, temperature), at in zip(arrivals, times, strict=False)]


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(streams)
def test_every_window_of_any_stream_is_the_oracles(lab: Lab, stream: tuple[int, list[tuple[str, int, float]]]) -> None:
    assert_the_windows_are_the_oracles(lab, [good(each) for each in walk(*stream)])
    lab.reset()


@pytest.mark.slow
@pytest.mark.parametrize("stage", PIPELINES.values(), ids=[*PIPELINES])
def test_a_crash_changes_nothing(pipeline: Callable[..., UnderTest], stage: Stage) -> None:
    readings = [Reading("a", BEGIN + 1000 * second, 31) for second in (0, 14, 7, 28, 3)]
    exactly_once = stage.function is alert_counter
    tested = pipeline(stage.function, reads=stage.reads, exactly_once=exactly_once)
    given = tested.given([row(each) for each in readings])
    assert {mark for each in given.steps for mark in each.marks} >= {"comes out"}
    given.kill_at_every_record()


def test_all_four_stages_run_at_once_and_leave_no_thread(lab: Lab) -> None:
    before = {*threading.enumerate()}  # threads may be left of a Kafka that another test killed
    workers = [lab.produce(per_second=20)]
    workers += [lab.run(each.function, reads=each.reads, writes=each.writes) for each in PIPELINES.values()]
    eventually(lambda: [each.status for each in workers] == ["running"] * 4)
    lab.stop()
    assert [each.status for each in workers] == ["stopped"] * 4
    eventually(lambda: not [each for each in {*threading.enumerate()} - before if each.name.startswith("lab-")])


# ------------------------------------------------------------------ the oracle against the rules

durations = st.sampled_from([STEP, 5_000, 10_000])
times = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 40_000)), max_size=40)


def numbered(times: Iterable[tuple[str, int]]) -> list[Reading]:
    """Readings whose temperature is their number, so that they can be told apart in a window."""
    return [Reading(device, BEGIN + time, number) for number, (device, time) in enumerate(times)]


def and_then_all_close(readings: list[Reading]) -> list[Reading]:
    return readings + [Reading(device, BEGIN + FAR, -1) for device in sorted({each.device for each in readings})]


def contents(readings: list[Reading], duration: int) -> list[tuple[str, int, list[float]]]:
    """What is in each window, in whatever order."""
    return [(device, start, sorted(inside)) for device, start, _, inside in oracle.closed(readings, duration)]


@given(times, durations)
def test_a_reading_in_order_is_in_all_windows_around_it(times: list[tuple[str, int]], duration: int) -> None:
    readings = numbered(sorted(times, key=lambda each: each[1]))
    windows = list(oracle.closed(and_then_all_close(readings), duration))
    assert all(each.start % STEP == 0 and each.end == each.start + duration for each in windows)
    assert all(each.start <= readings[int(n)].timestamp < each.end for each in windows for n in each.temperatures)
    found = Counter(number for each in windows for number in each.temperatures)
    assert found == dict.fromkeys(range(len(readings)), duration // STEP)


@given(times, durations, st.randoms(use_true_random=False))
def test_delays_within_the_grace_change_no_result(
    times: list[tuple[str, int]], duration: int, dice: random.Random
) -> None:
    readings = sorted(numbered(times), key=lambda each: each.timestamp)
    delayed = sorted(readings, key=lambda each: each.timestamp + dice.randint(0, GRACE))
    before, after = (sorted(contents(and_then_all_close(each), duration)) for each in (readings, delayed))
    assert before == after


@given(times, durations)
def test_a_device_has_each_window_once_and_in_order(times: list[tuple[str, int]], duration: int) -> None:
    windows = contents(and_then_all_close(numbered(times)), duration)
    for device in "ab":
        starts = [start for each, start, _ in windows if each == device]
        assert all(before < after for before, after in itertools.pairwise(starts))


@given(times, durations)
def test_the_windows_of_a_device_do_not_depend_on_others(times: list[tuple[str, int]], duration: int) -> None:
    readings = numbered(times)
    alone = contents([each for each in readings if each.device == "a"], duration)
    assert alone == [each for each in contents(readings, duration) if each[0] == "a"]


@given(times, durations)
def test_what_comes_later_changes_no_window_that_is_out(times: list[tuple[str, int]], duration: int) -> None:
    readings = numbered(times)
    early = contents(readings[: len(readings) // 2], duration)
    assert contents(readings, duration)[: len(early)] == early


def test_a_window_closes_in_the_very_millisecond_in_which_its_grace_ends() -> None:
    first, end = Reading("a", BEGIN, 1), BEGIN + STEP
    just_before, then = (Reading("a", each, 2) for each in (end + GRACE - 1, end + GRACE))
    assert contents([first, just_before], STEP) == []
    assert contents([first, then], STEP) == [("a", BEGIN, [1])]
    assert contents([first, just_before, first, then], STEP) == [("a", BEGIN, [1, 1])]
    assert contents([first, then, first], STEP) == [("a", BEGIN, [1])]


def test_a_late_reading_still_counts_in_the_windows_that_are_open() -> None:
    clock, late = Reading("a", BEGIN + 10_000, 1), Reading("a", BEGIN + 4_000, 2)
    windows = contents(and_then_all_close([clock, late]), duration=5_000)
    assert [start - BEGIN for _, start, inside in windows if 2 in inside] == [4_000]  # those up to 8 s are closed
