"""Controls that act on the real system: the producer, the alert threshold, and the sensors' world."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Protocol

from ipywidgets import HTML, Button, Dropdown, FloatText, HBox, Layout, ToggleButton, VBox
from markupsafe import Markup

from labkit.errors import LabError
from labkit.kafka.clients import LOGGER
from labkit.live.ticker import Ticker, take_turns
from labkit.readings import World
from labkit.runs.producer import Producer

PERIOD = 0.5  # seconds between two updates from the system
RATES = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
WIDE = Layout(width="auto", min_width="130px")
LABEL = {"description_width": "initial"}
ROW = Layout(flex_flow="row wrap", align_items="center")


class Scene(Protocol):
    """What the controls act on."""

    @property
    def producer(self) -> Producer | None: ...

    @property
    def threshold(self) -> float: ...

    def start_producer(self) -> None: ...

    def set_threshold(self, celsius: float) -> None: ...


class Controls(VBox):  # type: ignore[misc]
    """Buttons and fields, all of which work by keyboard; a line below says what the last one did."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._lock = threading.RLock()
        self._following = False  # while the controls follow the system, they must not act on it
        self.run = ToggleButton(description="Producer runs", icon="play", layout=WIDE)
        self.rate = Dropdown(options=RATES, description="Readings a second, each:", style=LABEL)
        self.threshold = FloatText(scene.threshold, step=0.5, description="Alert above (°C):", style=LABEL)
        self.device = Dropdown(description="Device:", style=LABEL, layout=Layout(width="190px"))
        self.heatwave = ToggleButton(description="Heat wave", icon="sun-o", layout=WIDE)
        self.silent = ToggleButton(description="Silent", icon="chain-broken", layout=WIDE)
        self.backlog = Button(description="Send backlog", icon="inbox", layout=WIDE)
        self.corrupt = Button(description="Corrupt record", icon="bolt", layout=WIDE)
        self._said = HTML(_line(Markup("&nbsp;")))  # at full height, so that nothing below it moves later
        super().__init__(
            [
                HBox([self.run, self.rate, self.threshold], layout=ROW),
                HBox([self.device, self.heatwave, self.silent, self.backlog, self.corrupt], layout=ROW),
                self._said,
            ]
        )
        for each in self._all():
            take_turns(each, self._lock)
        self._follow()
        self._connect()
        self._ticker = Ticker("controls", self._tick, lambda error: self._say(f"The controls have failed: {error}"))
        self._ticker.start()

    def close(self) -> None:
        """Stop following the system, and disable all controls."""
        if not self._ticker.closed:
            self._ticker.close()
            for each in self._all():
                each.disabled = True
            self._say("These controls have ended.")

    def _all(self) -> list[Any]:
        return [*self.children[0].children, *self.children[1].children]

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
        """Returns a callback that acts on a value set by a person, and says what was done, or why not."""

        def act(change: Any) -> None:
            with self._lock:  # else the follower could set the value back before the action has been done
                if self._following or self._ticker.closed:  # sent before the controls were closed
                    return
                try:
                    self._say(action(getattr(change, "new", None)))
                except LabError as error:
                    self._say(str(error))
                except Exception as error:  # a traceback from here would reach nobody
                    LOGGER.exception("a control failed")
                    self._say(f"This has failed: {error}")
                self._follow()

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

    def _tick(self) -> float:
        self._follow()
        return PERIOD

    def _follow(self) -> None:
        """Show the system as it is, whoever changed it."""
        with self._lock:
            self._following = True
            try:
                self._follow_producer(self._scene.producer)
                self.threshold.value = self._scene.threshold
            finally:
                self._following = False

    def _follow_producer(self, producer: Producer | None) -> None:
        self.run.value = bool(producer and producer.alive)
        self.run.description = "Producer runs" if self.run.value else "Producer is stopped"
        rate = producer.per_second if producer else None
        self.rate.disabled = rate is None
        if rate is not None:
            self.rate.options = sorted({*RATES, rate})
            self.rate.value = rate
        elif producer:
            self.rate.options = [("as recorded" if producer.replays else "as fast as possible", 0.0)]
        devices = producer.world.devices if producer else ()
        if devices and self.device.options != devices:  # the choice is kept while there is no producer
            chosen = self.device.value
            with self.device.hold_sync():
                self.device.options = devices
                self.device.value = chosen if chosen in devices else devices[0]
        for each in (self.heatwave, self.silent, self.corrupt):
            each.disabled = not devices
        kept = 0
        if producer and devices:
            kept = producer.world.backlog(self.device.value)
            self.heatwave.value = bool(producer.world.heat(self.device.value))
            self.silent.value = producer.world.is_silent(self.device.value)
            self.backlog.description = f"Send backlog ({kept})"
        self.backlog.disabled = self.silent.value or not kept  # a silent device can send nothing

    def _say(self, text: str) -> None:
        self._said.value = _line(text)


def _line(text: str) -> Markup:
    return Markup("<p role='status' style='margin:2px 4px'>{}</p>").format(text)
