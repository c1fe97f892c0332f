"""The head of a dashboard: the state of the whole in a few words, and what it shows."""

from typing import Any

import pytest

from labkit.live import controls, header, tiles, topology
from labkit.live.header import Status
from labkit.live.numbers import Row
from labkit.live.sparkline import Trail
from labkit.live.theme import style
from labkit.runs.system import WorkerState


def devices(**fresh: bool) -> tiles.State:
    """Tiles of devices, of which some have a current reading."""
    shown = (
        tiles.Tile(name, style(0), (Row("sensor", "", "", "", is_fresh),), 0, Trail(0))
        for name, is_fresh in fresh.items()
    )
    return tiles.State(("sensor",), tuple(shown))


def worker(name: str, writes: str, **facts: Any) -> WorkerState:
    return WorkerState(name, "running", (), writes, 10.0, 0, "")._replace(**facts)


def system(*workers: WorkerState) -> topology.State:
    return topology.State((worker("producer", "sensor"), *workers))


WELL = devices(a=True, b=True)


@pytest.mark.parametrize(
    ("shown", "running", "status"),
    [
        (WELL, system(), Status("well", "✔", "All well")),
        (WELL, system(worker("filter", "alert", status="starting")), Status("well", "✔", "All well")),
        (devices(), system(), Status("waiting", "○", "Waiting for the first reading")),
        (WELL, topology.State(), Status("waiting", "○", "Waiting for the first reading")),
        (devices(a=True, b=False), system(), Status("alarm", "▲", "b is silent")),
        (devices(a=False, b=False, c=True), system(), Status("alarm", "▲", "2 of 3 devices are silent")),
        (WELL, system(worker("filter", "alert", lag=50)), Status("well", "✔", "All well")),
        (WELL, system(worker("filter", "alert", lag=51)), Status("alarm", "▲", "filter is 51 records behind")),
        (WELL, system(worker("filter", "alert", lag=10, per_second=0.0)), Status("well", "✔", "All well")),
        (
            *(WELL, system(worker("filter", "alert", lag=11, per_second=0.0))),
            Status("alarm", "▲", "filter is 11 records behind"),
        ),
        (WELL, system(worker("filter", "alert", lag=None)), Status("well", "✔", "All well")),
        (WELL, system(worker("filter", "alert", status="failed")), Status("alarm", "✖", "filter has failed")),
        (WELL, system(worker("filter", "alert", error="waits for Kafka")), Status("alarm", "✖", "filter is stuck")),
        (WELL, system(worker("filter", "alert", status="stopped")), Status("alarm", "✖", "filter is stopped")),
    ],
)
def test_the_whole_is_as_well_as_its_worst_part(shown: tiles.State, running: topology.State, status: Status) -> None:
    assert header.status(shown, running) == status


def test_what_causes_other_faults_is_said_first() -> None:
    silent, behind = devices(a=False), worker("filter", "alert", lag=1000)
    stopped, failed = worker("counter", "count", status="stopped"), worker("average", "mean", status="failed")
    running = system(behind, stopped, failed)
    assert header.status(silent, running).words == "average has failed"
    assert header.status(silent, system(behind, stopped)).words == "counter is stopped"
    assert header.status(silent, system(behind)).words == "a is silent"
    away = topology.State(running.workers, error="Kafka does not answer.")
    assert header.status(silent, away) == Status("alarm", "✖", "Kafka does not answer.")


def test_what_another_worker_does_in_its_place_is_no_fault() -> None:
    old, new = worker("filter", "alert", status="failed"), worker("mine", "alert")
    assert header.status(WELL, system(old, new)).kind == "well"


def test_the_scene_says_how_many_devices_there_are_and_how_often_they_send() -> None:
    acting = controls.State(True, 0.5, (), (), None, False, False, 0, 29.85)
    assert header.scene(WELL, acting) == "2 devices · 0.5 readings a second each · alerts above 29.85\u00a0°C"
    replay = controls.State(True, None, (), (), None, False, False, 0, 30.0)
    assert header.scene(devices(a=True), replay) == "1 device · alerts above 30\u00a0°C"
