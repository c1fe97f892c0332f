"""Every fault is there, is judged by the state of the system, and goes away with a right repair only."""

import itertools
from collections.abc import Mapping
from typing import Any

import pytest

from labkit import Lab, LabError
from labkit.incidents import Incident, causes, faults, measured, outcome
from labkit.incidents.fault import Fault
from tests.incidents import repairs
from tests.waiting import eventually

ON_ONE_BROKER = [each for each in faults.ALL if each.brokers == 1]
QUICK = (faults.PoisonRecord,)
CASES = [
    pytest.param(each, id=each.cause.replace(" ", "-"), marks=[] if each in QUICK else [pytest.mark.slow])
    for each in ON_ONE_BROKER
]
REAL_TIME = (faults.HotKey, faults.FastClock)
DUMMIES: Mapping[str, Any] = {"partitions": [7, 8], "run": "none", "topic": "none", "field": "none"}


def seed_of(fault: type[Fault], brokers: int = 1) -> int:
    return next(seed for seed in range(100) if faults.drawn(seed, "", brokers) is fault)


def evidence_for(cause: str, incident: Incident) -> dict[str, Any]:
    """Some evidence that is not right."""
    some = {**DUMMIES, "device": incident._system.measuring.devices[0]}
    return {name: some.get(name, -1) for name in causes.CAUSES[cause].evidence}


@pytest.fixture
def _hurry(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the readings come faster: a verdict waits for seconds of theirs. The work of the archive, and the clock by
    which readings from the future are told, have their own pace.
    """
    monkeypatch.setattr(measured, "PACE", 1.0 if request.getfixturevalue("fault") in REAL_TIME else 3.0)


@pytest.mark.usefixtures("_hurry")
@pytest.mark.parametrize("fault", CASES)
def test_it_is_found_repaired_and_not_hidden(shared: Lab, fault: type[Fault], monkeypatch: pytest.MonkeyPatch) -> None:
    incident = shared.incident(seed_of(fault))
    assert not {each for each in causes.CAUSES if each in incident.symptom}
    assert incident.verdict().held == ()

    monkeypatch.setattr(outcome, "PATIENCE", 8.0 if fault in REAL_TIME else 4.0)
    right = fault.evidence(incident._secret(), incident._system)
    other = next(each for each in causes.CAUSES if each != fault.cause)
    incident.report(other, **evidence_for(other, incident))
    for wrong in repairs.WRONG[fault.cause]:
        wrong(shared, incident, right)
        verdict = incident.verdict()
        assert verdict.held == (), (wrong.__name__, verdict)

    monkeypatch.setattr(outcome, "PATIENCE", 90.0)
    incident.report(fault.cause, **repairs.told(right))
    repairs.RIGHT[fault.cause](shared, incident, right)
    verdict = incident.verdict()
    assert verdict.passed, verdict


def test_what_is_no_device_or_program_costs_nothing_and_two_programs_are_named(
    shared: Lab, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measured, "PACE", 3.0)
    incident = shared.incident(seed_of(faults.MistypedThreshold))
    with pytest.raises(LabError, match="There is no device 'nobody': the devices are "):
        incident.report("hot key", device="nobody")
    with pytest.raises(LabError, match="There is no program 'alert': did you mean 'alerts'"):
        incident.code("alert")
    with pytest.raises(LabError, match="gets warmer"):
        incident.sensors.world.heatwave(incident.sensors.world.devices[0])
    capsys.readouterr()
    incident.report("mistyped threshold", run="alerts", value=1)
    said = capsys.readouterr().out
    assert "✓ holds        cause     mistyped threshold\n" in said
    assert "✗ falls short  evidence  not the right value; 1 report is left\n" in said
    monkeypatch.setattr(outcome, "PATIENCE", 6.0)
    for name in ("alerted", "again"):
        shared.run(repairs.alerted, reads=incident.topics["sensor"], writes=incident.topics["alert"], name=name)
    written = f"alerts, alerted and again write {incident.topics['alert']} at the same time"
    eventually(lambda: f"{written}; alerts come more than once" in repr(incident.verdict()), 60)


@pytest.mark.parametrize("brokers", [1, 3])
def test_neighbours_differ_and_every_fault_is_drawn(brokers: int) -> None:
    drawn = [faults.drawn(seed, "", brokers) for seed in range(24)]
    assert all(one is not other for one, other in itertools.pairwise(drawn))
    assert {*drawn} == {each for each in faults.ALL if each.brokers <= brokers}


@pytest.mark.slow
def test_the_same_seed_again_is_the_same_incident_in_new_topics(shared: Lab) -> None:
    first = shared.incident(seed_of(faults.MistypedThreshold))
    again = shared.incident(seed_of(faults.MistypedThreshold))
    assert first.symptom == again.symptom
    assert not {*first.topics.values()} & {*again.topics.values()}
    assert not {each.name for each in shared.workers if not each.alive}
    assert {*shared.groups()["topic"]} <= {*again.topics.values()}


def test_students_get_different_faults_for_the_same_seed() -> None:
    assert len({faults.drawn(1, student, 1) for student in ("Ada", "Ben", "Zoë", "Emil", "Yuki")}) > 1


def test_every_fault_has_a_cause_and_its_evidence() -> None:
    assert {each.cause for each in faults.ALL} == {*causes.CAUSES}
    assert {name for each in causes.CAUSES.values() for name in each.evidence} == {*causes.EVIDENCE}
