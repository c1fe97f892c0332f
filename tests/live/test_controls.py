"""Controls: what a user clicks happens in the real system, and what happens there the controls show."""

import html
import itertools
import math
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ipywidgets import Widget

from labkit import Lab, LabError
from labkit.live import controls as module
from labkit.live.controls import RATES, Controls
from labkit.live.pacing import Pacer
from labkit.pipelines import alert_filter
from labkit.readings import World, now, open_source, simulate
from tests.live.browser import sends, threads_in_each_others_way
from tests.topics import topics_of
from tests.waiting import eventually, never


def steady(temperature: float, *devices: str) -> Iterator[dict[str, Any]]:
    for device in itertools.cycle(devices or ("a", "b")):
        yield {"device": device, "temperature": temperature, "humidity": 40, "timestamp": now()}


def said(controls: Controls) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", controls.children[1].value))


def fields(controls: Controls) -> list[Any]:
    """Everything that a person can set."""
    return [each for group in controls.children[0].children for each in group.children]


def choose(menu: Any, value: Any) -> None:
    sends(menu, index=menu.options.index(value))


def count(lab: Lab, topic: str) -> int:
    return topics_of(lab).count(topic)


def worker(lab: Lab, name: str) -> Any:
    return next(each for each in lab.workers if each.name == name)


class StubProducer:
    """A producer that writes nothing."""

    def __init__(self, world: World, per_second: float | None = 1.0, replays: bool = False) -> None:
        self.world, self.per_second, self.replays = world, per_second, replays
        self.alive = True

    def stop(self) -> None:
        self.alive = False


class StubScene:
    """A scene without Kafka; with an `error`, one in which nothing works."""

    def __init__(self, producer: StubProducer | None = None, error: Exception | None = None) -> None:
        self.producer, self.error = producer, error
        self.threshold = 29.85

    def start_producer(self) -> None:
        if self.error:
            raise self.error
        self.producer.alive = True

    def set_threshold(self, celsius: float) -> None:
        if self.error:
            raise self.error
        self.threshold = celsius


MakeControls = Callable[..., tuple[Controls, StubScene]]


@pytest.fixture
def controls_of(running: Pacer) -> MakeControls:
    """Makes controls of a producer without Kafka, which the test updates; returns their scene, too."""

    def make(world: World | None = None, **options: Any) -> tuple[Controls, StubScene]:
        scene = StubScene(StubProducer(world or World(simulate(3)), **options))
        return Controls(scene, running), scene

    return make


def refresh(controls: Controls) -> None:
    controls.update()
    controls.paint()


# ------------------------------------------------------------------- producer


def test_the_producer_stops_and_goes_on_in_its_world(lab: Lab) -> None:
    first = lab.produce(per_second=50)
    controls = lab.controls()
    assert (controls.run.value, controls.run.description) == (True, "Producer runs")
    first.world.heatwave("sensor-2", 5.0)
    sends(controls.run, value=False)
    assert first.status == "stopped"
    assert said(controls) == "The producer has been stopped."
    assert controls.run.description == "Producer is stopped"
    before = count(lab, "sensor")
    sends(controls.run, value=True)
    lab.wait_for("sensor", before + 1)
    assert (first.alive, len(lab.workers)) == (True, 1)
    assert said(controls) == "The producer runs."
    choose(controls.device, "sensor-2")
    assert controls.heatwave.value


def test_without_a_producer_one_is_started(lab: Lab) -> None:
    controls = lab.controls()
    assert (controls.run.value, controls.device.options, controls.rate.disabled) == (False, (), True)
    assert all(each.disabled for each in (controls.heatwave, controls.silent, controls.backlog, controls.corrupt))
    sends(controls.run, value=True)
    lab.wait_for("sensor", 1)
    assert controls.device.options == ("sensor-1", "sensor-2", "sensor-3")
    assert not controls.corrupt.disabled


def test_the_rate_is_that_of_each_device(lab: Lab) -> None:
    producer = lab.produce(devices=1, per_second=0.5)
    controls = lab.controls()
    assert controls.rate.value == 0.5
    choose(controls.rate, 100.0)
    assert producer.per_second == 100.0
    lab.wait_for("sensor", 50, timeout=5)
    assert said(controls) == "Each device sends 100 readings a second."


