"""What a student's editor knows: what Tab offers, and annotations that it can resolve."""

import typing

import pandas
import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from quixstreams.kafka import ConnectionConfig

from labkit import Lab
from labkit.flink.run import FlinkJob
from labkit.live.dashboard import Dashboard
from labkit.pipelines import alert_filter
from labkit.runs import Replicas

VERBS = [name for name, value in vars(Lab).items() if not name.startswith("_") and not isinstance(value, str)]


@pytest.fixture
def started(lab: Lab) -> dict[str, object]:
    sensors = lab.produce()
    return {
        "lab": lab,
        "sensors": sensors,
        "run": lab.run(alert_filter, reads="sensor", writes="alert"),
        "chart": lab.chart("sensor"),
        "tiles": lab.tiles("sensor"),
        "dashboard": lab.dashboard(),
    }


WORKER = {"name", "status", "error", "note", "prints", "reads", "writes", "alive", "start", "stop", "wait", "rate"}
OFFERED = {
    "lab": {*VERBS, "broker", "student", "units"},
    "sensors": {*WORKER, "accepted", "delivered", "failed", "per_second", "world"},
    "run": {*WORKER, "records_in", "records_out", "dead_letters", "group", "lag", "stuck", "wait_until_caught_up"},
    "chart": {"close", "summary", "figure", "threshold"},
    "tiles": {"close", "summary"},
    "dashboard": {"tiles", "chart", "controls", "topology", "close", "summary"},
}


def test_tab_offers_what_a_student_may_use_and_nothing_else(started: dict[str, object]) -> None:
    shell = InteractiveShell.instance()
    shell.user_ns.update(started)
    for name, offered in OFFERED.items():
        with provisionalcompleter():
            found = {each.text.removeprefix(".") for each in shell.Completer.completions(f"{name}.", len(name) + 1)}
        assert found == offered, name
    assert all(hasattr(started[name], each) for name, offered in OFFERED.items() for each in offered)


@pytest.mark.parametrize(("kind", "offered"), [(Replicas, {"lag", "scale"}), (FlinkJob, {"wait", "progress"})])
def test_it_offers_what_the_other_kinds_of_worker_are_for(kind: type, offered: set[str]) -> None:
    assert offered <= {*dir(kind.__new__(kind))}


@pytest.mark.parametrize("verb", VERBS)
def test_annotations_can_be_resolved(verb: str) -> None:
    """With the two names that only type checkers import."""
    function = getattr(Lab, verb)
    names = {"pd": pandas, "ConnectionConfig": ConnectionConfig}
    assert typing.get_type_hints(function.fget if isinstance(function, property) else function, localns=names)


def test_a_verb_is_annotated_with_what_it_returns() -> None:
    assert typing.get_type_hints(Lab.dashboard)["return"] is Dashboard


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_has_words(verb: str) -> None:
    assert getattr(Lab, verb).__doc__
