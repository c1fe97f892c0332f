"""Controls that act on the real system: the producer, the alert threshold, and the sensors' world."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ipywidgets import HTML, Button, Dropdown, FloatText, HBox, ToggleButton
from markupsafe import Markup

from labkit.errors import LabError
from labkit.kafka.clients import LOGGER
from labkit.live import html
from labkit.live.pacing import Pacer
from labkit.live.poller import lock_messages
from labkit.live.scene import Scene
from labkit.live.view import LiveView
from labkit.readings import World
from labkit.runs.producer import Producer

PERIOD = 0.5  # seconds between two updates from the system
RATES = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
ENDED = "These controls have ended."


@dataclass(frozen=True)
class State:
    """What the controls show of the system: the newest producer, the chosen device in its world, and the threshold;
    `said` is what the last action did.
    """

    runs: bool
    rate: float | None  # of the producer; None if it has none that can be chosen
    rates: tuple[float | tuple[str, float], ...]  # to choose from
    devices: tuple[str, ...]
    device: str | None  # the chosen one
    is_hot: bool
    is_silent: bool
    kept: int  # readings that it has not sent
    threshold: float
    said: str = ""
    ended: bool = False
    is_empty = False


class Controls(LiveView[State]):
    """Buttons and fields, all of which work by keyboard; the line below reports what the last one did."""

    def __init__(self, scene: Scene, pacer: Pacer) -> None:
        self._scene = scene
        self._said = ""
        self._lock = threading.RLock()
        self._following = False  # while the controls follow the system, they must not act on it
        self.run = ToggleButton(description="Producer runs", icon="play")
        self.rate = Dropdown(options=RATES, description="Readings a second, each:")
        self.threshold = FloatText(scene.threshold, step=0.5, description="Alert above (°C):")
        self.device = Dropdown(description="Device:")
        self.heatwave = ToggleButton(description="Heat wave", icon="sun-o")
        self.silent = ToggleButton(description="Silent", icon="chain-broken")
        self.backlog = Button(description="Send backlog", icon="inbox")
        self.corrupt = Button(description="Corrupt record", icon="bolt")
        self._groups = (
            HBox([self.run, self.rate]),
            HBox([self.threshold]),
            HBox([self.device, self.heatwave, self.silent, self.backlog, self.corrupt]),
        )
        self._line = HTML()
        parts = [HBox(self._groups).add_class("lab-toolbar"), self._line]
        super().__init__("controls", parts, pacer, collect(scene, None), PERIOD)
        for each in self._all():
            lock_messages(each, self._lock)
        self.show_state(self.state)
        self._connect()

    def _all(self) -> list[Any]:
        return [each for group in self._groups for each in group.children]

    def _connect(self) -> None:
        self.run.observe(self._acting(self._run_producer), "value")
        self.rate.observe(self._acting(self._set_rate), "value")
        self.threshold.observe(self._acting(self._set_threshold), "value")
        self.heatwave.observe(self._acting(self._heat), "value")
        self.silent.observe(self._acting(self._silence), "value")
        self.device.observe(self._acting(lambda device: f"The buttons act on {device}."), "value")
        self.backlog.on_click(self._acting(self._send_backlog))
        self.corrupt.on_click(self._acting(self._send_corrupt))

    def _acting(self, action: Callable[[Any], str]) -> Callable[[Any], None]:
        """Returns a callback that acts on a value set by a person, and reports what was done, or why not."""

        def act(change: Any) -> None:
            with self._lock:  # else the follower could set the value back before the action has been done
                if self._following or self.finished:  # sent before the controls were closed
                    return
                try:
                    self._said = action(getattr(change, "new", None))
                except LabError as error:
                    self._said = str(error)
                except Exception as error:  # a traceback from here would reach nobody
                    LOGGER.exception("a control failed")
                    self._said = f"This has failed: {error}"
                self.update()
                self.paint()  # at once, and even if the system is as it was: then what was set was refused

        return act

    # ---------------------------------------------------------------- actions

    def _run_producer(self, on: bool) -> str:
        if on:
            self._scene.start_producer()
            return "The producer runs."
        if self._scene.producer:
            self._scene.producer.stop()
        return "The producer has been stopped."

    def _set_rate(self, per_second: float) -> str:
        if self._scene.producer:
            self._scene.producer.per_second = per_second
        return f"Each device sends {per_second:g} readings a second."

    def _set_threshold(self, celsius: float) -> str:
        self._scene.set_threshold(celsius)
        return f"alert_filter was replaced: it now keeps readings above {celsius:g} °C."

    def _heat(self, on: bool) -> str:
        device = self.device.value
        if on:
            self._world.heatwave(device)
            return f"{device} gets 10 °C warmer over some seconds."
        self._world.cool(device)
        return f"{device} cools down over some seconds."

    def _silence(self, on: bool) -> str:
        device = self.device.value
        if on:
            self._world.silence(device)
            return f"{device} is cut off. It keeps measuring, and stores its readings."
        self._world.wake(device)
        return f"{device} is connected again. It still has {self._world.backlog(device)} older readings."

    def _send_backlog(self, _: None) -> str:
        count = self._world.send_backlog(self.device.value)
        return f"{self.device.value} sends {count} readings that it had kept{self._when()}."

    def _send_corrupt(self, _: None) -> str:
        device = self.device.value
        self._world.corrupt(device)
        if self._world.is_silent(device):
            return f"{device} is cut off; its next reading is damaged, and kept with the others."
        return f"The next reading of {device} arrives damaged{self._when()}: look for it in sensor.dead-letter."

    def _when(self) -> str:
        return "" if self._scene.producer and self._scene.producer.alive else ", as soon as the producer runs"

    # -------------------------------------------------------------- following

    @property
    def _world(self) -> World:
        producer = self._scene.producer
        if not producer or self.device.value is None:
            raise LabError("No producer of this lab writes to sensor: start one.")
        return producer.world

    def update(self) -> float | None:
        """Collect the system as it is, whoever changed it."""
        with self._lock:
            return super().update()

    def paint(self) -> None:
        with self._lock:
            super().paint()

    def collect(self) -> State:
        return replace(collect(self._scene, self.device.value), said=self._said)

    def collect_last(self) -> State:
        return replace(self.collect(), said=ENDED, ended=True)

    def show_state(self, state: State) -> None:
        self._following = True
        try:
            self._show(state)
        finally:
            self._following = False

    def _show(self, state: State) -> None:
        self.run.value = state.runs
        self.run.description = "Producer runs" if state.runs else "Producer is stopped"
        self.rate.disabled = state.rate is None
        if state.rates:
            self.rate.options = state.rates
        if state.rate is not None:
            self.rate.value = state.rate
        self._show_device(state)
        self.threshold.value = state.threshold
        self.show_message(state.said)
        if state.ended:
            for each in self._all():
                each.disabled = True

    def _show_device(self, state: State) -> None:
        if state.devices and self.device.options != state.devices:  # the choice is kept while there is no producer
            with self.device.hold_sync():
                self.device.options = state.devices
                self.device.value = state.device
        for each in (self.heatwave, self.silent, self.corrupt):
            each.disabled = not state.devices
        if state.devices:
            self.heatwave.value, self.silent.value = state.is_hot, state.is_silent
            self.backlog.description = f"Send backlog ({state.kept})"
        self.backlog.disabled = self.silent.value or not state.kept  # a silent device can send nothing

    def show_message(self, text: str) -> None:
        self._line.value = html.element("p", text or Markup("&nbsp;"), role="status")  # always as high

    def static_html(self) -> Markup:
        return html.element("p", words(self.state))

    def summary(self) -> str:
        """Returns what the controls show, in words. Example: print(controls.summary())"""
        return words(self.state)


def words(state: State) -> str:
    """Returns what controls show as text."""
    rate = "" if state.rate is None else f", {state.rate:g} readings a second from each device"
    parts = [f"The producer {'runs' if state.runs else 'is stopped'}{rate}.", f"Alerts above {state.threshold:g} °C."]
    if state.device:
        place = ["heat wave"] * state.is_hot + ["silent"] * state.is_silent + [f"{state.kept} readings kept"]
        parts.append(f"{state.device}: {', '.join(place)}.")
    return " ".join([*parts, state.said]).rstrip()


def collect(scene: Scene, chosen: str | None) -> State:
    """Returns what the controls show of a scene while a device is chosen."""
    producer = scene.producer
    runs, threshold = bool(producer and producer.alive), scene.threshold
    if not producer:
        return State(runs, None, (), (), chosen, False, False, 0, threshold)
    world, rate = producer.world, producer.per_second
    devices = world.devices
    device = chosen if chosen in devices else next(iter(devices), None)
    place = (bool(world.heat(device)), world.is_silent(device), world.backlog(device)) if device else (False, False, 0)
    return State(runs, rate, _rates(producer), devices, device, *place, threshold)


def _rates(producer: Producer) -> tuple[float | tuple[str, float], ...]:
    """Returns the rates to choose from, or why there is none to choose."""
    if producer.per_second is not None:
        return tuple(sorted({*RATES, producer.per_second}))
    return (("as recorded" if producer.replays else "as fast as possible", 0.0),)
