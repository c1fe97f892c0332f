"""Live charts, without a browser: see tests/around/test_browser.py for that."""

import base64
import operator
import re
import threading
from collections.abc import Callable

import numpy as np
import pytest

from labkit import Lab, LabError
from labkit.kafka.tap import Record
from labkit.live import pacing, theme
from labkit.live.chart import Chart
from labkit.live.curves import drawable
from labkit.live.devices import CROWDED, MOST
from labkit.live.fields import TEMPERATURE, Field
from labkit.live.pacing import Pacer
from tests.live.browser import threads_in_each_others_way
from tests.live.conftest import Clock
from tests.live.memory import Memory, reading
from tests.waiting import eventually, never

MakeChart = Callable[..., Chart]


@pytest.fixture
def chart_of(memory: Memory, pacer: Pacer) -> MakeChart:
    """Makes charts of topics in memory, which the test updates."""

    def make(*topics: str, y: Field = TEMPERATURE, by: str | None = None, **options: float | None) -> Chart:
        return Chart(memory.tap(*topics), theme.Styles(), pacer, y, by, **options)

    return make


def refresh(chart: Chart) -> None:
    chart.update()
    chart.paint()


def points(chart: Chart) -> int:
    return sum(np.count_nonzero(np.isfinite(trace.y)) for trace in chart.figure.data if trace.y is not None)


def text(chart: Chart) -> str:
    fold = chart.children[1]
    return f"{fold.titles[0]} {fold.children[0].value}".replace("<br>", " ").strip()


# ------------------------------------------------------------------- on Kafka


def send(lab: Lab, *readings: dict[str, object], to: str = "sensor") -> None:
    assert lab.produce(readings, writes=to, per_second=None).wait(10)


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


# ------------------------------------------------------------------ in memory


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_a_chart_of_no_time_or_of_all_is_refused(seconds: float, lab: Lab) -> None:
    lab.create_topic("sensor")
    with pytest.raises(LabError, match="and must be a number above 0, or None for the usual time"):
        lab.chart("sensor", seconds=seconds)
    with pytest.raises(LabError, match="and must be a number above 0"):
        lab.windows("sensor", device="a", seconds=seconds)


def test_the_window_rolls_with_the_newest_reading(memory: Memory, chart_of: MakeChart) -> None:
    chart = chart_of("sensor", seconds=10)
    memory.send("sensor", *map(reading, range(31)))
    refresh(chart)
    assert list(chart.figure.data[0].x) == [reading(second)["timestamp"] for second in range(20, 31)]
    begin, end = chart.figure.layout.xaxis.range
    assert begin == reading(20)["timestamp"]
    assert end >= reading(30)["timestamp"]


def test_axes_and_title_say_what_and_in_which_unit(chart_of: MakeChart) -> None:
    layout = chart_of("sensor", y=Field.of("humidity")).figure.layout
    assert layout.title.text == "Humidity (%) from sensor"
    assert layout.xaxis.title.text == "Event time (UTC)"
    assert layout.yaxis.title.text == "Humidity (%)"


def test_further_topics_are_marks_on_the_lines(memory: Memory, chart_of: MakeChart) -> None:
    chart = chart_of("sensor", "alert")
    for topic in ("sensor", "alert"):
        memory.send(topic, reading(0, 31.0))
    refresh(chart)
    assert {trace.name: trace.mode for trace in chart.figure.data} == {
        "sensor-1": "lines+markers",
        "sensor-1 in alert": "markers",
        "alert": "markers",
    }
    line, mark, _ = chart.figure.data
    assert line.marker.color == mark.marker.color
    assert {trace.name for trace in chart.figure.data if trace.showlegend} == {"sensor-1", "alert"}


