"""Live charts on a real broker, without a browser: see tests/around/test_browser.py for that."""

import itertools
import re
import threading
import time

import numpy as np
import orjson
import pytest

from labkit import Lab, LabError
from labkit.kafka import clients
from labkit.kafka.tap import Record
from labkit.live import pacing, theme
from labkit.live.chart import Chart, drawable
from tests.live.browser import threads_in_each_others_way
from tests.topics import topics_of
from tests.waiting import eventually


def reading(second: float, temperature: float = 20.0, device: str = "sensor-1") -> dict[str, object]:
    stamp = 1_700_000_000_000 + int(second * 1000)
    return {"device": device, "temperature": temperature, "humidity": 40.0, "timestamp": stamp}


def send(lab: Lab, *readings: dict[str, object], to: str = "sensor") -> None:
    assert lab.produce(readings, writes=to, per_second=None).wait(10)


def points(chart: Chart) -> int:
    return sum(len(trace.x) for trace in chart.figure.data if trace.x is not None)


def text(chart: Chart) -> str:
    fold = chart.children[1]
    return f"{fold.titles[0]} {fold.children[0].value}".replace("<br>", " ").strip()


def test_a_chart_shows_each_device_by_event_time_in_numbers_that_travel_as_bytes(lab: Lab) -> None:
    send(lab, reading(0), reading(1, 21.0), reading(1, 30.0, "sensor-2"))
    chart = lab.chart("sensor")
    eventually(lambda: points(chart) == 3)
    first, second = chart.figure.data
    assert (first.name, second.name) == ("sensor-1", "sensor-2")
    assert first.x.dtype == first.y.dtype == np.float64
    assert list(first.x) == [reading(0)["timestamp"], reading(1)["timestamp"]]
    assert list(second.y) == [30.0]
    assert chart.figure.layout.template.layout.xaxis.type == "date"


def test_the_window_rolls_with_the_newest_reading(lab: Lab) -> None:
    lab.create_topic("sensor")
    chart = lab.chart("sensor", seconds=10)
    send(lab, *(reading(second) for second in range(31)))
    eventually(lambda: points(chart) and chart.figure.data[0].x[-1] == reading(30)["timestamp"])
    assert list(chart.figure.data[0].x) == [reading(second)["timestamp"] for second in range(20, 31)]
    begin, end = chart.figure.layout.xaxis.range
    assert begin == reading(20)["timestamp"]
    assert end >= reading(30)["timestamp"]


def test_axes_and_title_say_what_and_in_which_unit(lab: Lab) -> None:
    lab.create_topic("sensor")
    layout = lab.chart("sensor", y="humidity").figure.layout
    assert layout.title.text == "Humidity (%) from sensor"
    assert layout.xaxis.title.text == "Event time (UTC)"
    assert layout.yaxis.title.text == "Humidity (%)"


def test_further_topics_are_marks_on_the_lines(lab: Lab) -> None:
    lab.create_topic("alert")
    lab.create_topic("sensor")
    chart = lab.chart("sensor", "alert")
    send(lab, reading(0, 31.0))
    send(lab, reading(0, 31.0), to="alert")
    eventually(lambda: points(chart) == 2)
    assert {trace.name: trace.mode for trace in chart.figure.data} == {
        "sensor-1 in sensor": "lines+markers",
        "sensor-1 in alert": "markers",
    }
    assert len({trace.marker.color for trace in chart.figure.data}) == 1


def test_the_text_says_what_the_picture_shows(lab: Lab) -> None:
    lab.create_topic("sensor")
    chart = lab.chart("sensor")
    assert text(chart) == "Waiting for the first record."
    send(lab, reading(0, 20.0), reading(1, 22.5), reading(2, 21.0))
    eventually(lambda: "3 records" in text(chart))
    assert text(chart) == (
        "The 5 s up to 22:13:22 UTC: 3 records, 20 to 22.5 °C. sensor-1: 3 records, 20 to 22.5 °C, the last 21 °C."
    )


def test_what_cannot_be_drawn_is_counted(lab: Lab) -> None:
    lab.create_topic("sensor")
    lab.create_topic("words")
    chart = lab.chart("words")
    lab.run(lambda s: s.apply(lambda _: {"word": "hot"}), reads="sensor", writes="words", name="words")
    send(lab, reading(0), reading(1))
    left_out = "Records not drawn, because they are not readings or have no temperature: 2."
    eventually(lambda: text(chart) == f"No record with a temperature yet. {left_out}")


