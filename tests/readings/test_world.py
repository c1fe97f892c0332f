"""What befalls readings on their way: every one of them comes out once, or is kept by its device."""

import itertools
import math
import random
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from types import FrameType
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from labkit import LabError
from labkit.readings import BadReading, Item, Replay, World, open_source, parse, recorded, simulate
from labkit.runs.producer import encoded

NOW = 1795302397926
DEVICES = ("a", "b")


def reading(number: int, device: str = "a", temperature: float | None = 20.0) -> dict[str, Any]:
    """The reading of that second."""
    return {"device": device, "temperature": temperature, "humidity": 50, "timestamp": NOW + 1000 * number}


def in_turn(count: int) -> list[dict[str, Any]]:
    return [reading(number, device) for number, device in zip(range(count), itertools.cycle(DEVICES), strict=False)]


class Given:
    """A source that yields the given readings, even one that acts on the world while it is iterated."""

    notes, holds_readings = (), True

    def __init__(self, readings: Iterator[dict[str, Any]], devices: tuple[str, ...] = DEVICES) -> None:
        self.devices = devices
        self.readings = readings

    def items(self) -> Iterator[Item]:
        return map(Item.of, self.readings)

    def pause(self) -> float:
        return 0.25


def world_of(rows: list[dict[str, Any]]) -> World:
    return World(open_source(rows, 4.0, None, None))


def values(items: Iterable[Item | None]) -> Iterator[dict[str, Any] | None]:
    """The readings of some items; None where nothing is sent."""
    return (item and item.value for item in items)


def take(count: int, world: World) -> list[Any]:
    return list(values(itertools.islice(world, count)))


# --------------------------------------------------------------------- heat waves


def test_a_heat_wave_warms_gradually_and_ends_as_gradually() -> None:
    world = world_of([reading(second) for second in range(121)])
    temperatures = []
    for item in values(world):
        temperatures.append(item["temperature"])
        if len(temperatures) == 1:
            world.heatwave("a", 10)
        if len(temperatures) == 61:
            world.heatwave("a", 0)
    warm, cool = temperatures[:61], temperatures[60:]
    assert warm == [round(20 + 10 * (1 - math.exp(-second / 5)), 2) for second in range(61)]
    assert all(step < 2 for step in differences(warm))
    assert warm == sorted(warm)
    assert (warm[0], warm[-1], cool[-1]) == (20, 30, 20)
    assert cool == sorted(cool, reverse=True)
    assert all(step > -2 for step in differences(cool))


def differences(values: list[float]) -> list[float]:
    return [after - before for before, after in itertools.pairwise(values)]


@given(st.lists(st.integers(0, 100), min_size=1), st.floats(-50, 50))
def test_how_warm_it_is_does_not_depend_on_how_often_one_measures(seconds: list[int], degrees: float) -> None:
    times = [0, *sorted(seconds)]
    often = world_of([reading(second) for second in range(times[-1] + 1)])
    seldom = world_of([reading(second) for second in times])
    for world in (often, seldom):
        world.heatwave("a", degrees)
    by_second = [item["temperature"] for item in values(often)]
    expected = pytest.approx([by_second[second] for second in times], abs=0.011)
    assert [item["temperature"] for item in values(seldom)] == expected


def test_a_heat_wave_is_around_one_device_only_and_changes_nothing_but_its_temperature() -> None:
    rows = [row | {"recorded": 5} for row in in_turn(20)]
    before = [dict(row) for row in rows]
    world = world_of(rows)
    world.heatwave("a", -10)
    for item, row in zip(values(world), rows, strict=True):
        assert item | {"temperature": 20} == row
        assert (item["temperature"] == 20) == (row["device"] == "b" or row is rows[0])
    assert (world.heat("a"), world.heat("b")) == (-10, 0)
    assert rows == before  # the source's rows are left alone: they may be played again


def test_a_missing_temperature_stays_missing_in_a_heat_wave() -> None:
    rows = recorded("nyc-weather", "2013-08-22T13:00:00Z")[:9]
    assert rows[0]["temperature"] is None
    world = World(Replay(map(Item.of, rows), 3600, clock=lambda: NOW))
    world.heatwave(rows[0]["device"], 10)
    items = list(values(world))
    assert items[0]["temperature"] is None
    assert items[3]["temperature"] > rows[3]["temperature"]  # of the same device, a second later


