"""Sparklines: the last 100 seconds, with the gaps that they had."""

import re

import numpy as np

from labkit.live import sparkline
from labkit.live.series import Points
from labkit.live.theme import style
from tests.live.memory import NOW


def points(*seconds: float) -> Points:
    """Points at so many seconds before now, the value being the seconds."""
    values = np.array(seconds, dtype=np.float64)
    return Points(NOW - 1000 * values, values)


def path(trail: sparkline.Trail) -> str:
    return re.findall("d='([^']*)'", sparkline.draw(trail, style(0)))[0]


def test_a_trail_ends_with_the_second_and_has_what_lies_within_100_s() -> None:
    trail = sparkline.trail(points(120, 98, 50, 0), NOW + 500)
    assert trail == (NOW + 1000, (((NOW - 98_000, 98.0), (NOW - 50_000, 50.0), (NOW, 0.0)),))
    assert path(trail) == "M 3 4 L 147 23.6 L 297 44"
    assert sparkline.words(trail) == "last 100 s: 0.00 to 98.00"


def test_a_trail_changes_once_a_second() -> None:
    held = points(3, 2, 1)
    assert sparkline.trail(held, NOW) == sparkline.trail(held, NOW + 999) != sparkline.trail(held, NOW + 1000)


def test_a_silence_is_a_gap() -> None:
    trail = sparkline.trail(points(62, 61, 60, 3, 2, 1), NOW)
    assert [len(stretch) for stretch in trail.stretches] == [3, 3]
    assert path(trail).count("M") == 2


def test_what_a_clock_that_is_ahead_says_is_not_drawn_beyond_now() -> None:
    assert sparkline.trail(points(2, 1, -60), NOW).bounds == (1.0, 2.0)


def test_a_number_that_does_not_change_is_a_line_in_the_middle() -> None:
    trail = sparkline.Trail(NOW, (((NOW - 2000, 7.0), (NOW, 7.0)),))
    assert path(trail) == "M 294 24 L 300 24"


def test_without_a_point_there_is_no_line() -> None:
    assert sparkline.draw(sparkline.trail(points(200), NOW), style(0)) == "<p class='lab-trail'></p>"


def test_a_trail_of_many_points_keeps_its_peaks_in_a_few() -> None:
    held = points(*np.arange(100, 0, -0.01))
    held.values[5000] = 1e6
    trail = sparkline.trail(held, NOW)
    assert trail.bounds[1] == 1e6
    assert sum(map(len, trail.stretches)) <= sparkline.MOST + 1