def test_what_is_no_reading_does_not_spoil_the_picture(lab: Lab) -> None:
    producer = clients.producer(lab.broker.address)
    lab.create_topic("sensor")
    for record in (reading(0, -400.0), reading(1), reading(2) | {"humidity": 101}):
        producer.produce(lab.full_name("sensor"), orjson.dumps(record), b"sensor-1")
    producer.flush(10)
    chart = lab.chart("sensor")
    eventually(lambda: "Records not drawn, because they are not readings or have no temperature: 2." in text(chart))
    assert list(chart.figure.data[0].y) == [20.0]


def test_what_flows_fast_is_drawn_in_few_updates_and_what_does_not_change_in_none(lab: Lab) -> None:
    lab.create_topic("sensor")
    chart = lab.chart("sensor")
    sent: list[object] = []
    chart.figure.observe(lambda change: sent.append(change.new) if change.new else None, names="_py2js_update")
    begun = time.monotonic()
    production = lab.produce(devices=2, per_second=200, records=600)
    assert production.wait(20)
    eventually(lambda: text(chart).count("300 records") == 2)
    elapsed = time.monotonic() - begun
    assert 5 <= len(sent) <= elapsed / pacing.PERIOD + 3  # three for the lines themselves
    quiet = len(sent)
    with pytest.raises(AssertionError):
        eventually(lambda: len(sent) != quiet, limit=1)


def test_a_threshold_is_a_dashed_line_with_its_value_in_picture_and_text(lab: Lab) -> None:
    lab.create_topic("sensor")
    chart = lab.chart("sensor", threshold=29.85)
    layout = chart.figure.layout
    assert [(each.y0, each.y1, each.xref, each.line.dash) for each in layout.shapes] == [
        (29.85, 29.85, "paper", "dash")
    ]
    assert [(each.name, each.showlegend) for each in layout.shapes] == [("threshold 29.85 °C", True)]
    assert layout.yaxis.autorangeoptions.include == 29.85  # it is seen however cold it is
    send(lab, reading(0, 20.0))
    eventually(lambda: text(chart).endswith("sensor-1: 1 record, the last 20 °C. Threshold 29.85 °C."))
    chart.threshold = 31
    eventually(lambda: text(chart).endswith("Threshold 31 °C."))
    assert [each.y0 for each in layout.shapes] == [31]
    chart.threshold = None
    assert (layout.shapes, layout.yaxis.autorangeoptions.include) == ((), None)
    eventually(lambda: text(chart).endswith("the last 20 °C."))


def test_a_threshold_set_while_the_chart_draws_is_not_lost(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.create_topic("sensor")
    chart = lab.chart("sensor")
    chart._ticker.close()  # the test is the one that ticks
    done, numbers = threading.Event(), itertools.count()

    def read(timeout: float) -> list[Record]:  # noqa: ARG001
        value = reading(number := next(numbers), device=f"sensor-{number // 100}")
        return [Record("sensor", 0, 0, value["timestamp"], value["device"], value, {})]

    def draw() -> None:
        while not done.is_set():
            chart._tick()

    monkeypatch.setattr(chart._tap, "read", read)
    thread = threading.Thread(target=draw)
    with threads_in_each_others_way():
        thread.start()
        try:
            for level in range(100):
                chart.threshold = level
                assert [each.y0 for each in chart.figure.layout.shapes] == [level]
                assert f"Threshold {level} °C." in chart.summary() or not points(chart)
                chart.static_html()
        finally:
            done.set()
            thread.join()


def test_marks_are_drawn_for_alerts_of_devices_that_appear_late(lab: Lab) -> None:
    lab.create_topic("alert")
    lab.create_topic("sensor")
    chart = lab.chart("sensor", "alert")
    send(lab, reading(0, 31.0))
    eventually(lambda: points(chart) == 1)
    send(lab, reading(1, 32.0, "sensor-2"), to="alert")
    send(lab, reading(1, 32.0, "sensor-2"))
    eventually(lambda: points(chart) == 3)
    traces = {trace.name: trace for trace in chart.figure.data}
    mark, line = traces["sensor-2 in alert"], traces["sensor-2 in sensor"]
    assert (mark.mode, mark.marker.symbol, line.marker.symbol) == ("markers", "square-open", "square")
    assert mark.marker.size > line.marker.size
    assert "sensor-2 in alert: 1 record, the last 32 °C." in chart.summary()


def test_times_and_numbers_that_cannot_be_drawn_do_not_end_the_chart() -> None:
    def drawn(value: object, timestamp: int = 1) -> float | None:
        return drawable(Record("words", 0, 0, timestamp, None, value, {}), "temperature")

    assert drawn({"temperature": 20.0}) == 20.0
    assert {drawn({"temperature": each}) for each in (True, None, "20", [])} == {None}
    assert {drawn({"temperature": 20.0}, each) for each in (-1, 10**15)} == {None}


def test_a_chart_shown_twice_is_one_figure(lab: Lab) -> None:
    lab.create_topic("sensor")
    chart = lab.chart("sensor")
    first, second = chart._repr_mimebundle_(), chart._repr_mimebundle_()
    view = "application/vnd.jupyter.widget-view+json"
    assert first[view]["model_id"] == second[view]["model_id"]


def test_charts_end_with_their_lab_and_say_so(lab: Lab) -> None:
    lab.create_topic("alert")
    lab.create_topic("sensor")
    charts = [lab.chart("sensor"), lab.chart("sensor", "alert")]
    send(lab, reading(0))
    eventually(lambda: all(map(points, charts)))
    lab.stop()
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("lab-chart")]
    assert all(text(chart).startswith("This chart has ended.") for chart in charts)
    assert points(charts[0]) == 1


