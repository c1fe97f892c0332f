"""The head of a dashboard: what it shows, and at a glance whether all is well."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from markupsafe import Markup

from labkit.live import controls, html, tiles, topology
from labkit.live.tiles import Tile
from labkit.runs.system import WorkerState

TITLE = "Temperatures"
BEHIND = 5.0  # seconds of records that a pipeline may have before it
FEW = 10  # records that are not worth mentioning, however few arrive
LIVING = ("starting", "running")


class Status(NamedTuple):
    """The state of the whole: its mark, and its words; `kind` is one of well, waiting and alarm."""

    kind: str
    mark: str
    words: str


def status(devices: tiles.State, system: topology.State) -> Status:
    """Returns the worst that there is to say of devices and pipelines, with what causes other faults first."""
    if system.error:
        return Status("alarm", "✖", system.error)
    if fault := next(_faults(system.workers), ""):
        return Status("alarm", "✖", fault)
    if silent := [each.device for each in devices.tiles if each.is_silent]:
        return Status("alarm", "▲", _silent(silent, devices.tiles))
    if late := [each for each in system.workers if _is_behind(each)]:
        return Status("alarm", "▲", f"{late[0].name} is {late[0].lag} records behind")
    if devices.is_empty or system.is_empty:
        return Status("waiting", "○", "Waiting for the first reading")
    return Status("well", "✔", "All well")


def _faults(workers: Sequence[WorkerState]) -> Iterator[str]:
    """Yields which workers do not work, unless another one does it for them."""
    written = {each.writes for each in workers if each.status in LIVING}
    ended = [each for each in workers if each.status not in LIVING and each.writes not in written]
    yield from (f"{each.name} has failed" for each in ended if each.status == "failed")
    yield from (f"{each.name} is stuck" for each in workers if each.status in LIVING and each.error)
    yield from (f"{each.name} is {each.status}" for each in ended)


def _silent(silent: Sequence[str], devices: Sequence[Tile]) -> str:
    if len(silent) == 1:
        return f"{silent[0]} is silent"
    return f"{len(silent)} of {len(devices)} devices are silent"


def _is_behind(worker: WorkerState) -> bool:
    return (worker.lag or 0) > max(FEW, BEHIND * worker.per_second)


def scene(devices: tiles.State, acting: controls.State) -> str:
    """Returns what the dashboard shows, in words."""
    count = len(devices.tiles)
    rate = "" if acting.rate is None else f"{acting.rate:g} reading{_s(acting.rate)} a second each"
    parts = [f"{count} device{_s(count)}", rate, f"alerts above {acting.threshold:g}\u00a0°C"]
    return " · ".join(filter(None, parts))


def _s(count: float) -> str:
    return "" if count == 1 else "s"


def render(state: Status, scene: str) -> Markup:
    """Returns the head as HTML."""
    names = html.element("div", html.element("h2", TITLE, class_="lab-title"), html.element("p", scene))
    whole = html.element("p", f"{state.mark} {state.words}", class_=f"lab-status lab-{state.kind}", role="status")
    return html.element("div", names, whole, class_="lab-header")
