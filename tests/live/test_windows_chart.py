"""Readings and the windows that they fall into, as bars and in words."""

import html
import re
from typing import Any

import orjson
import pytest

from labkit import Lab, LabError
from labkit.kafka import clients
from labkit.kafka.tap import Record
from labkit.live.fields import Field
from labkit.live.windows import Span, Windows, newest, spans

NOW = 1_700_000_000_000  # 22:13:20


def record(topic: str, value: Any, timestamp: int = NOW, key: str = "porch") -> Record:
    return Record(topic, 0, 0, timestamp, key, value, {})


def reading(second: float, temperature: float = 20.0) -> Record:
    stamp = NOW + int(1000 * second)
    value = {"device": "porch", "temperature": temperature, "humidity": 40.0, "timestamp": stamp}
    return record("sensor", value, stamp)


def window(start: int, end: int, **value: Any) -> Record:
    return record("windows", {"start": NOW + 1000 * start, "end": NOW + 1000 * end, **value})


def text(windows: Windows) -> str:
    cells = re.sub(r"<[^>]+>", " ", windows.children[1].value)
    return html.unescape(re.sub(r" +", " ", cells)).strip()


def test_tumbling_windows_share_a_lane_and_overlapping_ones_do_not() -> None:
    def lanes(*found: Record) -> list[int]:
        return [each.lane for each in spans(found)]

    assert lanes() == []
    assert lanes(window(0, 4), window(4, 8), window(8, 12)) == [0, 0, 0]
    assert lanes(*(window(start, start + 4) for start in range(8))) == [0, 1, 2, 3] * 2
    assert lanes(window(0, 4), window(0, 4), window(1, 2), window(4, 5)) == [0, 1, 2, 0]


def test_windows_come_in_the_order_of_their_start_with_what_they_aggregated() -> None:
    found = spans([window(4, 8, mean=20.456, n=3), window(0, 4, device="porch", temperature=None)])
    assert found == [
        Span(NOW, NOW + 4000, "temperature None", 0),
        Span(NOW + 4000, NOW + 8000, "mean 20.46, n 3", 0),
    ]


def test_each_window_is_a_bar_from_its_start_to_its_end_below_the_readings() -> None:
    windows = Windows(
        "porch",
        [reading(0, 20.0), reading(1.5, 21.25)],
        {"tumbling": [window(0, 4, n=2)], "hopping": [window(0, 4, n=2), window(1, 5, n=1)], "none": []},
    )
    points, tumbling, hopping, none = windows.figure.data
    assert (list(points.x), list(points.y), list(points.text)) == ([NOW, NOW + 1500], [20.0, 21.25], ["20", "21.25"])
    assert (list(tumbling.base), list(tumbling.x), list(tumbling.y)) == ([NOW], [4000], [0])
    assert (list(hopping.base), list(hopping.x), list(hopping.y)) == ([NOW, NOW + 1000], [4000, 4000], [0, 1])
    assert list(hopping.text) == ["n 2", "n 1"]
    assert len(none.x) == 0
    assert [each.text for each in windows.figure.layout.annotations] == [
        *("Readings of porch", "tumbling", "hopping", "none")
    ]
    assert len(windows.figure.layout.shapes) == 2  # a dotted line for each reading
    begin, end = windows.figure.layout.xaxis.range
    assert begin < NOW
    assert end > NOW + 5000


def test_the_text_says_what_the_picture_shows() -> None:
    windows = Windows("porch", [reading(0), reading(1.5, 21.25)], {"tumbling": [window(0, 4, mean=20.625, n=2)]})
    assert windows.summary() == "2 readings of porch, and closed windows: tumbling 1."
    assert text(windows) == (
        "2 readings of porch, and closed windows: tumbling 1. "
        "Temperature (°C): 22:13:20.000 20, 22:13:21.500 21.25 tumbling from up to results "
        "22:13:20.000 22:13:24.000 mean 20.62, n 2"
    )
    assert windows.snapshot.html().endswith(windows.children[1].value)


