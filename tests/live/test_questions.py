"""A run that reads and writes nothing offers to say why, in its panel and in the topology."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from labkit import Lab
from labkit.live import panel, questions
from labkit.live.pacing import Pacer
from labkit.live.questions import Silence
from tests.stepping.records import reading, send
from tests.waiting import eventually


class Counts:
    """What a silence looks at."""

    records_in = records_out = 0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    now = 1000.0

    def go_on(seconds: float) -> None:
        nonlocal now
        now += seconds

    monkeypatch.setattr(time, "monotonic", lambda: now)
    return go_on


def test_five_seconds_with_input_and_without_output_are_a_silence(clock: Callable[[float], None]) -> None:
    silence, run = Silence(), Counts()

    def observed(seconds: float, came: int = 0, went: int = 0) -> bool:
        clock(seconds)
        run.records_in += came
        run.records_out += went
        return silence.observe(run)

    assert not observed(60)  # nothing has come
    assert not observed(60, came=1)
    assert not observed(4.9, came=1)
    assert observed(0.2)
    assert not observed(0.1, went=1)
    assert not observed(60)  # nothing has come since
    assert not observed(1, came=1)
    assert observed(5)


def test_a_panel_and_a_topology_offer_the_answer(lab: Lab, running: Pacer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "QUIET", 0.0)
    send(lab, "sensor", *(reading("porch", n, 20 + n) for n in range(5)))
    run = lab.run(lambda stream: stream[stream["temperature"] > 99], reads="sensor", writes="hot", name="hot")
    passes = lab.run(lambda stream: stream, reads="sensor", writes="all", name="all")
    view, other, topology = panel.of(run, running, lab.why), panel.of(passes, running, lab.why), lab.topology()

    def buttons(view: Any) -> list[Any]:
        return [each for each in view._questions.children if hasattr(each, "click")]

    eventually(lambda: [each.description for each in buttons(view)] == ["Why does nothing come out?"])
    eventually(lambda: [each.description for each in buttons(topology)] == ["Why does nothing come out of hot?"])
    assert not buttons(other)
    for each in (view, topology):
        buttons(each)[0].click()
        assert "the highest temperature was 24" in each.static_html()
        assert "the highest temperature was 24" in each._questions.children[-1].value
    send(lab, "sensor", reading("porch", 9, 100))
    eventually(lambda: not buttons(view) and not buttons(topology))
    lab.stop()


def test_an_answer_that_fails_is_said(lab: Lab, running: Pacer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "QUIET", 0.0)
    send(lab, "sensor", reading("porch", 0))
    run = lab.run(lambda stream: stream[stream["temperature"] > 99], reads="sensor", writes="hot", name="hot")

    def ask(_: object) -> Any:
        raise ValueError("<no>")

    view = panel.of(run, running, ask)
    eventually(lambda: view._questions.children)
    view._questions.children[0].click()
    assert "This has failed: &lt;no&gt;" in view.static_html()
    lab.stop()