def test_the_text_says_what_the_picture_shows(memory: Memory, chart_of: MakeChart) -> None:
    chart = chart_of("sensor")
    refresh(chart)
    assert text(chart) == "Waiting for the first record."
    memory.send("sensor", reading(0, 20.0), reading(1, 22.5), reading(2, 21.0))
    refresh(chart)
    assert text(chart) == (
        "The 5 s up to 22:13:22 UTC: 3 records, 20 to 22.5 °C. sensor-1: 3 records, 20 to 22.5 °C, the last 21 °C."
    )


def test_what_cannot_be_drawn_is_counted(memory: Memory, chart_of: MakeChart) -> None:
    chart = chart_of("words")
    memory.send("words", {"word": "hot"}, b"?")
    refresh(chart)
    left_out = "Records not drawn, because they are not readings or have no temperature"
    why = "(the newest is not an object with fields): 2."
    assert text(chart) == f"No record with a temperature yet. {left_out} {why}"


def test_what_the_tap_has_skipped_is_counted(memory: Memory, pacer: Pacer) -> None:
    memory.send("sensor", *map(reading, range(7)))
    chart = Chart(memory.tap("sensor", newest=5), theme.Styles(), pacer, TEMPERATURE)
    refresh(chart)
    assert text(chart).endswith("2 older records were skipped.")


def test_what_is_no_reading_does_not_spoil_the_picture(memory: Memory, chart_of: MakeChart) -> None:
    chart = chart_of("sensor")
    memory.send("sensor", reading(0, -400.0), reading(1), reading(2) | {"humidity": 101})
    refresh(chart)
    assert text(chart).endswith("Records not drawn, because they are not readings or have no temperature: 2.")
    assert list(chart.figure.data[0].y) == [20.0]


def test_what_flows_fast_is_drawn_in_few_updates_and_what_does_not_change_in_none(
    memory: Memory, chart_of: MakeChart, pacer: Pacer, clock: Clock
) -> None:
    chart = chart_of("sensor")
    sent: list[object] = []
    chart.figure.observe(lambda change: sent.append(change.new) if change.new else None, names="_py2js_update")
    pacer.add(chart)  # and the page has it in sight

    def step() -> None:
        chart.update()
        clock.time += 0.02
        pacer.step()

    for second in range(100):
        memory.send("sensor", reading(second), reading(second, device="sensor-2"))
        step()
    eventually(lambda: step() or text(chart).count("100 records") == 2)
    assert 5 <= len(sent) <= 105 * 0.02 / pacing.PERIOD + 3  # three for the lines themselves
    quiet = len(sent)
    never(lambda: len(sent) != quiet, step)


def test_a_threshold_is_a_dashed_line_with_its_value_in_picture_and_text(memory: Memory, chart_of: MakeChart) -> None:
    chart = chart_of("sensor", threshold=29.85)
    layout = chart.figure.layout
    assert [(each.y0, each.y1, each.xref, each.line.dash) for each in layout.shapes] == [
        (29.85, 29.85, "paper", "dash")
    ]
    assert [(each.name, each.showlegend) for each in layout.shapes] == [("threshold 29.85 °C", True)]
    assert layout.yaxis.autorangeoptions.include == 29.85  # it is seen however cold it is
    memory.send("sensor", reading(0, 20.0))
    refresh(chart)
    assert text(chart).endswith("sensor-1: 1 record, the last 20 °C. Threshold 29.85 °C.")
    chart.threshold = 31
    assert chart.summary().endswith("Threshold 31 °C.")
    refresh(chart)
    assert text(chart).endswith("Threshold 31 °C.")
    assert [each.y0 for each in layout.shapes] == [31]
    chart.threshold = None
    assert (layout.shapes, layout.yaxis.autorangeoptions.include) == ((), None)
    refresh(chart)
    assert text(chart).endswith("the last 20 °C.")


