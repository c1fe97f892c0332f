"""What a chart draws of many points."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from labkit.live.series import DRAWN, KEPT, RECENT, SILENCE, Points, Series, drawn, thin, window

points = st.lists(st.tuples(st.integers(0, 100_000), st.floats(-50, 50)), min_size=1, max_size=3000)


@given(points, st.integers(10, 50))
@example([*((time, 0.0) for time in range(60)), (100_000, 1.0), (100_000, -1.0), (100_001, 0.0)], 10)
def test_thinning_draws_few_real_points_and_loses_no_extreme_and_not_the_newest(
    raw: list[tuple[int, float]], limit: int
) -> None:
    times, values = (np.array(column, dtype=np.float64) for column in zip(*sorted(raw), strict=True))
    drawn_times, drawn_values = thin(Points(times, values), 0.0, 100_002.0, limit)
    assert set(zip(drawn_times, drawn_values, strict=True)) <= set(zip(times, values, strict=True))
    assert len(drawn_times) <= limit + 2
    assert (values.max(), values.min()) == (drawn_values.max(), drawn_values.min())
    assert (drawn_times[-1], drawn_values[-1]) == (times[-1], values[-1])
    assert (np.diff(drawn_times) >= 0).all()


@given(points)
def test_a_window_holds_the_points_since_its_beginning_in_the_order_of_time(raw: list[tuple[int, float]]) -> None:
    series = Series()
    for time, value in raw:
        series.append(time, value)
    since = max(time for time, _ in raw) - 1000
    series.forget(since)
    times, values = window(series.points, since)
    assert sorted(zip(times, values, strict=True)) == sorted(each for each in raw if each[0] >= since)
    assert (np.diff(times) >= 0).all()
    assert times.dtype == values.dtype == np.float64


def test_a_late_point_does_not_lose_what_is_still_inside_the_window() -> None:
    series = Series()
    for time in (0, 5000, 1000, 6000):
        series.append(time, 1.0)
        series.forget(time - 4500)
    assert list(window(series.points, 1000).times) == [1000, 5000, 6000]


def test_the_newest_points_stay_however_old_and_tell_the_usual_interval() -> None:
    series = Series()
    assert series.interval() == 0
    series.append(0, 1.0)
    assert series.interval() == 0
    for time in (1000, 1000, 3000, 2000, 1_000_000):  # doubled, late, after a silence
        series.append(time, 1.0)
        series.forget(time)
    assert series.interval() == 1000
    assert len(series.points.times) == 6
    for time in range(1_000_000, 2_000_000, 5000):
        series.append(time, 1.0)
        series.forget(time)
    assert (series.interval(), len(series.points.times)) == (5000, RECENT)


def test_points_that_have_been_taken_stay_as_they_are() -> None:
    series = Series()
    series.append(0, 20.0)
    taken = series.points
    for time in range(1, 3 * KEPT):
        series.append(time, 30.0)
        series.forget(time)
    assert (list(taken.times), list(taken.values)) == ([0], [20.0])


def test_a_long_stream_is_kept_within_bounds() -> None:
    series = Series()
    for time in range(3 * KEPT):
        series.append(time, float(time))
    times = series.points.times
    assert KEPT <= len(times) <= 2 * KEPT
    assert times[-1] == 3 * KEPT - 1
    assert len(drawn(series.points, 0, 3 * KEPT).times) <= DRAWN + 2


@given(st.lists(st.integers(1, 8), min_size=1, max_size=60), st.integers(5, 40))
def test_a_line_is_broken_where_nothing_was_heard_and_nowhere_else(silences: list[int], limit: int) -> None:
    """Stretches of ten points a second apart, with some seconds between; however few are drawn."""
    series, time, breaks = Series(), 0, []
    for silence in silences:
        for _ in range(10):
            series.append(1000 * time, 20.0)
            time += 1
        time += silence - 1
        if 1000 * silence > SILENCE:
            breaks.append(1000 * time)
    times, values = drawn(series.points, 0, 1000 * time, limit)
    assert list(times[np.isnan(values)]) == [each for each in breaks if each < 1000 * time]
    assert (np.diff(times) >= 0).all()
    for each in times[np.isnan(values)]:
        assert times[~np.isnan(values) & (times < each)].size
        assert times[~np.isnan(values) & (times >= each)].size


def test_a_device_that_is_heard_every_ten_seconds_has_one_line() -> None:
    series = Series()
    for time in range(0, 100_000, 10_000):
        series.append(time, 20.0)
    assert not np.isnan(drawn(series.points, 0, 100_000).values).any()


def test_a_point_alone_is_joined_to_its_neighbour_for_nobody_sees_a_line_of_one_point() -> None:
    def breaks(*seconds: int) -> list[float]:
        series = Series()
        for second in seconds:
            series.append(1000 * second, 20.0)
        times, values = drawn(series.points, 0, 1000 * seconds[-1])
        return [each / 1000 for each in times[np.isnan(values)]]

    assert breaks(0, 1, 2, 30, 31, 32) == [30]
    assert breaks(0, 1, 2, 30) == breaks(0, 30, 31, 32) == []
    assert breaks(0, 1, 2, 30, 60, 61, 62) == [60]
    assert breaks(0) == breaks(0, 30) == []
