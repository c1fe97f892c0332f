"""Incidents in pipelines of one's own: planted in what they read, judged by the state of the runs."""

from collections.abc import Iterator
from typing import Any

import pytest

from labkit import Lab, LabError
from labkit.incidents import OwnIncident, causes, own
from labkit.readings import now
from labkit.runs import Run
from tests.incidents.repairs import told
from tests.waiting import eventually

TANKS = ("north", "south")


def litres(levels: Any) -> Any:
    levels["litres"] = levels["level"] * 1000
    return levels


def careful(levels: Any) -> Any:
    return litres(levels[levels["level"].notnull()])


@pytest.fixture
def run(shared: Lab, request: pytest.FixtureRequest) -> Iterator[Run]:
    topic = f"levels-{abs(hash(request.node.name))}"
    rows = [{"tank": tank, "level": 1.5 + second, "timestamp": now()} for second in range(20) for tank in TANKS]
    shared.create_topic(topic, partitions=2)
    shared.produce(rows, writes=topic, key="tank", per_second=None).wait(20)
    run = shared.run(litres, reads=topic, writes=f"{topic}.litres")
    run.wait_until_caught_up()
    yield run
    shared.stop()


def incident_of(lab: Lab, run: Run, fault: type[own.Faulty]) -> OwnIncident:
    return lab.incident(own.FAULTS.index(fault), system=[run])


@pytest.mark.parametrize("fault", own.FAULTS, ids=lambda each: each.cause.replace(" ", "-"))
def test_each_is_planted_with_its_evidence(
    shared: Lab, run: Run, fault: type[own.Faulty], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own, "PATIENCE", 0.5)  # only the report counts here
    incident = incident_of(shared, run, fault)
    planted, evidence = incident._secret()
    assert type(planted) is fault
    assert incident.verdict().held == ()
    incident.report(fault.cause, **told(evidence))
    assert incident.verdict().held[:2] == ("cause", "evidence")


def test_a_poison_record_is_repaired_by_code_that_copes_with_it(shared: Lab, run: Run) -> None:
    incident = incident_of(shared, run, own.Poison)
    assert not {each for each in causes.CAUSES if each in repr(incident)}
    eventually(lambda: run.status == "failed")
    incident.report("poison record", **incident._secret()[1])
    assert incident.verdict().held == ("cause", "evidence")
    shared.run(careful, reads=run.reads, writes=run.writes)
    verdict = incident.verdict()
    assert verdict.passed, verdict


def test_an_open_transaction_is_repaired_when_nothing_waits_any_more(
    shared: Lab, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own, "PATIENCE", 2.0)
    incident = incident_of(shared, run, own.Held)
    incident.report("open transaction", **incident._secret()[1])
    assert "can be read" in repr(incident.verdict())
    incident.close()
    monkeypatch.setattr(own, "PATIENCE", 60.0)
    verdict = incident.verdict()
    assert verdict.passed, verdict


def test_a_topic_without_records_is_refused(shared: Lab) -> None:
    shared.create_topic("empty-one")
    run = shared.run(litres, reads="empty-one", writes="empty-litres")
    with pytest.raises(LabError, match="holds no JSON objects with keys"):
        shared.incident(1, system=[run])
    with pytest.raises(LabError, match="at least one"):
        shared.incident(1, system=[])