def test_a_threshold_set_while_the_chart_draws_is_not_lost(memory: Memory, chart_of: MakeChart) -> None:
    chart, done = chart_of("sensor"), threading.Event()

    def draw() -> None:
        number = 0
        while not done.is_set():
            memory.send("sensor", reading(number, device=f"sensor-{number // 20}"))
            refresh(chart)
            number += 1

    thread = threading.Thread(target=draw)
    with threads_in_each_others_way():
        thread.start()
        try:
            for level in range(50):
                chart.threshold = level
                assert [each.y0 for each in chart.figure.layout.shapes] == [level]
                assert f"Threshold {level} °C." in chart.summary() or chart.state.is_empty
                chart.static_html()
        finally:
            done.set()
            thread.join()


def test_marks_are_drawn_for_alerts_of_devices_that_appear_late(memory: Memory, chart_of: MakeChart) -> None:
    chart = chart_of("sensor", "alert")
    memory.send("sensor", reading(0, 31.0))
    refresh(chart)
    assert points(chart) == 1
    for topic in ("alert", "sensor"):
        memory.send(topic, reading(1, 32.0, "sensor-2"))
    refresh(chart)
    assert points(chart) == 3
    traces = {trace.name: trace for trace in chart.figure.data}
    mark, line = traces["sensor-2 in alert"], traces["sensor-2"]
    assert (mark.mode, mark.marker.symbol, line.marker.symbol) == ("markers", "square-open", "square")
    assert mark.marker.size > line.marker.size
    assert "sensor-2 in alert: 1 record, the last 32 °C." in chart.summary()


def test_a_chart_shown_twice_is_one_figure(chart_of: MakeChart) -> None:
    chart = chart_of("sensor")
    first, second = chart._repr_mimebundle_(), chart._repr_mimebundle_()
    view = "application/vnd.jupyter.widget-view+json"
    assert first[view]["model_id"] == second[view]["model_id"]


def test_times_and_numbers_that_cannot_be_drawn_do_not_end_the_chart() -> None:
    def drawn(value: object, timestamp: int = 1) -> float | None:
        return drawable(Record("words", 0, 0, timestamp, None, value, {}), "temperature")

    assert drawn({"temperature": 20.0}) == 20.0
    assert {drawn({"temperature": each}) for each in (True, None, "20", [])} == {None}
    assert {drawn({"temperature": 20.0}, each) for each in (-1, 10**15)} == {None}


def test_many_devices_all_look_different() -> None:
    styles = [theme.style(number) for number in range(25)]
    assert len(set(styles)) == 25


@pytest.mark.parametrize("colour", theme.COLOURS)
def test_every_colour_has_a_contrast_of_3_to_1_on_the_paper_of_light_and_dark_themes(colour: str) -> None:
    light, dark = re.findall("--lab-card: (#[0-9a-f]+)", theme.STYLE)
    assert (light, "invert(1) hue-rotate(180deg)" in theme.STYLE) == ("#fff", True)
    assert contrast(channels("#ffffff"), channels(colour)) >= 3
    assert contrast(channels(dark), darkened(channels(colour))) >= 3


@pytest.mark.parametrize("status", theme.STATUSES)
def test_the_word_for_a_status_has_a_contrast_of_4_5_to_1(status: str) -> None:
    assert contrast(channels("#ffffff"), channels(theme.STATUSES[status][1])) >= 4.5


def channels(colour: str) -> list[float]:
    return [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]


def darkened(colour: list[float]) -> list[float]:
    """A colour inverted and turned by 180 degrees, as CSS filters do it."""
    turn = ((-0.574, 1.43, 0.144), (0.426, 0.43, 0.144), (0.426, 1.43, -0.856))
    inverse = [1 - each for each in colour]
    return [min(max(sum(map(operator.mul, row, inverse)), 0.0), 1.0) for row in turn]


def contrast(*colours: list[float]) -> float:
    """Contrast of relative luminances, as WCAG 2.2 defines both."""
    darker, lighter = sorted(map(luminance, colours))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: list[float]) -> float:
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in colour]
    return sum(map(operator.mul, (0.2126, 0.7152, 0.0722), linear))


