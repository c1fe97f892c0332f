"""Simulated devices: reproducible, always valid, of different temper, and like a real room or machine over a day."""

import itertools
import statistics
from collections import defaultdict
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.readings import Reading, check, now, simulate

HOT = 29.85  # degrees Celsius: 303 K
SEEDS = range(5)

rates = st.floats(1e-6, 1e6)
fleets = st.integers(1, 12)
seeds = st.integers()


def first(count: int, readings: Iterable[Reading]) -> list[Reading]:
    return list(itertools.islice(readings, count))


def by_device(readings: Iterable[Reading], field: str = "temperature") -> dict[str, list[float]]:
    values = defaultdict(list)
    for reading in readings:
        values[reading["device"]].append(reading[field])
    return values


def without_time(readings: Iterable[Reading]) -> list[dict]:
    return [{key: value for key, value in each.items() if key != "timestamp"} for each in readings]


@given(fleets, rates, seeds)
def test_every_simulated_reading_is_a_reading(devices: int, per_second: float, seed: int) -> None:
    for reading in first(50, simulate(devices, per_second, seed)):
        check(reading)


@given(fleets, rates, seeds)
def test_the_same_seed_gives_the_same_readings(devices: int, per_second: float, seed: int) -> None:
    once, again, other = (simulate(devices, per_second, each) for each in (seed, seed, seed + 1))
    values = without_time(first(50, once))
    assert values == without_time(first(50, again))
    assert values != without_time(first(50, other))


@given(fleets, seeds)
def test_further_devices_do_not_change_the_first_ones(devices: int, seed: int) -> None:
    few, many = (by_device(first(20 * n, simulate(n, 1.0, seed))) for n in (devices, devices + 1))
    assert all(many[device] == values for device, values in few.items())


def test_devices_send_in_turn() -> None:
    names = [reading["device"] for reading in first(6, simulate(3))]
    assert names == ["sensor-1", "sensor-2", "sensor-3"] * 2


def test_timestamps_are_the_clocks() -> None:
    ticks = itertools.count(1795302397926, 7)
    assert [reading["timestamp"] for reading in first(5, simulate(2, clock=lambda: next(ticks)))] == [
        1795302397926 + 7 * number for number in range(5)
    ]
    before = now()
    assert before <= first(1, simulate())[0]["timestamp"] <= now()


@pytest.mark.parametrize("seed", SEEDS)
def test_some_devices_get_hot_within_a_minute_and_some_never_do(seed: int) -> None:
    devices = 3
    hour = by_device(first(3600 * devices, simulate(devices, 1.0, seed)))
    assert any(max(values[:60]) > HOT for values in hour.values())
    assert any(max(values) <= HOT for values in hour.values())


@pytest.mark.parametrize("seed", SEEDS)
def test_a_hot_device_cools_down_again(seed: int) -> None:
    """An alert that never ends would be as dull as one that never comes."""
    machine = by_device(first(300, simulate(1, 1.0, seed)))["sensor-1"]
    crossings = sum(before <= HOT < after for before, after in itertools.pairwise(machine))
    assert crossings >= 3


@pytest.mark.parametrize("seed", SEEDS)
def test_a_day_drifts_further_than_a_minute(seed: int) -> None:
    devices, per_second = 4, 0.11  # no divisor of any device's cycle
    day = by_device(first(int(86_400 * per_second) * devices, simulate(devices, per_second, seed)))
    minute = by_device(first(60 * devices, simulate(devices, 1.0, seed)))
    for device, values in day.items():
        assert spread(values) > 1.2 * spread(minute[device]), device


@pytest.mark.parametrize("seed", SEEDS)
def test_warm_air_is_dry_air(seed: int) -> None:
    day = first(4 * 1440, simulate(4, 1 / 60.7, seed))
    temperatures, humidities = by_device(day), by_device(day, "humidity")
    for device in temperatures:
        assert statistics.correlation(temperatures[device], humidities[device]) < -0.3, device


@pytest.mark.parametrize("seed", SEEDS)
def test_neighbouring_measurements_are_alike(seed: int) -> None:
    """Noise is small beside what a device does in an hour: a line, not a cloud."""
    hour = by_device(first(3600 * 4, simulate(4, 1.0, seed)))
    for device, values in hour.items():
        steps = [abs(after - before) for before, after in itertools.pairwise(values)]
        assert statistics.mean(steps) < 0.25 * spread(values), device


def spread(values: list[float]) -> float:
    return max(values) - min(values)
