"""Incidents in pipelines of one's own: planted in what they read, judged by the state of the runs."""

from collections.abc import Iterator
from typing import Any

import pytest

from labkit import Lab, LabError
from labkit.incidents import OwnIncident, causes, faulty, own
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


def nothing(levels: Any) -> Any:
    return levels[levels["tank"] == "west"]


def produce(lab: Lab, topic: str) -> None:
    rows = [{"tank": tank, "level": 1.5 + second, "timestamp": now()} for second in range(20) for tank in TANKS]
    lab.produce(rows, writes=topic, key="tank", per_second=None).wait(20)


@pytest.fixture
def run(shared: Lab, request: pytest.FixtureRequest) -> Iterator[Run]:
    topic = f"levels-{abs(hash(request.node.name))}"
    shared.create_topic(topic, partitions=2)
    produce(shared, topic)
    run = shared.run(litres, reads=topic, writes=f"{topic}.litres")
    run.wait_until_caught_up()
    yield run
    shared.stop()


def incident_of(lab: Lab, run: Run, fault: type[faulty.Faulty]) -> OwnIncident:
    return lab.incident(faulty.FAULTS.index(fault), system=[run])


@pytest.mark.parametrize("fault", faulty.FAULTS, ids=lambda each: each.cause.replace(" ", "-"))
def test_each_is_planted_with_its_evidence(
    shared: Lab, run: Run, fault: type[faulty.Faulty], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own, "PATIENCE", 0.5)  # only the report counts here
    incident = incident_of(shared, run, fault)
    planted, evidence = incident._secret()
    assert type(planted) is fault
    assert incident.verdict().held == ()
    incident.report(fault.cause, **told(evidence))
    assert incident.verdict().held[:2] == ("cause", "evidence")


def test_a_poison_record_is_repaired_by_code_that_copes_with_it(shared: Lab, run: Run) -> None:
    incident = incident_of(shared, run, faulty.Poison)
    assert not {each for each in causes.CAUSES if each in repr(incident)}
    eventually(lambda: run.status == "failed")
    incident.report("poison record", **incident._secret()[1])
    assert incident.verdict().held == ("cause", "evidence")
    shared.run(careful, reads=run.reads, writes=run.writes)
    verdict = incident.verdict()
    assert verdict.passed, verdict


def test_a_run_that_writes_nothing_any_more_is_no_repair(
    shared: Lab, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own, "PATIENCE", 5.0)
    incident = incident_of(shared, run, faulty.Poison)
    eventually(lambda: run.status == "failed")
    incident.report("poison record", **incident._secret()[1])
    shared.run(nothing, reads=run.reads, writes=run.writes)
    produce(shared, run.reads[0])
    assert f"nothing has come into {run.writes} since the incident began" in repr(incident.verdict())
    shared.run(careful, reads=run.reads, writes=run.writes)
    produce(shared, run.reads[0])
    monkeypatch.setattr(own, "PATIENCE", 60.0)
    verdict = incident.verdict()
    assert verdict.passed, verdict


def test_an_open_transaction_is_repaired_when_nothing_waits_any_more(
    shared: Lab, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own, "PATIENCE", 2.0)
    incident = incident_of(shared, run, faulty.Held)
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