def test_any_chart_lists_devices_by_name_whichever_comes_first(memory: Memory, chart_of: MakeChart) -> None:
    names = [f"sensor-{number}" for number in (10, 2, 3, 1)]
    memory.send("sensor", *(reading(second, device=name) for second, name in enumerate(names)))
    memory.send("alert", reading(0, 31.0, "sensor-2"))
    chart = chart_of("sensor", "alert")
    refresh(chart)
    assert [trace.name for trace in chart.figure.data] == [
        "sensor-1",
        "sensor-2",
        "sensor-2 in alert",
        "sensor-3",
        "sensor-10",
        "alert",
    ]


def test_eight_devices_have_eight_colours_whichever_comes_first() -> None:
    first, second, third = theme.Styles(), theme.Styles(), theme.Styles()
    stations = ["EWR", "JFK", "LGA"]
    assert [first.of(each) for each in stations] == [second.of(each) for each in stations]
    assert len({third.of(f"sensor-{number}").colour for number in range(1, 9)}) == 8
    assert third.of("sensor-3") == first.of("sensor-3") == theme.style(2)
    styles = [first.of(each) for each in [*stations, "kitchen", "porch"]]
    assert len({style.colour for style in styles}) == len({style.dash for style in styles}) == 5


def test_a_chart_has_no_axes_before_it_has_points_and_its_window_grows_with_them(
    memory: Memory, chart_of: MakeChart
) -> None:
    chart = chart_of("sensor", seconds=100)
    assert (chart.figure.layout.xaxis.visible, chart.figure.layout.yaxis.visible) == (False, False)
    assert [each.text for each in chart.figure.layout.annotations] == ["Waiting for the first record of sensor"]
    memory.send("sensor", reading(0), reading(20))
    refresh(chart)
    assert points(chart) == 2
    assert chart.figure.layout.xaxis.visible
    assert chart.figure.layout.annotations == ()
    assert chart.figure.layout.xaxis.range[0] == reading(0)["timestamp"]
    memory.send("sensor", reading(200))
    refresh(chart)
    assert chart.figure.layout.xaxis.range[0] == reading(100)["timestamp"]


def test_a_chart_of_a_topic_that_is_emptied_forgets_the_old_points_says_so_and_draws_the_new_ones(
    memory: Memory, chart_of: MakeChart
) -> None:
    memory.send("sensor", reading(0), reading(1))
    memory.send("alert", reading(0, 31.0))
    chart = chart_of("sensor", "alert")
    refresh(chart)
    assert points(chart) == 3
    memory.empty("alert")
    refresh(chart)
    assert points(chart) == 2
    assert re.match(r"alert was emptied at \d\d:\d\d:\d\d UTC; its points were removed\.", text(chart))
    memory.empty("sensor")
    refresh(chart)
    assert chart.figure.data == ()
    assert not chart.figure.layout.xaxis.visible
    memory.send("sensor", reading(5), reading(6))
    refresh(chart)
    assert points(chart) == 2


def test_what_is_written_right_after_a_topic_was_emptied_is_drawn_once(memory: Memory, chart_of: MakeChart) -> None:
    chart = chart_of("sensor")
    memory.send("sensor", reading(0))
    refresh(chart)
    memory.empty("sensor")
    memory.send("sensor", reading(5), reading(6))
    refresh(chart)
    refresh(chart)
    assert points(chart) == 2


def test_a_chart_shows_the_devices_heard_last_if_there_are_too_many(memory: Memory, chart_of: MakeChart) -> None:
    chart = chart_of("sensor")
    memory.send("sensor", *(reading(number, device=f"sensor-{number}") for number in range(1, MOST + 1)))
    memory.send("sensor", reading(0, device="sensor-1"))
    refresh(chart)
    assert len(chart.figure.data) == MOST
    assert CROWDED not in text(chart)
    memory.send("sensor", *(reading(60, device=f"id-{number}") for number in range(10)))
    refresh(chart)
    names = {trace.name for trace in chart.figure.data}
    assert names == {f"id-{number}" for number in range(10)} | {
        f"sensor-{number}" for number in (1, *range(12, MOST + 1))
    }
    assert CROWDED in text(chart)
    memory.empty("sensor")
    refresh(chart)
    assert CROWDED not in text(chart)