def test_names_and_values_are_text_and_nothing_else() -> None:
    windows = Windows("<b>'&", [reading(0)], {"tumbling": [window(0, 4, worst="<i>'&")]})
    assert not re.search("<[bi]>", windows.children[1].value)
    assert "<b>'&" in text(windows)
    assert "worst <i>'&" in text(windows)


def test_records_that_are_no_readings_are_left_out() -> None:
    damaged = record("sensor", b'{"device": "porch", "temperature": 2')
    windows = Windows("porch", [damaged, reading(0), record("sensor", None), reading(1, -400.0)], {})
    assert list(windows.figure.data[0].y) == [20.0]
    with pytest.raises(LabError, match=r"^No record of 'porch' in this time is a reading"):
        Windows("porch", [damaged], {})


def test_a_lab_shows_one_device_and_the_windows_that_reach_into_its_newest_seconds(lab: Lab) -> None:
    lab.create_topic("sensor", "tumbling")
    producer = clients.producer(lab.broker.address)
    for device in ("porch", "cellar"):
        for second in range(30):
            stamp = NOW + 1000 * second
            value = {"device": device, "temperature": 20.0, "humidity": 40.0, "timestamp": stamp}
            producer.produce(lab.full_name("sensor"), orjson.dumps(value), device.encode(), timestamp=stamp)
        for start in range(0, 28, 4):
            value = window(start, start + 4, n=4).value
            producer.produce(lab.full_name("tumbling"), orjson.dumps(value), device.encode())
    producer.flush(10)
    shown = lab.windows("sensor", "tumbling", device="porch", seconds=10)
    assert [(each - NOW) // 1000 for each in shown.figure.data[1].base] == [16, 20, 24]
    assert [(each - NOW) // 1000 for each in shown.figure.data[0].x] == list(range(16, 30))
    with pytest.raises(LabError, match="holds no reading of 'attic' yet"):
        lab.windows("sensor", "tumbling", device="attic")


def test_the_first_partial_windows_are_shown_too_if_the_first_reading_is() -> None:
    readings = [reading(second) for second in range(11)]
    hopping = {"hopping": [window(start, start + 4, n=min(start + 4, 4)) for start in range(-3, 5)]}
    for seconds, count in ((10, 8), (5, 3)):
        shown = Windows("porch", *newest("porch", "sensor", readings, hopping, seconds))
        assert shown.summary().endswith(f"hopping {count}.")


def test_the_first_sliding_window_ends_at_the_first_reading_and_is_shown() -> None:
    readings, sliding = [reading(0), reading(1)], [window(-4, 0, n=1), window(-3, 1, n=2)]
    _, shown = newest("porch", "sensor", readings, {"sliding": sliding}, 5.0)
    assert shown == {"sliding": sliding}


def test_any_field_of_records_that_are_told_apart_by_another() -> None:
    hour = 3_600_000
    levels = [
        record("levels", {"river": river, "level": 3.0 + number}, NOW + number * hour, key="any")
        for number in range(30)
        for river in ("Rhine", "Ruhr")
    ]
    means = [record("means", {"start": NOW + 20 * hour, "end": NOW + 24 * hour, "level": 25.0}, key="Rhine")]
    readings, _ = newest("Rhine", "levels", levels, {}, by="river")
    assert [each.value["level"] for each in readings] == [17.0 + number for number in range(16)]  # 15 intervals
    readings, windows = newest("Rhine", "levels", levels, {"means": means}, by="river")
    assert len(readings) == 10  # from the beginning of the window on
    shown = Windows("Rhine", readings, windows, Field("level", "m"))
    assert "Level (m): " in text(shown)
    assert "level 25.00" in text(shown)
    with pytest.raises(LabError, match=r"no reading of 'Rhein' yet: did you mean 'Rhine'\?"):
        newest("Rhein", "levels", levels, {}, by="river")
    with pytest.raises(LabError, match=r"is a reading with a levle: did you mean 'level'\?"):
        Windows("Rhine", readings, windows, Field("levle"))


def test_a_record_without_a_key_belongs_to_the_device_that_it_names() -> None:
    keyless = [each._replace(key=None) for each in (reading(0), reading(1))]
    found, _ = newest("porch", "sensor", keyless, {})
    assert found == keyless