def test_a_chart_of_nothing_is_refused_in_one_line(lab: Lab) -> None:
    with pytest.raises(LabError, match="at least one topic"):
        lab.chart()


def test_many_devices_all_look_different() -> None:
    looks = [theme.look(number) for number in range(25)]
    assert len(set(looks)) == 25


@pytest.mark.parametrize("colour", theme.COLOURS)
def test_every_colour_has_a_contrast_of_3_to_1_on_white(colour: str) -> None:
    """Relative luminance and contrast as WCAG 2.2 defines them."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    luminance = sum(weight * each for weight, each in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    assert 1.05 / (luminance + 0.05) >= 3


def test_eight_devices_have_eight_colours_whichever_comes_first_and_any_chart_lists_them_by_name(lab: Lab) -> None:
    names = [f"sensor-{number}" for number in (10, 2, 3, 1)]
    send(lab, *(reading(second, device=name) for second, name in enumerate(names)))
    send(lab, reading(0, 31.0, "sensor-2"), to="alert")
    chart = lab.chart("sensor", "alert")
    eventually(lambda: points(chart) == 5)
    shown = [
        "sensor-1 in sensor",
        "sensor-2 in sensor",
        "sensor-2 in alert",
        "sensor-3 in sensor",
        "sensor-10 in sensor",
    ]
    assert [trace.name for trace in chart.figure.data] == shown
    first, second, third = theme.Looks(), theme.Looks(), theme.Looks()
    stations = ["EWR", "JFK", "LGA"]
    assert [first.of(each) for each in stations] == [second.of(each) for each in stations]
    assert len({third.of(f"sensor-{number}").colour for number in range(1, 9)}) == 8
    assert third.of("sensor-3") == first.of("sensor-3") == theme.look(2)
    looks = [first.of(each) for each in [*stations, "kitchen", "porch"]]
    assert len({look.colour for look in looks}) == len({look.dash for look in looks}) == 5


def test_a_chart_has_no_axes_before_it_has_points_and_its_window_grows_with_them(lab: Lab) -> None:
    lab.create_topic("sensor")
    chart = lab.chart("sensor", seconds=100)
    assert (chart.figure.layout.xaxis.visible, chart.figure.layout.yaxis.visible) == (False, False)
    assert [each.text for each in chart.figure.layout.annotations] == ["Waiting for the first record of sensor"]
    send(lab, reading(0), reading(20))
    eventually(lambda: points(chart) == 2)
    assert chart.figure.layout.xaxis.visible
    assert chart.figure.layout.annotations == ()
    assert chart.figure.layout.xaxis.range[0] == reading(0)["timestamp"]
    send(lab, reading(200))
    eventually(lambda: chart.figure.layout.xaxis.range[0] == reading(100)["timestamp"])


def test_a_chart_of_a_topic_that_is_emptied_forgets_the_old_points_says_so_and_draws_the_new_ones(lab: Lab) -> None:
    send(lab, reading(0), reading(1))
    send(lab, reading(0, 31.0), to="alert")
    chart = lab.chart("sensor", "alert")
    eventually(lambda: points(chart) == 3)
    topics_of(lab).empty("alert")
    eventually(lambda: points(chart) == 2)
    eventually(lambda: re.match(r"alert was emptied at \d\d:\d\d:\d\d UTC; its points were removed\.", text(chart)))
    topics_of(lab).empty("sensor")
    eventually(lambda: chart.figure.data == ())
    assert not chart.figure.layout.xaxis.visible
    send(lab, reading(5), reading(6))
    eventually(lambda: points(chart) == 2)