def test_a_device_keeps_its_style_while_hundreds_come_and_go() -> None:
    styles = theme.Styles()
    first = styles.of("oven")
    assert {styles.of("oven") for number in range(2 * theme.REMEMBERED) if styles.of(f"id-{number}-")} == {first}


def test_a_chart_that_is_closed_closes_its_tap_and_shows_its_last_state(memory: Memory, chart_of: MakeChart) -> None:
    chart = chart_of("sensor")
    memory.send("sensor", reading(0))
    chart.update()
    chart.close()
    assert memory.open == []
    assert points(chart) == 1
    assert text(chart).startswith("This chart has ended. The 5 s up to 22:13:20 UTC: 1 record.")


# ------------------------------------------------------------- fields of one's own

LEVEL = Field("level", "m")
HOUR = 3_600_000


def level(hour: float, metres: float | None = 3.0, **more: object) -> dict[str, object]:
    return {"level": metres, "timestamp": reading(hour * 3600)["timestamp"]} | more


def test_any_field_is_drawn_by_key_with_its_unit(memory: Memory, chart_of: MakeChart) -> None:
    chart = chart_of("levels", y=LEVEL, threshold=8)
    assert chart.figure.layout.title.text == "Level (m) from levels"
    memory.send("levels", level(0), level(1, 4.5), level(1, None), key="Köln")
    refresh(chart)
    assert [trace.name for trace in chart.figure.data] == ["Köln"]
    assert "Köln: 2 records, 3 to 4.5 m, the last 4.5 m. Threshold 8 m." in text(chart)
    assert [each.name for each in chart.figure.layout.shapes] == ["threshold 8 m"]


def test_curves_are_told_apart_by_a_field_else_by_key_else_by_the_device_that_a_record_names(
    memory: Memory, chart_of: MakeChart
) -> None:
    by_river, by_key = chart_of("levels", y=LEVEL, by="river"), chart_of("levels", y=LEVEL)
    memory.send("levels", level(0, river="Rhine"), level(1, river="Rhine"), level(1, river=7), level(1), key="Köln")
    memory.send("levels", level(0, device="a"), level(0, sensor_id="b"), level(0), key=None)
    for chart in (by_river, by_key):
        refresh(chart)
    assert {each.name for each in by_river.figure.data} == {"Rhine", "7", "Köln", "a", "b", "no key"}
    assert {each.name for each in by_key.figure.data} == {"Köln", "a", "b", "no key"}


def test_a_chart_reaches_as_far_back_as_rare_readings_require_and_not_for_a_silence(
    memory: Memory, chart_of: MakeChart
) -> None:
    chart, fixed = chart_of("levels", y=LEVEL), chart_of("levels", y=LEVEL, seconds=100)
    for hour in range(100):  # one by one, so that each update forgets what is too old
        memory.send("levels", level(hour))
        refresh(chart)
    refresh(fixed)
    assert points(chart) == 61
    assert text(chart).startswith("The 2.5 days up to 2023-11-19 01:13 UTC: 61 records, 3 to 3 m.")
    assert points(fixed) == 1
    memory.send("sensor", *(reading(second) for second in range(20)), *(reading(HOUR + n) for n in range(200)))
    frequent = chart_of("sensor")
    refresh(frequent)
    assert text(frequent).startswith("The 100 s up to")