def test_readings_that_are_late_or_of_one_time_are_warmed_no_further() -> None:
    world = world_of([reading(10), reading(11), reading(3), reading(11), reading(12)])
    world.heatwave("a", 10)
    temperatures = [item["temperature"] for item in values(world)]
    assert temperatures[1] == temperatures[2] == temperatures[3] < temperatures[4]


def test_nothing_gets_colder_than_absolute_zero() -> None:
    world = world_of([reading(0), reading(100)])
    world.heatwave("a", -1e6)
    assert [item["temperature"] for item in values(world)] == [20, -273.15]


@pytest.mark.parametrize("degrees", [math.nan, math.inf, -math.inf])
def test_a_heat_wave_of_no_number_is_refused(degrees: float) -> None:
    with pytest.raises(LabError, match=rf"^degrees is {degrees}: give a number such as 10"):
        world_of(in_turn(2)).heatwave("a", degrees)


# ------------------------------------------------------------------------- silence


def test_a_silent_device_has_its_turns_and_keeps_its_readings() -> None:
    rows = in_turn(6)
    world = world_of(rows)
    world.silence("b")
    assert world.is_silent("b")
    assert list(values(world)) == [rows[0], None, rows[2], None, rows[4], None]
    assert (world.backlog("a"), world.backlog("b")) == (0, 3)


def test_who_is_woken_is_heard_again_and_keeps_its_backlog() -> None:
    rows = in_turn(8)
    world = world_of(rows)
    world.silence("a")
    items = values(world)
    assert [next(items) for _ in range(4)] == [None, rows[1], None, rows[3]]
    world.wake("a")
    assert not world.is_silent("a")
    assert list(items) == rows[4:]
    assert world.backlog("a") == 2


def test_a_backlog_is_sent_oldest_first_and_before_anything_newer() -> None:
    rows = in_turn(8)
    world = world_of(rows)
    world.silence("a")
    items = values(world)
    assert [next(items) for _ in range(5)] == [None, rows[1], None, rows[3], None]
    assert world.wake("a", backlog_first=True) == 3
    assert (world.is_silent("a"), world.backlog("a")) == (False, 0)
    assert list(items) == [rows[0], rows[2], rows[4], rows[5], rows[6], rows[7]]
    assert world.send_backlog("a") == 0


def test_a_backlog_comes_before_a_reading_that_is_on_its_way_when_it_is_asked_for() -> None:
    """Another thread may act at any moment: here, just after the source has made the newer reading."""

    def readings() -> Iterator[dict[str, Any]]:
        yield reading(0)
        yield reading(1)
        newer = reading(2)
        world.wake("a", backlog_first=True)
        yield newer

    world = World(Given(readings()))
    world.silence("a")
    assert list(values(world)) == [None, None, reading(0), reading(1), reading(2)]


def test_what_is_asked_for_while_the_source_ends_is_still_sent() -> None:
    def readings() -> Iterator[dict[str, Any]]:
        yield reading(0)
        world.wake("a", backlog_first=True)

    world = World(Given(readings()))
    world.silence("a")
    assert list(values(world)) == [None, reading(0)]


def test_what_waits_is_not_lost_when_another_producer_goes_on_in_the_same_world() -> None:
    rows = in_turn(6)
    world = World(Given(iter(rows)))
    world.silence("a")
    assert take(3, world) == [None, rows[1], None]
    assert world.wake("a", backlog_first=True) == 2
    assert take(1, world) == [rows[0]]
    assert list(values(world)) == [rows[2], *rows[3:]]


def test_a_device_keeps_its_newest_readings_when_it_has_no_room_for_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labkit.readings.world.BACKLOG", 3)
    world = world_of([reading(second) for second in range(5)])
    world.silence("a")
    items = values(world)
    assert [next(items) for _ in range(5)] == [None] * 5
    assert world.wake("a", backlog_first=True) == 3
    assert list(items) == [reading(second) for second in (2, 3, 4)]


