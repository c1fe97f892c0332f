"""Wrong arguments of a call are one line with an example; an error of the student's own code stands alone."""

import traceback
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from labkit import Lab, LabError
from labkit.runs.blame import is_students

WRONG: dict[Callable[[Lab], object], str] = {
    lambda lab: lab.run(lambda r: r, writes="alert"): ".run: missing a required argument: 'reads'. Example: lab.run(",
    lambda lab: lab.run(lambda r: r, "sensor", "alert"): ".run: too many positional arguments. Example: lab.run(",
    lambda lab: lab.run(
        "alert_filter", reads="sensor"
    ): "pipeline is 'alert_filter', of type str, and must be a function",
    lambda lab: lab.run(lambda r: r, reads="sensor", writes=["a", "b"]): "must be text or None",
    lambda lab: lab.run(lambda r: r, reads=lab.workers): "must be the name of a topic, or a list of names",
    lambda lab: lab.create_topic(
        "a", partitions="3"
    ): "partitions is '3', of type str, and must be a whole number or None",
    lambda lab: lab.peek("sensor", records="5"): "records is '5', of type str, and must be a whole number",
    lambda lab: lab.peek("sensor", records=-1): "There is no table of -1 records.",
    lambda lab: lab.peek("sensor", partition=0): ".peek: got an unexpected keyword argument 'partition'",
    lambda lab: lab.wait_for("sensor", "10"): "must be a whole number or None",
    lambda lab: lab.groups("mine"): ".groups: too many positional arguments. Example: lab.groups()",
    lambda lab: lab.produce(devices="3"): "devices is '3'",
    lambda lab: lab.produce(per_second="fast"): "per_second is 'fast', of type str, and must be a number or None",
    lambda lab: lab.chart(pd.DataFrame({"a": [1]})): "of type DataFrame, and must be text",
    lambda lab: lab.chart("sensor", y=["temperature", "humidity"]): "y is ['temperature', 'humidity'], of type list",
    lambda lab: lab.windows("sensor", "out"): "missing a required argument: 'device'",
    lambda lab: lab.hint(): "missing a required argument: 'exercise'",
    lambda lab: lab.check(lambda r: r): "exercise is <function",
    lambda lab: lab.create_topic(): "Name at least one topic",
    lambda lab: lab.lanes("copy"): "must be what lab.run has returned",
    lambda lab: lab.plot([1], x="a", y="b", by="c"): "A plot needs a table (a pandas DataFrame), not a list",
    lambda lab: setattr(lab.chart("sensor"), "threshold", "hot"): "The threshold is 'hot', and must be a number",
    lambda lab: lab.run(lambda r: r, reads="sensor").wait_until_caught_up("5"): "timeout is '5', of type str",
    lambda lab: setattr(lab, "units", "m"): 'write lab.units["level"] = "m"',
}


@pytest.mark.parametrize(("call", "words"), WRONG.items())
def test_a_wrong_argument_is_said_in_one_line(lab: Lab, call: Callable[[Lab], object], words: str) -> None:
    lab.create_topic("sensor", "out")
    with pytest.raises(LabError) as caught:
        call(lab)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_error_of_the_students_own_code_is_shown_without_the_labs_lines(lab: Lab) -> None:
    def own(_: Any) -> Any:
        return undefined  # type: ignore[name-defined]  # noqa: F821

    lab.create_topic("sensor")
    with pytest.raises(NameError, match="'undefined' is not defined") as caught:
        lab.run(own, reads="sensor")
    frames = [frame for frame, _ in traceback.walk_tb(caught.tb)]
    shown = [frame for frame in frames if not frame.f_locals.get("__tracebackhide__")]
    assert [frame.f_code.co_name for frame in shown] == [
        "test_an_error_of_the_students_own_code_is_shown_without_the_labs_lines",
        "own",
    ]
    assert all(map(is_students, shown))


def test_a_run_in_a_thread_says_what_has_processes(lab: Lab) -> None:
    lab.create_topic("sensor")
    run = lab.run(lambda r: r, reads="sensor", name="copy")
    with pytest.raises(AttributeError, match=r"copy runs in a thread .* only processes have \.scale"):
        run.scale(3)
    with pytest.raises(AttributeError, match="'ThreadedRun' object has no attribute 'scael'"):
        run.scael(3)