def test_the_most_frequent_curve_decides_how_far_back_a_chart_reaches(memory: Memory, chart_of: MakeChart) -> None:
    memory.send("sensor", *map(reading, range(0, 500, 10)))
    memory.send("alert", *(reading(second, 31.0) for second in range(0, 400, 100)))
    chart = chart_of("sensor", "alert")
    refresh(chart)
    assert text(chart).startswith("The 8.2 min up to")
    memory.send("sensor", *(reading(490 + second / 10) for second in range(1000)))
    refresh(chart)
    assert text(chart).startswith("The 100 s up to")


def test_a_mistyped_field_is_said_once_there_are_records_without_it(memory: Memory, chart_of: MakeChart) -> None:
    chart = chart_of("levels", y=Field("levle"))
    memory.send("levels", level(0), key="Köln")
    refresh(chart)
    assert chart.summary() == (
        "No record with a levle yet. Records not drawn, because they are not readings or have no levle "
        "(did you mean 'level'?): 1."
    )


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"level": "3,0"}, "are not readings or have no level (the level of the newest is not a number): 1."),
        (30, "are not readings or have no level (the newest is not an object with fields): 1."),
        ({"depth": 3.0}, "are not readings or have no level: 1."),
    ],
)
def test_why_a_record_is_not_drawn_is_said(value: object, said: str, memory: Memory, chart_of: MakeChart) -> None:
    chart = chart_of("levels", y=LEVEL)
    memory.send("levels", value, key="Köln")
    refresh(chart)
    assert chart.summary().endswith(said)


def test_a_mistyped_field_that_should_tell_devices_apart_is_said_unless_some_record_has_it(
    memory: Memory, chart_of: MakeChart
) -> None:
    chart = chart_of("levels", y=LEVEL, by="flor")
    memory.send("levels", level(0, floor="attic"), key="Köln")
    refresh(chart)
    assert "Records have no flor (did you mean 'floor'?): they are told apart by key." in chart.summary()
    memory.send("levels", level(1, flor="attic"), level(2), key="Köln")
    refresh(chart)
    assert "told apart" not in chart.summary()


def test_the_times_of_a_saved_chart_have_a_date_if_it_shows_days(memory: Memory, chart_of: MakeChart) -> None:
    chart = chart_of("levels", y=LEVEL)
    memory.send("levels", *(level(hour) for hour in range(49)))
    refresh(chart)
    assert text(chart).startswith("The 48 h up to 2023-11-16 22:13 UTC")
    drawing = re.search(r"base64,([^']+)", chart.static_html())
    assert drawing
    assert b">2023-11-14 22:13<" in base64.b64decode(drawing[1])


def test_a_saved_chart_is_small_however_much_it_shows(memory: Memory, chart_of: MakeChart) -> None:
    chart = chart_of("sensor", "alert", seconds=100)
    for second in range(100):
        found = [reading(second, 20.0 + (second + number) % 7, f"sensor-{number}") for number in range(25)]
        for topic in ("sensor", "alert"):
            memory.send(topic, *found)
        refresh(chart)
    assert "5000 records" in text(chart)
    assert len(chart.static_html()) < 40_000


def test_a_lab_knows_units_of_its_own(lab: Lab) -> None:
    lab.units["level"] = "m"
    rows = [{"station": "Köln", "level": 3.0, "measured": "2025-03-01 12:00"}]
    assert lab.produce(rows, writes="levels", key="station", time="measured", per_second=None).wait(10)
    chart, tiles = lab.chart("levels", y="level"), lab.tiles("levels", y="level")
    eventually(lambda: "Köln: 1 record, the last 3 m." in text(chart))
    eventually(lambda: all(f"<i>{part}" in tiles.grid.value for part in ("last: 3.00 m,", "at 2025-03-01 12:00")))
    windows = lab.windows("levels", device="Köln", y="level")
    assert windows.figure.layout.yaxis.title.text == chart.figure.layout.yaxis.title.text == "Level (m)"
    plot = lab.plot(lab.peek("levels"), x="measured", y="level", by="station")
    assert plot.summary() == "Level (m), 1 points; the last of Köln: 3.00."
