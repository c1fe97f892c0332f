"""Tiles: the newest number of each device and topic, and never a stale one as the present one."""

import re
import threading
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from labkit import Lab
from labkit.kafka import clients
from labkit.kafka.tap import Record
from labkit.live import spans, theme
from labkit.live import tiles as module
from labkit.live.devices import CROWDED, MOST
from labkit.live.numbers import FRESH, Value, counted, value_of
from labkit.live.pacing import Pacer
from labkit.live.series import LONGER
from labkit.live.tiles import Tiles
from labkit.pipelines import PIPELINES
from tests.live.memory import NOW, Memory
from tests.live.parsed import Parsed
from tests.waiting import eventually

MakeTiles = Callable[..., Tiles]
TOPICS = ("sensor", "avg-temp", "alert-count")


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The time at which the tiles are updated."""
    time = [NOW]
    monkeypatch.setattr(module, "now", lambda: time[0])
    return time


def reading(temperature: float, timestamp: int = NOW, device: str = "sensor-1") -> dict[str, Any]:
    return {"device": device, "temperature": temperature, "humidity": 40.0, "timestamp": timestamp}


def window(end: int, seconds: int, **value: Any) -> dict[str, Any]:
    return {"device": "sensor-1", "start": end - 1000 * seconds, "end": end, **value}


def send(lab: Lab, topic: str, *values: Any, key: bytes | None = b"sensor-1") -> None:
    """Write values as they are, with their device as the key if they have one; bytes are sent as such."""
    lab.create_topic(topic)
    producer = clients.producer(lab.broker.address)
    for value in values:
        fields = value if isinstance(value, dict) else {}
        raw = value if isinstance(value, bytes) else orjson.dumps(value)
        place = {"timestamp": fields.get("timestamp", NOW), "key": key and fields.get("device", key.decode()).encode()}
        producer.produce(lab.full_name(topic), raw, **place)
    assert producer.flush(10) == 0


@pytest.fixture
def counting() -> list[bool]:
    """Whether there are runs that count."""
    return [True]


@pytest.fixture
def tiles_of(memory: Memory, pacer: Pacer, counting: list[bool]) -> MakeTiles:
    """Makes tiles of topics in memory, which the test updates; `also` are the topics whose records are counted."""

    def make(*topics: str, also: tuple[str, ...] = ()) -> Tiles:
        return Tiles(memory.tap(*topics, *also), topics, theme.Styles(), pacer, lambda _: counting[0])

    return make


def refresh(tiles: Tiles) -> str:
    """Updates tiles, and returns their text."""
    tiles.update()
    tiles.paint()
    return text(tiles)


def text(tiles: Tiles) -> str:
    """The text of the tiles, one line per row."""
    shown = re.sub(r"<p class='lab-trail'>.*?</p>|</?(?:small|i)>|<span class='lab-zone'>", "", tiles.grid.value)
    return re.sub(r" *\n[\n ]*", "\n", re.sub(r"<[^>]+>|&nbsp;", "\n", shown)).strip()


def test_a_tile_shows_the_newest_number_of_each_topic(lab: Lab) -> None:
    send(lab, "sensor", reading(20.0, NOW - 1000), reading(21.5))
    send(lab, "avg-temp", window(NOW - 3000, 10, temperature=19.0), window(NOW - 2000, 10, temperature=20.456))
    send(lab, "alert-count", window(NOW - 3000, 5, count=4))
    tiles = lab.tiles(*TOPICS)
    eventually(lambda: "4" in text(tiles).split("\n") and "20.46 °C" in text(tiles) and "21.50 °C" in text(tiles))
    assert text(tiles).split("\n") == [
        *("●", "sensor-1", "just now"),
        *("sensor", "latest temperature", "21.50 °C", "at 22:13:20 UTC"),
        *("avg-temp", "temperature in 10 s", "20.46 °C", "22:13:08–22:13:18 UTC"),
        *("alert-count", "alerts in 5 s", "4", "22:13:12–22:13:17 UTC"),
    ]
    assert tiles.summary() == (
        "sensor-1: sensor: latest temperature, 21.50 °C, avg-temp: temperature in 10 s, 20.46 °C, "
        "alert-count: alerts in 5 s, 4"
    )


@pytest.mark.parametrize(
    ("window_ms", "age", "silent"),
    [
        *((10_000, 0, 0), (10_000, 10_000, 0), (10_000, 10_001, 10), (5_000, 7_999, 7)),
        *((500, 500, 0), (500, 501, 1)),  # less than a second, and stale all the same
        *((0, FRESH, 0), (0, FRESH + 1, 5), (0, 10**12, 10**9)),
    ],
)
def test_a_number_speaks_for_as_long_as_its_window_and_a_reading_for_five_seconds(
    window_ms: int, age: int, silent: int
) -> None:
    assert Value("temperature", 20.0, NOW - window_ms, NOW, NOW + 1).silent_for(NOW + age, FRESH) == silent


def test_a_device_whose_clock_is_ahead_does_not_speak_for_the_future() -> None:
    ahead = Value("temperature", 20.0, NOW + 600_000, NOW + 600_000, NOW)
    assert (ahead.silent_for(NOW + FRESH, FRESH), ahead.silent_for(NOW + 10_000, FRESH)) == (0, 10)


def test_a_stale_number_gives_way_to_for_how_long_there_has_been_no_data(
    memory: Memory, tiles_of: MakeTiles, now: list[int]
) -> None:
    memory.send("sensor", reading(21.5))
    memory.send("alert-count", window(NOW, 5, count=4))
    tiles = tiles_of("sensor", "alert-count")
    refresh(tiles)
    assert "<strong>4</strong>" in tiles.grid.value
    assert "<strong>21.50<small> °C</small></strong>" in tiles.grid.value
    now[0] += 12_345
    assert refresh(tiles).count("no data for 12 s") == 2
    assert "<strong>" not in tiles.grid.value
    assert "last: 21.50 °C, at 22:13:20" in text(tiles)
    assert "last: 4, 22:13:15–22:13:20" in text(tiles)
    assert tiles.summary().count("no data for 12 s") == 2


def test_what_comes_late_does_not_take_the_place_of_what_is_newer(memory: Memory, tiles_of: MakeTiles) -> None:
    memory.send("sensor", reading(21.0), reading(5.0, NOW - 4000), reading(6.0, 1), reading(7.0, NOW, "end"))
    shown = refresh(tiles_of("sensor"))
    assert "7.00 °C" in shown
    assert "21.00 °C" in shown


def test_a_device_without_a_number_in_a_topic_has_no_data_yet(memory: Memory, tiles_of: MakeTiles) -> None:
    memory.send("sensor", reading(21.0))
    tiles = tiles_of("sensor", "avg-temp")
    assert "avg-temp\nno data yet" in refresh(tiles)
    assert tiles.summary() == "sensor-1: sensor: latest temperature, 21.00 °C, avg-temp, no data yet"


def test_devices_may_appear_late_and_there_may_be_thirty(memory: Memory, tiles_of: MakeTiles) -> None:
    tiles = tiles_of("sensor")
    assert tiles.grid.value == "Waiting for the first record of sensor."
    memory.send("sensor", reading(20.0))
    refresh(tiles)
    assert tiles.grid.value.count("role='group'") == 1
    memory.send("sensor", *(reading(20.0, NOW, f"sensor-{number}") for number in range(2, 31)))
    refresh(tiles)
    assert tiles.grid.value.count("role='group'") == 30
    names = re.findall(r"<b>.*?</span> (.*?)</b>", tiles.grid.value)
    assert names == [f"sensor-{number}" for number in range(1, 31)]
    marks = re.findall(r"<b>(.*?</span>)", tiles.grid.value)
    assert len(set(marks[:25])) == 25


def test_a_record_without_a_key_has_a_tile_too(memory: Memory, tiles_of: MakeTiles) -> None:
    memory.send("sensor", reading(20.0), key=None)
    memory.send("levels", {"temperature": 20.0}, key=None)
    shown = refresh(tiles_of("sensor", "levels"))
    assert "sensor-1" in shown  # as the record itself says
    assert "no key" in shown


def test_a_mistyped_field_is_guessed(memory: Memory, tiles_of: MakeTiles) -> None:
    memory.send("levels", {"temprature": 20.0, "timestamp": NOW}, key="Köln")
    tiles = tiles_of("levels")
    refresh(tiles)
    said = "No reading with a temperature yet (did you mean 'temprature'?), among 1 records of levels."
    assert tiles.summary() == said


def test_a_tile_is_labelled_with_its_device(memory: Memory, tiles_of: MakeTiles) -> None:
    name = "<img src=x onerror='alert(1)'>' onclick='alert(2)' \" &amp;"
    memory.send("sensor", reading(20.0, NOW, name))
    tiles = tiles_of("sensor")
    refresh(tiles)
    labels = [
        attributes.get("aria-label")
        for _, attributes in Parsed(tiles.grid.value).tags
        if attributes.get("role") == "group"
    ]
    assert labels == [name]


@pytest.mark.parametrize(
    "value",
    [
        *(None, b"\x00", "warm", [1], {}),
        {"device": "sensor-1", "timestamp": NOW},
        reading(-400.0),
        window(NOW, 10, temperature=None),
        window(NOW, 10, temperature="warm", good=True),
        window(NOW, 10),
        window(NOW, -10, temperature=20.0),
        window(10**18, 10, temperature=20.0),
        window(-(10**18), 10, temperature=20.0),
        window(True, 0, temperature=20.0),
    ],
)
def test_what_has_no_number_of_a_time_makes_no_tile(value: Any) -> None:
    assert value_of(Record("sensor", 0, 0, NOW, "sensor-1", value, {}), NOW) is None


def test_records_that_are_no_readings_leave_the_tiles_standing(memory: Memory, tiles_of: MakeTiles) -> None:
    memory.send("sensor", reading(20.0), b'{"device": "sensor-1", "temperature": 2', reading(-400.0), b"null")
    memory.send("avg-temp", window(NOW, 10, temperature=19.0), window(NOW + 1000, 10, temperature=None))
    tiles = tiles_of("sensor", "avg-temp")
    assert {"20.00 °C", "19.00 °C"} <= {*refresh(tiles).split("\n")}
    memory.send("sensor", reading(22.0))
    assert "22.00 °C" in refresh(tiles)


def test_tiles_end_with_their_lab_and_say_so(lab: Lab) -> None:
    send(lab, "sensor", reading(20.0))
    tiles = lab.tiles("sensor")
    eventually(lambda: "20.00 °C" in text(tiles))
    lab.stop()
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("lab-tiles")]
    assert text(tiles).endswith("These tiles have ended: the numbers are the last ones.")


def test_tiles_that_are_closed_close_their_tap_and_keep_their_numbers(memory: Memory, tiles_of: MakeTiles) -> None:
    tiles = tiles_of("sensor")
    memory.send("sensor", reading(20.0))
    tiles.update()
    tiles.close()
    assert memory.open == []
    assert "20.00 °C" in text(tiles)
    assert tiles.static_html().endswith("<p>These tiles have ended: the numbers are the last ones.</p>")


@pytest.mark.parametrize("apart", [60_000, 3_600_000], ids=["a minute", "an hour"])
def test_rare_readings_count_as_current_for_three_times_their_usual_interval(
    memory: Memory, tiles_of: MakeTiles, now: list[int], apart: int
) -> None:
    tiles = tiles_of("sensor")
    for before in range(5, -1, -1):
        memory.send("sensor", reading(20.0, NOW - before * apart))
    refresh(tiles)
    assert not tiles.state.tiles[0].is_silent
    now[0] += LONGER * apart
    refresh(tiles)
    assert not tiles.state.tiles[0].is_silent
    now[0] += 1
    assert f"no data for {spans.length(LONGER * apart)}" in refresh(tiles)
    assert tiles.state.tiles[0].is_silent


def count_row(tiles: Tiles, device: str = "sensor-1") -> str:
    rows = [line.partition("alert-count")[2] for line in tiles.summary().split("\n") if line.startswith(f"{device}: ")]
    return "".join(f"alert-count{row}" for row in rows)


def test_alerts_are_not_counted_yet_as_long_as_no_later_one_has_closed_their_windows(
    memory: Memory, tiles_of: MakeTiles, now: list[int]
) -> None:
    memory.send("sensor", reading(20.0))
    tiles = tiles_of("sensor", "alert-count", also=("alert",))
    assert "alert-count\nalerts\n0\nnone yet" in refresh(tiles)
    assert count_row(tiles) == "alert-count: alerts, 0"
    now[0] += 1000
    memory.send("sensor", reading(31.0, now[0]))
    memory.send("alert", reading(31.0, now[0]))  # a hot phase begins
    assert "alerts\nnot counted yet\nlast at 22:13:21 UTC" in refresh(tiles)
    memory.send("alert-count", window(now[0], 5, count=1))
    refresh(tiles)
    assert count_row(tiles) == "alert-count: alerts in 5 s, 1"
    memory.send("alert", reading(31.0, now[0] + 3000))  # the last one of the hot phase
    now[0] += 6000
    memory.send("sensor", reading(20.0, now[0]))
    refresh(tiles)
    assert count_row(tiles) == "alert-count: alerts in 5 s, not counted yet"
    now[0] += 2001  # 5 s without an alert
    assert "alerts in 5 s\n0\nlast at 22:13:24 UTC" in refresh(tiles)


def test_a_count_is_0_only_while_the_device_is_heard(
    memory: Memory, tiles_of: MakeTiles, now: list[int], counting: list[bool]
) -> None:
    memory.send("sensor", reading(20.0), reading(21.0, NOW - 6000, "sensor-2"))
    memory.send("alert-count", window(NOW - 60_000, 5, count=4))
    tiles = tiles_of("sensor", "alert-count", also=("alert",))
    refresh(tiles)
    assert count_row(tiles) == "alert-count: alerts in 5 s, 0"
    assert count_row(tiles, "sensor-2") == "alert-count: alerts, no data for 6 s"
    counting[0] = False  # the producer is stopped, and all else with it
    now[0] += 4000
    refresh(tiles)
    assert count_row(tiles) == "alert-count: alerts in 5 s, 0"
    now[0] += 3000
    assert "last: 4, 22:12:15–22:12:20 UTC" in refresh(tiles)
    assert count_row(tiles) == "alert-count: alerts in 5 s, no data for 7 s"


def test_a_count_that_nobody_makes_any_more_is_no_data(
    memory: Memory, tiles_of: MakeTiles, now: list[int], counting: list[bool]
) -> None:
    memory.send("sensor", reading(20.0))
    tiles = tiles_of("sensor", "alert-count", also=("alert",))
    refresh(tiles)
    assert count_row(tiles) == "alert-count: alerts, 0"
    counting[0] = False
    for _ in range(8):
        now[0] += 1000
        memory.send("sensor", reading(20.0, now[0]))
        refresh(tiles)
    assert count_row(tiles) == "alert-count: alerts, no data for 8 s"


@pytest.mark.parametrize("exists", [True, False])
def test_without_its_runs_or_the_topic_that_it_counts_a_count_is_no_data_yet(
    memory: Memory, tiles_of: MakeTiles, exists: bool, counting: list[bool]
) -> None:
    counting[0] = not exists
    memory.send("sensor", reading(20.0))
    tiles = tiles_of("sensor", "alert-count", also=("alert",) if exists else ())
    assert "20.00 °C" in refresh(tiles)
    assert count_row(tiles) == "alert-count: alerts, no data yet"


@pytest.mark.parametrize(("topic", "found"), [("alert-count", "alert"), ("-count", ""), ("count", ""), ("alert", "")])
def test_a_topic_that_counts_is_known_by_its_name(topic: str, found: str) -> None:
    assert counted(topic) == found


def test_a_topic_is_computed_while_all_runs_on_the_way_to_it_are_alive(lab: Lab) -> None:
    sensors = lab.produce()
    assert not lab.workers.compute("sensor")
    alerts = lab.run(lambda readings: readings, reads="sensor", writes="alert", name="filter")
    lab.run(lambda readings: readings, reads="alert", writes="alert-count", name="counter")
    assert lab.workers.compute("alert-count")
    sensors.stop()
    assert lab.workers.compute("alert-count")  # whoever produces may be somewhere else
    alerts.stop()
    assert not lab.workers.compute("alert-count")


def test_the_tile_tells_the_truth_from_the_beginning_to_the_end_of_a_hot_phase(lab: Lab, now: list[int]) -> None:
    """With the real pipelines, against a plain account of which windows are closed by the alerts until now."""
    lab.create_topic("sensor")
    for stage in (PIPELINES["alert-filter"], PIPELINES["alert-counter"]):
        lab.run(stage.function, reads=stage.reads, writes=stage.writes)
        lab.create_topic(stage.writes)
    tiles = lab.tiles("sensor", "alert-count")
    hot = range(4, 12)
    for second in range(22):
        now[0] = NOW + 1000 * second
        send(lab, "sensor", reading(31.0 if second in hot else 20.0, now[0]))
        expected = count_in_words([each for each in hot if each <= second], second)
        eventually(lambda expected=expected: count_row(tiles).rpartition(", ")[2] == expected)


def count_in_words(alerts: list[int], second: int) -> str:
    """What the tile says when there have been alerts in these seconds: of windows of 5 s, with 2 s of grace."""
    if not alerts:
        return "0"
    closed = range(alerts[0] + 1, alerts[-1] - 1)
    if closed and second - closed[-1] <= 5:
        return f"{len([each for each in alerts if closed[-1] - 5 <= each < closed[-1]])}"
    return "not counted yet" if second - alerts[-1] <= 5 else "0"


def test_tiles_forget_what_a_topic_held_that_was_emptied(memory: Memory, tiles_of: MakeTiles) -> None:
    tiles = tiles_of("sensor", "avg-temp")
    memory.send("sensor", reading(20.0), reading(21.0, device="sensor-2"))
    memory.send("avg-temp", window(NOW, 10, temperature=19.0))
    refresh(tiles)
    memory.empty("sensor")
    assert "21.00" not in refresh(tiles)
    assert tiles.summary() == "sensor-1: sensor, no data yet, avg-temp: temperature in 10 s, 19.00 °C"
    memory.empty("avg-temp")
    assert refresh(tiles) == "Waiting for the first record of sensor and avg-temp."
    memory.send("sensor", reading(22.0))
    assert "22.00 °C" in refresh(tiles)


def test_tiles_show_the_devices_heard_last_if_there_are_too_many(memory: Memory, tiles_of: MakeTiles) -> None:
    tiles = tiles_of("sensor")
    memory.send("sensor", *(reading(20.0, device=f"id-{number}") for number in range(MOST)))
    assert CROWDED not in refresh(tiles)
    memory.send("sensor", reading(20.0, device="id-0"), reading(20.0, device="one-more"))
    assert CROWDED in refresh(tiles)
    assert {each.device for each in tiles.state.tiles} == {
        *(f"id-{number}" for number in range(MOST) if number != 1),
        "one-more",
    }
    assert tiles.summary().endswith(CROWDED)


def test_tiles_show_any_field_with_its_unit_told_apart_by_any_other(memory: Memory, pacer: Pacer) -> None:
    rows = [{"level": 3.5, "floor": 1}, {"level": 4, "floor": 2}, {"level": None, "floor": 2}]
    memory.send("levels", *rows, key="house")
    memory.send("highest", {"start": NOW - 5000, "end": NOW, "floor": 2, "level": 5.25}, key=None)
    tap, topics = memory.tap("levels", "highest"), ("levels", "highest")
    tiles = Tiles(tap, topics, theme.Styles(), pacer, lambda _: False, "level", "floor", {"level": "m"})
    refresh(tiles)
    assert tiles.summary().split("\n") == [
        "1: levels: latest level, 3.50 m, highest, no data yet",
        "2: levels: latest level, 4 m, highest: level in 5 s, 5.25 m",
    ]


def test_a_number_of_long_ago_is_shown_with_its_day(memory: Memory, tiles_of: MakeTiles, now: list[int]) -> None:
    memory.send("sensor", reading(21.5))
    now[0] += 250 * 3_600_000
    shown = refresh(tiles_of("sensor"))
    assert "no data for 10.4 days" in shown
    assert "last: 21.50 °C, at 2023-11-14 22:13 UTC" in shown