def test_a_rate_that_is_none_of_the_usual_ones_is_offered_too(controls_of: MakeControls) -> None:
    controls, _ = controls_of(per_second=33)
    assert controls.rate.value == 33
    assert set(controls.rate.options) == {*RATES, 33}


def test_a_replay_has_no_rate_to_choose(lab: Lab) -> None:
    lab.produce("nyc-weather")
    controls = lab.controls()
    assert controls.rate.disabled
    assert controls.rate.label == "as recorded"
    assert not controls.heatwave.disabled


def test_what_has_no_rate_says_so(controls_of: MakeControls) -> None:
    controls, _ = controls_of(per_second=None)
    assert controls.rate.disabled
    assert controls.rate.label == "as fast as possible"


def test_of_several_producers_the_newest_that_runs_is_meant(lab: Lab) -> None:
    running = lab.produce(per_second=20)
    assert lab.produce([next(simulate())], per_second=None, name="one reading").wait(10)
    controls = lab.controls()
    assert controls.run.value
    sends(controls.run, value=False)
    assert running.status == "stopped"


# ------------------------------------------------------------------ threshold


def test_a_threshold_is_another_run_of_the_alert_filter(lab: Lab) -> None:
    lab.produce(steady(20.0), per_second=50)
    first = lab.run(alert_filter, reads="sensor", writes="alert")
    controls = lab.controls()
    assert controls.threshold.value == 29.85
    sends(controls.threshold, value=19.5)
    second = worker(lab, "alert_filter")
    assert (first.status, second.alive) == ("stopped", True)
    assert said(controls) == "alert_filter was replaced: it now keeps readings above 19.5 °C."
    lab.wait_for("alert", 5)
    assert first.records_out == 0
    sends(controls.threshold, value=21.0)
    third = worker(lab, "alert_filter")
    eventually(lambda: third.records_in > 20)
    assert third.records_out == 0
    seen = first.records_in + second.records_in + third.records_in
    assert seen <= count(lab, "sensor")  # each reads on where the one before stopped


@pytest.mark.parametrize("celsius", [-300.0, 1e9, math.nan])
def test_a_threshold_that_is_no_temperature_is_refused(lab: Lab, celsius: float) -> None:
    lab.create_topic("sensor")
    running = lab.run(alert_filter, reads="sensor", writes="alert")
    controls = lab.controls()
    sends(controls.threshold, value=celsius)
    assert said(controls) == f"{celsius:g} °C is not possible: choose a threshold from -273.15 to 1000 °C."
    assert (controls.threshold.value, running.alive) == (29.85, True)


def test_all_controls_show_the_threshold_of_the_filter_that_runs(lab: Lab) -> None:
    lab.produce(steady(20.0), per_second=50)
    lab.run(alert_filter, reads="sensor", writes="alert")
    first, second = lab.controls(), lab.controls()
    sends(first.threshold, value=19.5)
    eventually(lambda: second.threshold.value == 19.5)
    assert lab.controls().threshold.value == 19.5
    lab.run(alert_filter, reads="sensor", writes="alert")
    eventually(lambda: first.threshold.value == second.threshold.value == 29.85)


def test_a_filter_of_the_students_is_not_replaced_and_the_old_threshold_stays(lab: Lab) -> None:
    lab.create_topic("sensor")
    own = lab.run(lambda readings: readings, reads="sensor", writes="alert", name="mine")
    controls = lab.controls()
    sends(controls.threshold, value=19.5)
    assert said(controls) == "mine writes to alert: stop it first, then alert_filter can take its place."
    assert (controls.threshold.value, lab.workers, own.alive) == (29.85, (own,), True)


# ---------------------------------------------------------------------- world


def test_a_heat_wave_warms_the_chosen_device_and_ends(lab: Lab) -> None:
    lab.produce(steady(20.0), per_second=50)
    lab.wait_for("sensor", 2)
    controls = lab.controls()
    choose(controls.device, "b")
    sends(controls.heatwave, value=True)
    eventually(lambda: [each for each in lab.records("sensor") if each.value["temperature"] > 20.5])
    assert {each.key for each in lab.records("sensor") if each.value["temperature"] > 20.0} == {"b"}
    assert said(controls) == "b gets 10 °C warmer over some seconds."
    sends(controls.heatwave, value=False)
    assert worker(lab, "producer of sensor").world.heat("b") == 0.0


