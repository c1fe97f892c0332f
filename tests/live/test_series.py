"""What a chart draws of many points."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from labkit.live.series import DRAWN, KEPT, Series, thin

points = st.lists(st.tuples(st.integers(0, 100_000), st.floats(-50, 50)), min_size=1, max_size=3000)


@given(points, st.integers(10, 50))
def test_thinning_draws_few_real_points_and_loses_no_extreme_and_not_the_newest(
    raw: list[tuple[int, float]], limit: int
) -> None:
    times, values = (np.array(column, dtype=np.float64) for column in zip(*sorted(raw), strict=True))
    drawn_times, drawn_values = thin(times, values, 0.0, 100_001.0, limit)
    drawn = set(zip(drawn_times, drawn_values, strict=True))
    assert drawn <= set(zip(times, values, strict=True))
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
    times, values = series.window(since)
    assert sorted(zip(times, values, strict=True)) == sorted(each for each in raw if each[0] >= since)
    assert (np.diff(times) >= 0).all()
    assert times.dtype == values.dtype == np.float64


def test_a_late_point_does_not_lose_what_is_still_inside_the_window() -> None:
    series = Series()
    for time in (0, 5000, 1000, 6000):
        series.append(time, 1.0)
        series.window(time - 4500)
    assert list(series.window(1000)[0]) == [1000, 5000, 6000]


def test_a_long_stream_is_kept_within_bounds() -> None:
    series = Series()
    for time in range(3 * KEPT):
        series.append(time, float(time))
    times, _ = series.window(0)
    assert KEPT <= len(times) <= 2 * KEPT
    assert times[-1] == 3 * KEPT - 1
    assert len(series.drawn(0, 3 * KEPT)[0]) <= DRAWN + 2
