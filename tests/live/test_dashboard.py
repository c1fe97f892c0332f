"""The whole scene on one page, on the real broker."""

import itertools
import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from labkit import Lab
from labkit.kafka.tap import Record
from labkit.live import tiles
from labkit.live.dashboard import Dashboard
from labkit.pipelines import average_temperature
from labkit.readings import now
from tests.live.browser import sends
from tests.waiting import eventually

LABS_OWN = {"lab-pacer"}  # these threads end when it is closed
STAGES = {"producer of sensor", "alert_filter", "alert_counter", "average_temperature"}


def readings(temperature: float) -> Iterator[dict[str, Any]]:
    """One a second from each device for the last 30 seconds, then current ones: so windows close at once."""
    start = now() - 30_000
    for number in itertools.count():
        time = min(start + 500 * number, now())
        device = "ab"[number % 2]
        yield {"device": device, "temperature": temperature + number % 2, "humidity": 40, "timestamp": time}


def names(lab: Lab) -> set[str]:
    return {each.name for each in lab.workers if each.alive}


def text(dashboard: Dashboard) -> str:
    shown = re.sub(
        "<p class='lab-trail'>.*?</p>|</?(?:small|i)>|<span class='lab-zone'>", "", dashboard.tiles.grid.value
    )
    return re.sub("<[^>]*>", " ", shown)


def newest(lab: Lab, topic: str, device: str) -> Record:
    found = [each for each in lab.records(topic) if each.key == device]
    return max(found, key=lambda each: each.value.get("end", each.timestamp))


@pytest.mark.slow
def test_a_dashboard_starts_what_is_missing_and_nothing_else(lab: Lab) -> None:
    producer = lab.produce(readings(35.0), per_second=50)
    averages = lab.run(average_temperature, reads="sensor", writes="avg-temp", name="mine")
    lab.dashboard()
    assert names(lab) == STAGES - {"average_temperature"} | {"mine"}
    assert {producer, averages} <= set(lab.workers)
    before = lab.workers
    lab.dashboard()
    assert lab.workers == before


def test_a_dashboard_starts_the_whole_scene_and_goes_on_from_what_ended(lab: Lab) -> None:
    assert lab.produce([next(readings(20.0))], per_second=None).wait(10)
    dashboard = lab.dashboard()
    assert names(lab) == STAGES
    eventually(lambda: "sensor-3" in text(dashboard))


def test_the_tiles_say_what_the_topics_hold_and_then_that_there_is_no_data(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.produce(readings(35.0), per_second=60)
    dashboard = lab.dashboard()
    eventually(lambda: dashboard.tiles.grid.value.count("<strong>") == 6 and text(dashboard).count("in 5 s") == 2)
    sends(dashboard.controls.run, value=False)
    stopped = now()
    monkeypatch.setattr(tiles, "now", lambda: stopped)
    for worker in lab.workers[1:]:
        worker.wait_until_caught_up()
    for device in "ab":
        last = newest(lab, "sensor", device).value["temperature"]
        mean = newest(lab, "avg-temp", device).value["temperature"]
        count = newest(lab, "alert-count", device).value["count"]
        assert (last, mean) == ({"a": 35.0, "b": 36.0}[device],) * 2
        parts = [
            rf"latest temperature +{last:.2f} °C",
            rf"temperature in 10 s +{mean:.2f} °C",
            rf"alerts in 5 s +{count}",
        ]
        shown = rf" {device} +(?:just now|\d+ s ago) +sensor +{parts[0]} .*?{parts[1]} .*?{parts[2]} "
        eventually(lambda shown=shown: re.search(shown, text(dashboard)))  # type: ignore[misc]
    monkeypatch.setattr(tiles, "now", lambda: stopped + 60_000)
    eventually(lambda: len(re.findall(r"no data for 6\d s", text(dashboard))) == 6)
    assert "<strong>" not in dashboard.tiles.grid.value


def test_a_threshold_decides_what_reaches_the_alerts_and_where_the_line_is(lab: Lab) -> None:
    lab.produce(readings(20.0), per_second=60)  # 293.15 and 294.15 K
    dashboard = lab.dashboard()
    assert dashboard.chart.threshold == 29.85
    sends(dashboard.controls.threshold, value=20.5)
    assert dashboard.chart.threshold == 20.5
    lab.wait_for("alert", 10)
    assert {each.key for each in lab.records("alert")} == {"b"}
    eventually(lambda: "b in alert" in {trace.name for trace in dashboard.chart.figure.data})
    eventually(lambda: "Threshold 20.5 °C." in dashboard.chart.summary())


@pytest.mark.slow
def test_a_dashboard_made_anew_knows_the_threshold(lab: Lab) -> None:
    first = lab.dashboard()
    sends(first.controls.threshold, value=20.5)
    second = lab.dashboard()
    assert (second.controls.threshold.value, second.chart.threshold) == (20.5, 20.5)
    sends(second.controls.threshold, value=21.5)
    eventually(lambda: first.controls.threshold.value == 21.5 and first.chart.threshold == 21.5)


def test_a_threshold_that_is_refused_is_not_drawn(lab: Lab) -> None:
    lab.create_topic("sensor")
    lab.run(lambda stream: stream, reads="sensor", writes="alert", name="mine")
    dashboard = lab.dashboard()
    sends(dashboard.controls.threshold, value=-20.0)
    assert (dashboard.controls.threshold.value, dashboard.chart.threshold) == (29.85, 29.85)


@pytest.mark.slow
def test_a_snapshot_of_the_dashboard_has_tiles_chart_and_topology_and_is_small(lab: Lab) -> None:
    lab.produce(readings(35.0), per_second=60)
    dashboard = lab.dashboard()
    eventually(lambda: dashboard.tiles.grid.value.count("<strong>") == 6 and dashboard.snapshot.ready.is_set())
    html = dashboard.snapshot.html()
    assert html.count("role='group'") == 2
    assert html.count("<img") == 2
    assert len(html) < 60_000
    words = dashboard.snapshot.words()
    assert "a: sensor: latest temperature, 35.00 °C" in words
    assert "Threshold 29.85 °C." in words
    assert "alert_filter is" in words


@pytest.mark.slow
def test_a_dashboard_ends_with_its_lab_and_leaves_no_thread(lab: Lab) -> None:
    before = {*threading.enumerate()}  # threads may be left of a Kafka that another test killed
    lab.produce(readings(35.0), per_second=60)
    dashboard = lab.dashboard()
    eventually(lambda: "sensor" in dashboard.topology.choice.options)
    sends(dashboard.topology.choice, index=1)
    eventually(lambda: "temperature" in dashboard.topology.children[2].value)
    lab.stop()
    views = ("lab-tiles", "lab-chart", "lab-controls", "lab-topology", "lab-panel", "lab-dashboard")
    assert not [each.name for each in threading.enumerate() if each.name.startswith(views)]

    def left() -> set[str]:
        return {each.name for each in {*threading.enumerate()} - before if each.name.startswith("lab-")}

    eventually(lambda: left() <= LABS_OWN)
    assert "These tiles have ended" in text(dashboard)
    assert all(each.disabled for group in dashboard.controls.children[0].children for each in group.children)
    assert "This dashboard has ended" in dashboard.snapshot.html()