def test_a_silent_device_is_not_heard_and_its_backlog_comes_late(lab: Lab) -> None:
    lab.produce(steady(20.0), per_second=100)
    lab.wait_for("sensor", 2)
    controls = lab.controls()
    choose(controls.device, "b")
    assert controls.backlog.disabled
    controls.backlog.observe(pytest.fail, "disabled")  # a button that changes nothing for the user sends nothing
    controls.update()
    controls.backlog.unobserve(pytest.fail, "disabled")
    sends(controls.silent, value=True)
    eventually(lambda: "(0)" not in controls.backlog.description)
    quiet = len([each for each in lab.records("sensor") if each.key == "b"])
    eventually(lambda: worker(lab, "producer of sensor").world.backlog("b") > 20)
    assert len([each for each in lab.records("sensor") if each.key == "b"]) <= quiet + 1
    assert controls.backlog.disabled  # while it is cut off
    sends(controls.silent, value=False)
    eventually(lambda: not controls.backlog.disabled)
    controls.backlog.click()
    assert re.fullmatch(r"b sends \d\d+ readings that it had kept\.", said(controls))
    eventually(lambda: len([each for each in lab.records("sensor") if each.key == "b"]) > quiet + 20)
    sends(controls.run, value=False)
    times = {key: [each.timestamp for each in lab.records("sensor") if each.key == key] for key in "ab"}
    assert abs(len(times["a"]) - len(times["b"])) <= 1  # they take turns: nothing is missing, nothing came twice


def test_a_corrupt_record_ends_in_the_dead_letter_topic(lab: Lab) -> None:
    lab.produce(steady(20.0), per_second=50)
    lab.wait_for("sensor", 2)
    lab.run(alert_filter, reads="sensor", writes="alert")
    controls = lab.controls()
    controls.corrupt.click()
    assert said(controls) == "The next reading of a arrives damaged: look for it in sensor.dead-letter."
    lab.wait_for("sensor.dead-letter", 1)
    sends(controls.silent, value=True)
    controls.corrupt.click()
    assert said(controls) == "a is cut off; its next reading is damaged, and kept with the others."


def test_what_is_clicked_while_the_producer_stands_still_happens_when_it_runs(lab: Lab) -> None:
    lab.produce(per_second=50).stop()
    controls = lab.controls()
    controls.corrupt.click()
    assert "arrives damaged, as soon as the producer runs" in said(controls)
    sends(controls.run, value=True)
    eventually(lambda: [each for each in lab.records("sensor") if isinstance(each.value, bytes)])


# ------------------------------------------------------------------ following


def test_what_is_done_in_code_is_shown(lab: Lab) -> None:
    producer = lab.produce(per_second=50)
    controls = lab.controls()
    producer.world.silence("sensor-1")
    producer.world.heatwave("sensor-1", 3.0)
    producer.per_second = 20.0
    eventually(lambda: controls.silent.value and controls.heatwave.value and controls.rate.value == 20.0)
    choose(controls.device, "sensor-2")
    assert (controls.silent.value, controls.heatwave.value) == (False, False)
    producer.stop()
    eventually(lambda: not controls.run.value)
    assert said(controls) == "The buttons act on sensor-2."


def test_an_update_in_which_nothing_has_changed_sends_nothing(
    monkeypatch: pytest.MonkeyPatch, controls_of: MakeControls
) -> None:
    controls, _ = controls_of()
    sent: list[Any] = []
    monkeypatch.setattr(Widget, "_send", lambda _, message, **__: sent.append(message))
    never(lambda: sent, lambda: refresh(controls))


def test_devices_that_appear_late_are_offered_and_the_choice_stays(controls_of: MakeControls) -> None:
    late = (f"sensor-{number}" for number in range(28))
    world = World(open_source((next(steady(20.0, each)) for each in ("a", "b", *late)), 1.0, None, None))
    controls, _ = controls_of(world)
    readings = iter(world)
    for _ in range(2):
        next(readings)
    refresh(controls)
    assert controls.device.options == ("a", "b")
    choose(controls.device, "b")
    for _ in range(28):
        next(readings)
    refresh(controls)
    assert len(controls.device.options) == 30
    assert controls.device.value == "b"


