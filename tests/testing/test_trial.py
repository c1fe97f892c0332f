"""What a pipeline is given, what it must give, and what a failing test says."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from labkit import LabError
from labkit.testing.difference import Pair, Row, difference
from labkit.testing.trial import UnderTest
from tests.stepping import shapes

START = 1_700_000_000_000
Build = Callable[..., UnderTest]


def reading(second: float, temperature: float = 20.0, device: str = "porch") -> dict[str, Any]:
    return {"device": device, "temperature": temperature, "humidity": 50.0, "timestamp": START + int(second * 1000)}


def warm(readings):
    return readings[readings["temperature"] > 25]


def test_the_step_of_a_missing_record_is_that_of_the_one_that_it_should_have_come_from(pipeline: Build) -> None:
    given = pipeline(warm).given([reading(n, t) for n, t in enumerate((30, 20, 25, 31))])
    with pytest.raises(AssertionError) as found:
        given.gives([reading(0, 30), reading(2, 25), reading(3, 31)])
    words = str(found.value)
    assert "\nrecord 2 of 0 to 3: " in words
    assert "left out here" in words
    assert words.count("→ wrong") == 1


def test_key_and_time_are_compared_if_they_are_asked_for(pipeline: Build) -> None:
    def moved(readings):
        return readings.set_timestamp(lambda value, *_: value["timestamp"] + 1000)

    given = pipeline(moved).given([reading(0)])
    given.gives([reading(0)], key="device").gives([reading(0) | {"temperature": 20.0000000000001}])
    with pytest.raises(AssertionError, match=r"22:13:20 device porch.*22:13:21 device porch"):
        given.gives([reading(0)], time="timestamp")


def test_a_pipeline_that_fails_says_where(pipeline: Build) -> None:
    given = pipeline(lambda readings: readings.apply(lambda each: 1 / (each["temperature"] - 21))).given(
        [reading(0, 20), reading(1, 21)]
    )
    with pytest.raises(AssertionError, match="ZeroDivisionError") as found:
        given.gives([-1.0])
    assert "it failed at record 1" in str(found.value)
    with pytest.raises(LabError, match="ZeroDivisionError"):
        given.kill_at_every_record()


def test_two_topics_and_rows_that_nobody_can_read(pipeline: Build) -> None:
    left, right = [reading(0), reading(2, 21), b"{broken"], [reading(1, 30)]
    joined = pipeline(shapes.joined, reads=["left", "right"]).given(left, right)
    joined.gives([{"t": 21.0, "before": 30.0}])
    assert [each.topic for step in joined.steps for each in step.written] == ["out", "left.dead-letter"]
    pipeline(shapes.raw, raw=True).given([b"four", b"{}"]).gives([{"length": 4}, {"length": 2}])


def test_what_is_sent_again_before_a_state_is_counted_again_unless_it_is_exactly_once(pipeline: Build) -> None:
    def counted(readings):
        def count(_, state):
            state.set("n", state.get("n", 0) + 1)
            return {"n": state.get("n")}

        return readings.group_by("device").apply(count, stateful=True)

    rows = [reading(0), reading(1, device="oven")]
    pipeline(counted, partitions=2, exactly_once=True).given(rows).kill_at_every_record()
    with pytest.raises(AssertionError, match=r"killed at record 0 and started again, does not write at least once"):
        pipeline(counted, partitions=2).given(rows).kill_at_every_record()


def test_rows_that_cannot_be_given(pipeline: Build) -> None:
    with pytest.raises(LabError, match="Not all rows have a key and a time: 1 row was left out, without device or"):
        pipeline(warm).given([reading(0), {"temperature": 1}])
    with pytest.raises(LabError, match="Row 1 is a int"):
        pipeline(warm).given([1])
    with pytest.raises(ValueError, match="zip"):
        pipeline(warm).given([reading(0)], [reading(0)])


@pytest.mark.parametrize(
    ("expected", "got", "pairs"),
    [
        ("abc", "abc", ""),
        ("abc", "ac", "aa b- cc"),
        ("ac", "abc", "aa -b cc"),
        ("abc", "axc", "aa bx cc"),
        ("ab", "ba", "-b aa b-"),
        ("a", "aa", "aa -a"),
        ("", "a", "-a"),
    ],
)
def test_rows_that_belong_together_are_side_by_side(expected: str, got: str, pairs: str) -> None:
    def shown(pair: Pair) -> str:
        sides = ["-" if n is None else rows[n] for n, rows in ((pair.expected, expected), (pair.got, got))]
        assert pair.right == (sides[0] == sides[1])
        return "".join(sides)

    found = difference([*map(Row, expected)], [*map(Row, got)])
    assert " ".join(map(shown, found)) == pairs


@pytest.mark.parametrize(
    ("one", "other", "are_alike"),
    [
        ({"a": [1, {"b": 0.1 + 0.2}]}, {"a": [1, {"b": 0.3}]}, True),
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": 1}, {"a": True}, False),
        ({"a": 1}, {"a": "1"}, False),
        ({"a": None}, {}, False),
        ([1, 2], [1], False),
        (0.3, 0.30001, False),
    ],
)
def test_values_are_alike_as_json_is(one: Any, other: Any, are_alike: bool) -> None:
    assert bool(difference([Row(one)], [Row(other)])) is not are_alike
    assert bool(difference([Row(other)], [Row(one)])) is not are_alike


def test_the_plugin_costs_a_test_that_needs_no_kafka_nothing() -> None:
    heavy = "{'quixstreams', 'pandas', 'plotly', 'ipywidgets', 'jgo'}"
    code = f"import sys, labkit.testing.plugin; print(*{heavy} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (result.stdout, result.stderr) == ("\n", "")