# ------------------------------------------------------------------ nothing is lost

ACTS: dict[str, Callable[[World, str], object]] = {
    "silence": World.silence,
    "wake": World.wake,
    "wake, backlog first": lambda world, device: world.wake(device, backlog_first=True),
    "send backlog": World.send_backlog,
    "corrupt": World.corrupt,
}
acts = st.sampled_from(list(ACTS))
steps = st.lists(st.none() | st.tuples(acts, st.sampled_from(DEVICES)), max_size=60)  # None asks for the next item


class Oracle:
    """The world in plain words, one list for each place where a reading can be."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows = deque(rows)
        self.sent: list[Any] = []
        self.urgent: deque[Any] = deque()
        self.kept: dict[str, list[Any]] = {device: [] for device in DEVICES}
        self.silent: set[str] = set()
        self.to_damage: list[str] = []

    def act(self, action: str, device: str) -> None:
        if action == "silence":
            self.silent.add(device)
        elif action == "corrupt":
            self.to_damage.append(device)
        else:
            self.silent.discard(device)
            if action != "wake":
                self.urgent.extend(self.kept[device])
                self.kept[device] = []

    def next(self) -> Any:
        if not self.urgent:
            row: Any = self.rows.popleft()
            device = row["device"]
            if device in self.to_damage:
                self.to_damage.remove(device)
                row = f"damaged {row}"
            if device in self.silent:
                self.kept[device].append(row)
                return None
            self.urgent.append(row)
        self.sent.append(self.urgent.popleft())
        return self.sent[-1]


def plain(item: Any) -> Any:
    return item and (f"damaged {item.value}" if item.damaged else item.value)


@given(steps, st.lists(st.sampled_from(DEVICES), min_size=1, max_size=30))
@example([("silence", "a"), ("corrupt", "a"), None, ("silence", "a"), ("wake, backlog first", "a"), None], ["a"] * 3)
@example([None, ("corrupt", "a"), ("corrupt", "b"), None, ("silence", "b"), None], ["a", "b"] * 3)
def test_every_reading_comes_out_once_or_is_kept(steps: list[tuple[str, str] | None], devices: list[str]) -> None:
    rows = [reading(number, device) for number, device in enumerate(devices)]
    world, oracle = World(Given(iter(rows))), Oracle(rows)
    items = iter(world)
    out = [next(items)]
    assert plain(out[0]) == oracle.next()
    for step in steps:
        if step:
            if step[0] == "send backlog" and step[1] in oracle.silent:
                with pytest.raises(LabError, match=f"^{step[1]} is cut off and cannot send anything: wake it first"):
                    world.send_backlog(step[1])
            else:
                ACTS[step[0]](world, step[1])
                oracle.act(*step)
        elif oracle.urgent or oracle.rows:
            assert world.pause() == (0 if oracle.urgent else 0.25)
            expected = oracle.next()
            out.append(next(items))
            assert plain(out[-1]) == expected
        for device in DEVICES:
            assert world.backlog(device) == len(oracle.kept[device])
            assert world.is_silent(device) == (device in oracle.silent)
    for device in DEVICES:
        world.wake(device, backlog_first=True)
    out += items
    found = [item.value for item in out if item]
    assert sorted(found, key=lambda each: each["timestamp"]) == rows


def test_nothing_is_lost_doubled_or_out_of_order_while_another_thread_acts() -> None:
    """It acts now and then between two lines of the code that lets a reading through: it must wait for its end."""
    rows, luck = in_turn(2_000), random.Random(0)
    world = World(Given(iter(rows)))
    turn, acted, ended = threading.Semaphore(0), threading.Event(), threading.Event()

    def act() -> None:
        while turn.acquire() and not ended.is_set():
            ACTS[luck.choice(("silence", "wake, backlog first"))](world, luck.choice(DEVICES))
            acted.set()

    def between_lines(frame: FrameType, *_: Any) -> Any:
        if frame.f_code is not World._transmit.__code__:
            return None
        if luck.random() < 0.1:
            acted.clear()
            turn.release()
            acted.wait(0.002)
        return between_lines

    thread = threading.Thread(target=act)
    thread.start()
    before = sys.gettrace()
    sys.settrace(between_lines)
    try:
        out = [item for item in world if item]
    finally:
        sys.settrace(before)
        ended.set()
        turn.release()
        thread.join()
    for device in DEVICES:
        world.wake(device, backlog_first=True)
        out += world  # the source has ended, what was kept has not
        assert [item.value for item in out if item.key == device] == [row for row in rows if row["device"] == device]


# -------------------------------------------------------------------------- damage


@given(st.text(min_size=1), st.sampled_from(["sensor", "sensor-data"]))
@example('a", "b": 1}', "sensor")
@example("{}", "sensor")
def test_a_damaged_record_is_no_reading_but_its_beginning(device: str, topic: str) -> None:
    world = World(Given(iter([reading(0, device), reading(1, device)]), (device,)))
    world.corrupt(device)
    damaged, whole = world
    assert encoded(Item.of(reading(0, device)), topic).startswith(encoded(damaged, topic))
    with pytest.raises(BadReading, match=r"not JSON|not UTF-8"):
        parse(encoded(damaged, topic))
    assert whole == Item.of(reading(1, device))


def test_the_damaged_reading_of_a_silent_device_is_kept_with_the_others() -> None:
    world = world_of(in_turn(5))
    world.silence("a")
    world.corrupt("a")
    items = iter(world)
    assert [plain(next(items)) for _ in range(3)] == [None, in_turn(2)[1], None]
    assert world.wake("a", backlog_first=True) == 2
    assert [plain(item) for item in items] == [f"damaged {reading(0)}", *(in_turn(5)[number] for number in (2, 3, 4))]


# ---------------------------------------------------------------------------- pace


def test_what_is_urgent_does_not_wait_and_all_else_keeps_the_pace_of_the_source() -> None:
    world = world_of(in_turn(4))
    for device in DEVICES:
        world.silence(device)
    items = iter(world)
    assert [next(items), next(items)] == [None, None]
    assert world.pause() == 0.25
    for device in DEVICES:
        world.wake(device, backlog_first=True)
    assert world.pause() == 0
    next(items)
    assert world.pause() == 0
    next(items)  # the last that was urgent: now comes the source's next, as long after its first as ever
    assert world.pause() == 0.25


def test_in_a_replay_what_is_urgent_leaves_the_recorded_pauses_as_they_are() -> None:
    rows = [reading(0), reading(7), reading(9)]
    world = World(Replay(map(Item.of, rows), 1, clock=lambda: NOW))
    items = iter(world)
    pauses = []
    for _ in range(2):
        world.silence("a")
        next(items)
        world.wake("a", backlog_first=True)
        next(items)
        pauses.append(world.pause())
    assert pauses == [7, 2]


# ------------------------------------------------------------------------- devices

BY_NAME: list[Callable[[World, str], object]] = [
    World.heatwave,
    World.cool,
    World.silence,
    World.wake,
    World.send_backlog,
    World.corrupt,
    World.heat,
    World.is_silent,
    World.backlog,
]


@pytest.mark.parametrize("method", BY_NAME, ids=lambda method: method.__name__)
def test_an_unknown_device_is_refused_naming_those_there_are(method: Callable[[World, str], object]) -> None:
    world = World(simulate(2))
    with pytest.raises(LabError) as error:
        method(world, "sensor-9")
    assert str(error.value) == "There is no device 'sensor-9'; known so far: sensor-1, sensor-2."
    assert world.devices == ("sensor-1", "sensor-2")
    assert "sensor-9" not in {item["device"] for item in take(4, world)}


def test_the_devices_of_a_generator_are_known_once_they_have_sent() -> None:
    world = World(open_source((row for row in in_turn(3)), None, None, None))
    with pytest.raises(LabError, match=r"There is no device 'a'; known so far: none\."):
        world.silence("a")
    items = values(world)
    next(items)
    assert world.devices == ("a",)
    world.silence("a")
    assert [next(items), next(items)] == [in_turn(2)[1], None]
    assert world.devices == DEVICES