def test_the_chosen_device_stays_while_the_producer_is_replaced(controls_of: MakeControls) -> None:
    controls, scene = controls_of()
    choose(controls.device, "sensor-3")
    scene.producer = None
    refresh(controls)
    assert controls.device.value == "sensor-3"
    scene.producer = StubProducer(World(simulate(4)))
    refresh(controls)
    assert "sensor-4" in controls.device.options
    assert controls.device.value == "sensor-3"
    scene.producer = StubProducer(World(simulate(2)))
    refresh(controls)
    assert controls.device.value == "sensor-1"


class Recorded(World):
    """A world that remembers what was done to it."""

    def __init__(self) -> None:
        super().__init__(simulate(devices=3))
        self.done: list[Any] = []

    def silence(self, device: str) -> None:
        self.done.append((device, "silent", True))
        super().silence(device)

    def wake(self, device: str, backlog_first: bool = False) -> int:
        self.done.append((device, "silent", False))
        return super().wake(device, backlog_first)

    def heatwave(self, device: str, degrees: float = 10.0) -> None:
        self.done.append((device, "heat", True))
        super().heatwave(device, degrees)

    def cool(self, device: str) -> None:
        self.done.append((device, "heat", False))
        super().cool(device)


@pytest.fixture
def following(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Controls]]:
    """Controls that are started without a pause between two updates, and closed after the test."""
    monkeypatch.setattr(module, "PERIOD", 0.0)
    started: list[Controls] = []
    with threads_in_each_others_way():
        yield started
    for each in started:
        each.close()


def test_every_toggle_takes_effect_while_the_follower_runs(
    following: list[Controls], controls_of: MakeControls
) -> None:
    world = Recorded()
    controls, scene = controls_of(world)
    controls.start()
    following.append(controls)
    wanted: list[Any] = []
    for number in range(300):
        device = f"sensor-{number % 3 + 1}"
        choose(controls.device, device)
        for button, what in ((controls.silent, "silent"), (controls.heatwave, "heat")):
            wanted.append((device, what, not button.value))
            sends(button, value=not button.value)
        rate = RATES[(number + 1) % len(RATES)]
        if rate != controls.rate.value:
            choose(controls.rate, rate)
        assert scene.producer.per_second == rate
    assert world.done == wanted
    assert [world.is_silent(device) for device in world.devices] == [False] * 3


def test_every_threshold_and_every_start_takes_effect_while_the_follower_runs(
    following: list[Controls], controls_of: MakeControls
) -> None:
    controls, scene = controls_of()
    controls.start()
    following.append(controls)
    for number in range(100):
        sends(controls.threshold, value=10.0 + number)
        assert scene.threshold == controls.threshold.value == 10.0 + number
        sends(controls.run, value=bool(number % 2))
        assert scene.producer.alive == controls.run.value == bool(number % 2)


# ------------------------------------------------------------------- failures


@pytest.mark.parametrize("error", [LabError("Kafka <at> nowhere."), OSError("Kafka <at> nowhere.")])
def test_what_fails_is_said_and_the_controls_show_the_system_as_it_is(pacer: Pacer, error: Exception) -> None:
    controls = Controls(StubScene(error=error), pacer)
    sends(controls.run, value=True)
    assert said(controls).endswith("Kafka <at> nowhere.")
    assert "<at>" not in controls.children[1].value
    assert not controls.run.value
    sends(controls.threshold, value=-20.0)
    assert controls.threshold.value == 29.85
    controls.corrupt.click()
    assert said(controls) == "No producer of this lab writes to sensor: start one."


def test_controls_end_with_their_lab_and_act_no_more(lab: Lab) -> None:
    lab.produce(per_second=20)
    controls = lab.controls()
    lab.stop()
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("lab-controls")]
    assert all(each.disabled for each in fields(controls))
    assert said(controls) == "These controls have ended."
    sends(controls.run, value=not controls.run.value)  # it was on its way already
    sends(controls.threshold, value=-20.0)
    controls.corrupt.click()
    assert lab.workers == ()
    assert said(controls) == "These controls have ended."
